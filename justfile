# `just` lists the recipes. `./justw RECIPE` does the same as `just RECIPE` and first brings what the machine lacks.

set positional-arguments

target := quote(absolute_path(env('CARGO_TARGET_DIR', 'target')))
programs := target / 'release'
tools := quote(justfile_directory() / '.tools/cargo')
cargo_deny := '0.20.2'

# The programs run in the caller's folder, so that the paths which the caller types mean what they say.
here := quote(invocation_directory())

[private]
default:
    @{{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# plays real prices, chats and values a batch, all in this terminal
[group('see')]
[no-exit-message]
demo *args: (release 'tickz' 'chatz' 'valuz' 'keyz' 'demo')
    @{{ programs }}/demo "$@"

# what is present, what is missing, and who holds the suite's ports
[group('see')]
[no-exit-message]
doctor:
    @scripts/doctor.sh

# builds the libraries' documentation and says where it is
[group('see')]
docs:
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
    @echo documentation: {{ target }}/doc/wire/index.html

# prices: publish, watch (`just tickz --help`)
[group('run')]
[no-exit-message]
tickz *args: (release 'tickz')
    @cd {{ here }} && exec {{ programs }}/tickz "$@"

# talk: serve, join, say (`just chatz --help`)
[group('run')]
[no-exit-message]
chatz *args: (release 'chatz')
    @cd {{ here }} && exec {{ programs }}/chatz "$@"

# valuations: run, source, worker, reduce (`just valuz --help`)
[group('run')]
[no-exit-message]
valuz *args: (release 'valuz')
    @cd {{ here }} && exec {{ programs }}/valuz "$@"

# makes CURVE key pairs as files (`just keys --help`)
[group('run')]
[no-exit-message]
keys *args: (release 'keyz')
    @cd {{ here }} && exec {{ programs }}/keyz "$@"

# all tests; the end-to-end tests run the programs that this builds
[group('work')]
test:
    cargo build --workspace --bins --locked
    cargo test --workspace --locked

# format, lints, dependencies, documentation, and no unfinished marks
[group('work')]
check: formatted linted dependencies docs unmarked

# what has to hold before a change goes in
[group('work')]
ci: check test

# formats the sources
[group('work')]
fmt:
    cargo fmt --all

# table of ratios against the same work in C on plain libzmq
[group('measure')]
[no-exit-message]
bench *args:
    @cargo build --workspace --bins --release --locked
    @{{ programs }}/bench "$@"

# the end-to-end tests at full length: many kills, floods and restarts
[group('measure')]
soak:
    cargo build --workspace --bins --release --locked
    SOAK=1 cargo test --package e2e --release --locked -- --nocapture

# known vulnerabilities in the dependencies; fetches the advisory database from GitHub
[group('work')]
advisories: cargo-deny
    {{ tools }}/bin/cargo-deny check advisories

[private]
formatted:
    cargo fmt --all --check

[private]
linted:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Advisories are a recipe of their own: they need GitHub, and a new one must not stop an unrelated change.
[private]
dependencies: cargo-deny
    {{ tools }}/bin/cargo-deny --locked check bans licenses sources

[private]
cargo-deny:
    @{{ tools }}/bin/cargo-deny --version 2>/dev/null | grep -qxF 'cargo-deny {{ cargo_deny }}' || \
        cargo install --locked --root {{ tools }} cargo-deny@{{ cargo_deny }}

[private]
unmarked:
    @! grep -rnE --include='*.rs' --include='*.c' --include='*.h' --include='*.sh' --include='*.md' --exclude-dir=target \
        --exclude-dir=.tools --exclude-dir=.git -e 'dbg!|todo!|unimplemented!' -e '\<(TODO|FIXME|XXX)\>' .

# Builds programs for use. Quiet when there is little to do, but not through the minutes of a first build.
[private]
release +names:
    #!/bin/sh
    set -eu
    quiet=--quiet
    packages=
    for name; do
        packages="$packages --package $name"
        [ -x {{ programs }}/"$name" ] || quiet=
    done
    [ -n "$quiet" ] || echo "building $*: the first time takes some minutes" >&2
    exec cargo build $quiet --release $packages
