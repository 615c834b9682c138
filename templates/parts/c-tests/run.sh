#!/bin/sh
# Runs the capsule's code over the examples, outside of vnes: compiled for this machine, with test/host.c in place of the host.
set -eu
cd "$(dirname "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
${CC:-cc} -std=c11 -Wall -Wextra -ffp-contract=off -o "$made/capsule" test/host.c impl/src/main.c impl/src/json.c impl/src/number.c
"$made/capsule" < examples/events.ndjson > "$made/published.ndjson"
diff examples/expected.ndjson "$made/published.ndjson"
echo 'the examples give what is expected'
