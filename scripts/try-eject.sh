#!/bin/sh
# Ejects each pattern and checks that it compiles by itself, without a warning; then runs the tests of one. Builds in target/eject.
# `scripts/try-eject.sh NAME...` does so with these patterns alone.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
root=$PWD
export CARGO_TARGET_DIR="$root/target/eject" RUSTFLAGS='-D warnings'

parent=$(mktemp -d)
trap 'rm -rf "$parent"' EXIT INT TERM
# Always the same folder, so that the crates are built once.
folder=$parent/pattern

[ $# -gt 0 ] || set -- $(scripts/eject.sh --list)
for pattern; do
    rm -rf "$folder"
    scripts/eject.sh "$pattern" "$folder"
    (cd "$folder" && cargo check --quiet --all-targets)
done
(cd "$folder" && cargo test --quiet)
