# shellcheck shell=sh disable=SC2034 # the scripts that source this use its variables
# The tools that the suite needs, how to detect each, and which package provides it. justw (which installs) and
# scripts/doctor.sh (which reports) both source this file from the project's folder, so they can't disagree.
# Nothing here changes the machine, except for answers cached in the ignored .tools folder.

just_pinned=1.59.0   # the version that pip installs
just_oldest=1.42     # the first with all the attributes that the justfile uses
rust_oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
node_oldest=20.19    # required by the page's build tool
node_pinned=24.19.0  # the version that pip installs
pyzmq_pinned=27.3.0  # the version that pip installs
venv=.tools/venv     # where pip puts them
node_tools=.tools/node/bin # node and npm from pip; first on the justfile's PATH
prometheus_tools=.tools/prometheus/usr/bin # prometheus and promtool, unpacked
system=$(uname -s)

# rustup installs cargo here; a shell that was opened before doesn't have it on its PATH yet.
cargo_bin=${CARGO_HOME:-${HOME:-}/.cargo}/bin
if ! command -v cargo >/dev/null 2>&1 && [ -x "$cargo_bin/cargo" ]; then
    PATH=$PATH:$cargo_bin
    export PATH
fi

# at_least HAVE WANT: is version HAVE (1.95.0) as new as WANT (1.88)? Compares major and minor.
at_least() {
    have_rest=${1#*.}
    want_rest=${2#*.}
    [ "${1%%.*}" -gt "${2%%.*}" ] || {
        [ "${1%%.*}" -eq "${2%%.*}" ] && [ "${have_rest%%.*}" -ge "${want_rest%%.*}" ]
    }
}

# find_just: prints the path of a just that is new enough, or fails.
find_just() {
    if [ -x "$venv/bin/just" ]; then
        echo "$venv/bin/just"
    else
        found=$(command -v just) && at_least "$(just_version "$found")" "$just_oldest" && echo "$found"
    fi
}

# just_version PATH: 1.59.0, or 0.0 if PATH cannot be run.
just_version() {
    answer=$("$1" --version 2>/dev/null) || answer='just 0.0'
    echo "${answer#just }"
}

# rust_version: prints 1.95.0, or fails without a working rustc and cargo.
rust_version() {
    command -v cargo >/dev/null 2>&1 && answer=$(rustc --version) || return 1
    answer=${answer#rustc }
    answer=${answer%% *}
    echo "${answer%%-*}"
}

# cc_works: is there a C compiler that can link? gcc without the C library's headers and start files can't, and macOS
# has a `cc` that only asks its user to install the command line tools.
cc_works() {
    command -v cc >/dev/null 2>&1 || return 1
    if [ "$system" = Darwin ]; then xcode-select -p >/dev/null 2>&1; else [ -e /usr/include/stdio.h ]; fi
}

# zmq_version: prints 4.3.4, or fails if libzmq's development files are missing.
zmq_version() {
    pkg-config --modversion libzmq 2>/dev/null
}

# zmq_has_curve: asks the library itself, with a C program of one line. That takes 0.1 s, so a yes is cached together
# with the library's size, time and path.
zmq_has_curve() {
    library=$(pkg-config --variable=libdir libzmq)/libzmq
    [ -e "$library.so" ] && library=$library.so || library=$library.dylib
    asked=$(ls -lnL "$library" 2>/dev/null) || asked=
    known=
    [ ! -r .tools/libzmq-with-curve ] || read -r known <.tools/libzmq-with-curve || :
    [ -z "$asked" ] || [ "$asked" != "$known" ] || return 0

    mkdir -p .tools
    # shellcheck disable=SC2046 # pkg-config's answer is a list of words
    echo '#include <zmq.h>
        int main(void) { return !zmq_has("curve"); }' |
        cc -x c -o .tools/curve-check - $(pkg-config --cflags --libs libzmq) && .tools/curve-check || return 1
    rm -f .tools/curve-check
    echo "$asked" >.tools/libzmq-with-curve
}

# find_node: prints the version of a node that is new enough and has npm, or fails.
find_node() {
    [ ! -x "$node_tools/node" ] || PATH=$PWD/$node_tools:$PATH
    found=$(node --version 2>/dev/null) && npm --version >/dev/null 2>&1 || return 1
    at_least "${found#v}" "$node_oldest" && echo "${found#v}"
}

# webkit_version: prints 2.44.1, or fails if the window's library is missing. macOS includes WebKit.
webkit_version() {
    if [ "$system" = Darwin ]; then echo "of the system"; else pkg-config --modversion webkit2gtk-4.1 2>/dev/null; fi
}

# find_browser: prints the path of the browser that the page's tests drive, or fails.
find_browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

# drives_windows: are the tools of the desk's tests there: a virtual display, WebKit's driver, and ip to break a network?
drives_windows() {
    [ "$system" != Linux ] || { command -v Xvfb && command -v WebKitWebDriver && command -v ip; } >/dev/null 2>&1
}

# find_pyzmq: prints the path of a Python that has pyzmq, or fails. To ask takes up to a second, longer than a peer takes to start,
# so a yes is cached: the Python itself, which may be behind a shim, and the file that it imports.
find_pyzmq() {
    known=.tools/pyzmq
    { read -r python && read -r module; } 2>/dev/null <$known || python=
    [ ! -x "$python" ] || [ ! -r "$module" ] || { echo "$python" && return; }

    for python in "$venv/bin/python" python3 /usr/bin/python3; do
        asked=$("$python" -c 'import sys, zmq; print(sys.executable, zmq.__file__, sep="\n")' 2>/dev/null) || continue
        # Several may ask at the same time; none may read half an answer.
        { mkdir -p .tools && echo "$asked" >$known.$$ && mv $known.$$ $known; } 2>/dev/null || :
        echo "${asked%%
*}"
        return
    done
    return 1
}

# find_prometheus: prints the folder of prometheus and of its checker promtool, or fails.
find_prometheus() {
    for folder in "$prometheus_tools" "$(dirname "$(command -v promtool)")"; do
        [ ! -x "$folder/promtool" ] || [ ! -x "$folder/prometheus" ] || { echo "$folder" && return; }
    done
    return 1
}

# checks_units: is systemd's checker of units there? macOS has no units.
checks_units() {
    [ "$system" != Linux ] || command -v systemd-analyze >/dev/null 2>&1
}

# package_manager: apt, dnf, brew or none.
package_manager() {
    if [ "$system" = Darwin ]; then
        command -v brew >/dev/null 2>&1 && echo brew || echo none
    elif command -v apt-get >/dev/null 2>&1; then
        echo apt
    elif command -v dnf >/dev/null 2>&1; then
        echo dnf
    else
        echo none
    fi
}

# packages_for MANAGER NEED: the packages that provide NEED; empty if MANAGER has none.
packages_for() {
    case $1-$2 in
        apt-cc) echo gcc libc6-dev ;;
        apt-pkg-config) echo pkg-config ;;
        apt-libzmq) echo libzmq3-dev ;;
        apt-webkit) echo libwebkit2gtk-4.1-dev ;;
        apt-browser) echo chromium ;;
        apt-driver) echo xvfb webkit2gtk-driver iproute2 ;;
        apt-pyzmq) echo python3-zmq ;;
        apt-node) echo python3-venv ;; # Debian 12 has Node 18, PyPI a newer one
        apt-prometheus) echo prometheus ;;
        apt-units) echo systemd ;;
        apt-just) echo python3-venv ;; # Debian 12 has no just, PyPI has it prebuilt
        dnf-cc) echo gcc glibc-devel ;;
        dnf-pkg-config) echo pkgconf-pkg-config ;;
        dnf-libzmq) echo zeromq-devel ;;
        dnf-webkit) echo webkit2gtk4.1-devel ;;
        dnf-browser) echo chromium ;;
        dnf-driver) echo xorg-x11-server-Xvfb webkit2gtk-driver iproute ;;
        dnf-pyzmq) echo python3-zmq ;;
        dnf-prometheus) echo golang-github-prometheus ;;
        dnf-units) echo systemd ;;
        dnf-node) echo nodejs nodejs-npm ;;
        brew-node) echo node ;;
        dnf-just | brew-just) echo just ;;
        brew-prometheus) echo prometheus ;;
        brew-pkg-config) echo pkgconf ;;
        brew-libzmq) echo zeromq ;;
    esac
}

# by_hand NEED: one line on how to install NEED without a package manager.
by_hand() {
    case $1 in
        rust) echo "Rust $rust_oldest or newer: https://rustup.rs" ;;
        cc) echo "a C compiler (cc) with the C library's headers; on macOS: xcode-select --install" ;;
        pkg-config) echo "pkg-config (or pkgconf)" ;;
        libzmq) echo "libzmq 4.3 or newer, built with CURVE, with its headers" ;;
        node) echo "Node $node_oldest or newer, with npm: https://nodejs.org" ;;
        webkit) echo "WebKitGTK 4.1 with its headers" ;;
        browser) echo "Chromium or Chrome, for the page's tests" ;;
        driver) echo "Xvfb, WebKitWebDriver and ip, for the desk's tests" ;;
        pyzmq) echo "pyzmq, for scenes and tests with Python: pip install pyzmq" ;;
        prometheus) echo "prometheus and promtool, for the tests of metrics: https://prometheus.io/download" ;;
        units) echo "systemd-analyze, for the test of units" ;;
        just) echo "just $just_oldest or newer: https://just.systems" ;;
    esac
}
