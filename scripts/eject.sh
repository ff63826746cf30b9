#!/bin/sh
# Copies one pattern out as a separate cargo project: `scripts/eject.sh NAME DIR`. With it come the patterns that its test starts,
# that test, and the crates that they need, unchanged. DIR must be new or empty. `scripts/eject.sh --list` lists all.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
sources=$root/patternz/src
tests=$root/patternz/tests/patterns

fail() { printf 'error: %s\n' "$1" >&2; exit "${2:-1}"; }

# The patterns, one a line, as the command line names them.
patterns() { sed -n 's/^    [A-Z][A-Za-z]* in \([a-z_]*\),$/\1/p' "$sources/lib.rs" | tr _ -; }

# The test file whose first line names this pattern.
test_of() {
    for file in "$tests"/*.rs; do
        ! head -n 1 "$file" | grep -qE "^//! ([a-z-]+, )*$1(, [a-z-]+)*: " || basename "$file" .rs
    done
}

# The packages of this folder that a manifest depends on, for tests too.
dependencies() {
    sed -n 's/^\([a-z-]*\)\.workspace = true$/\1/p; s/^\([a-z-]*\) = { workspace = true.*/\1/p' "$1" | while read -r name; do
        [ ! -d "$root/crates/$name" ] || echo "$name"
    done
}

if [ "$*" = --list ]; then
    patterns
    exit
fi
[ $# -eq 2 ] || fail 'usage: just eject NAME DIR' 2
name=$1 folder=$2
patterns | grep -qxF -- "$name" || fail "no pattern '$name'; there are: $(patterns | tr '\n' ' ')" 2
if [ -e "$folder" ]; then
    [ -d "$folder" ] || fail "$folder exists and is a file" 2
    [ -z "$(ls -A "$folder")" ] || fail "$folder is not empty: choose a new folder" 2
fi
test=$(test_of "$name")

# The pattern, and those that its test starts.
wanted=$({ echo "$name"; patterns | while read -r other; do
    ! grep -qE "\"$other[ \"]" "$tests/$test.rs" || echo "$other"
done; } | sort -u)

mkdir -p "$folder/src" "$folder/tests/patterns" "$folder/.cargo" "$folder/crates"
folder=$(CDPATH='' cd -- "$folder" && pwd)
cp "$root/.cargo/config.toml" "$folder/.cargo/"
cp "$root/rust-toolchain.toml" "$root/Cargo.lock" "$root"/LICENSE-* "$folder/"
printf '/target/\n' >"$folder/.gitignore"

# The sources: all that is no pattern, and the wanted patterns; their lines in lib.rs and in the tests' main.rs.
cp "$sources"/*.rs "$folder/src/"
others=$(patterns | grep -vxF "$wanted" | tr - _)
(cd "$folder/src" && echo "$others" | sed 's/$/.rs/' | xargs rm)
{
    echo "$others" | sed 's/.*/\/^pub mod &;$\/d/'
    echo "$others" | sed 's/.*/\/^    [A-Z][A-Za-z]* in &,$\/d/'
} >"$folder/unwanted.sed"
sed -f "$folder/unwanted.sed" "$sources/lib.rs" >"$folder/src/lib.rs"
rm "$folder/unwanted.sed"
cp "$tests/cast.rs" "$tests/$test.rs" "$folder/tests/patterns/"
grep -vE '^mod ' "$tests/main.rs" >"$folder/tests/patterns/main.rs"
printf 'mod cast;\nmod %s;\n' "$test" >>"$folder/tests/patterns/main.rs"

# The crates that it needs, and those that these need; as old as they are, so that a build folder that has them stays up to date.
queue=$(dependencies "$root/patternz/Cargo.toml")
while [ -n "$queue" ]; do
    crate=${queue%%
*}
    queue=$(printf '%s\n' "$queue" | tail -n +2)
    [ ! -d "$folder/crates/$crate" ] || continue
    mkdir "$folder/crates/$crate"
    cp -Rp "$root/crates/$crate/Cargo.toml" "$root/crates/$crate/src" "$folder/crates/$crate/"
    queue=$(printf '%s\n%s\n' "$queue" "$(dependencies "$root/crates/$crate/Cargo.toml")" | sed '/^$/d')
done

# One manifest for the package and its workspace, with the dependencies that are used.
used=$(cat "$root/patternz/Cargo.toml" "$folder"/crates/*/Cargo.toml |
    sed -n 's/^\([a-z0-9_-]*\)\.workspace = true$/\1/p; s/^\([a-z0-9_-]*\) = { workspace = true.*/\1/p' | tr '\n' ' ')
{
    sed '/^\[lints\]$/,$d' "$root/patternz/Cargo.toml"
    printf '[lints]\nworkspace = true\n\n[workspace]\nresolver = "3"\nmembers = ["crates/*"]\n\n'
    sed -n '/^\[workspace\.package\]$/,$p' "$root/Cargo.toml" | awk -v used=" $used " '
        /^\[/ { in_dependencies = $0 == "[workspace.dependencies]"; of_suite = /^\[profile\.demo/ }
        of_suite { next }
        !in_dependencies || !/^[a-z]/ || index(used, " " $1 " ")'
} | cat -s >"$folder/Cargo.toml"

# What it is, and how to run it.
{
    printf '# %s\n\n' "$name"
    sed -n 's/^\/\/! \{0,1\}//p' "$folder/src/$(echo "$name" | tr - _).rs"
    printf '\n## Run it\n\n```sh\ncargo run -- %s --help\ncargo test\n```\n\n' "$name"
    printf 'It links libzmq of the system (Debian: `libzmq3-dev`), see `.cargo/config.toml`. The program has: %s.\n' \
        "$(echo "$wanted" | sed 's/.*/`&`/' | paste -sd ',' - | sed 's/,/, /g')"
} >"$folder/README.md"
printf '%s is in %s: cargo run -- %s --help\n' "$name" "$folder" "$name"
