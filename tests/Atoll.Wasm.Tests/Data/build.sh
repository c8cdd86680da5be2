#!/usr/bin/env bash
# Builds lines.wasm from lines.c. Needs clang 19 and wasm-ld (Debian: clang-19, lld-19).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cp lines.c "$folder/t.c"
clang-19 --target=wasm32 -O1 -g -nostdlib -fno-inline -Wl,--no-entry "-ffile-prefix-map=$folder=src" -o lines.wasm "$folder/t.c"
