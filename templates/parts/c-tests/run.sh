#!/bin/sh
# Runs the capsule's code over the examples, outside of vnes: compiled for this machine, with test/host.c in place of the host.
set -eu
cd "$(dirname "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
logic=$(dirname "$(find impl/src -name main.c)")
sources=$(find "$logic" -maxdepth 1 -name '*.c' ! -name abi.c ! -name frames.c)
${CC:-cc} -std=c11 -Iimpl/src -I"$logic" -Wall -Wextra -ffp-contract=off -o "$made/capsule" test/host.c $sources
"$made/capsule" < examples/events.ndjson > "$made/published.ndjson"
diff examples/expected.ndjson "$made/published.ndjson"
echo 'the examples give what is expected'
