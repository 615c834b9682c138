#!/bin/sh
# Runs what can be tested outside of vnes: the logic, and how JSON is read and written.
set -eu
cd "$(dirname "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
for part in logic json; do
  ${RUSTC:-rustc} --test --edition=2021 --crate-name="$part" -Adead_code -o "$made/$part" "impl/src/$part.rs"
  "$made/$part" --quiet
done
