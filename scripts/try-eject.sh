#!/bin/sh
# Ejects each pattern and checks that it compiles by itself, without a warning; runs the tests of one. Built in target/eject.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
root=$PWD
export CARGO_TARGET_DIR="$root/target/eject" RUSTFLAGS='-D warnings'

parent=$(mktemp -d)
trap 'rm -rf "$parent"' EXIT INT TERM
# Always the same folder, so that the crates are built once.
folder=$parent/pattern

for pattern in $(scripts/eject.sh --list); do
    rm -rf "$folder"
    scripts/eject.sh "$pattern" "$folder"
    (cd "$folder" && cargo test --quiet --no-run)
done
rm -rf "$folder"
scripts/eject.sh ping "$folder"
cd "$folder"
cargo test --quiet
