#!/bin/sh
# Reports which tools the suite needs are present or missing and how to get them, which processes hold the suite's ports,
# and how much disk space is free. Installs nothing. Exits with 1 if a tool is missing; a held port is a warning.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
. scripts/needs.sh

manager=$(package_manager)
healthy=yes
space_needed_gb=12 # builds of the whole suite: for tests, for use and for measuring

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    good=$(printf '\033[32m') warn=$(printf '\033[33m') bad=$(printf '\033[31m') plain=$(printf '\033[0m')
else
    good='' warn='' bad='' plain=''
fi

# line COLOUR STATE WHAT TEXT
line() { printf '  %s%-8s%s %-11s %s\n' "$1" "$2" "$plain" "$3" "$4"; }

present() { line "$good" present "$1" "$2"; }

# missing WHAT NEED: with the command that installs it, or its download page.
missing() {
    healthy=no
    packages=$(packages_for "$manager" "$2")
    if [ -n "$packages" ]; then
        line "$bad" missing "$1" "./justw installs it ($manager install $packages)"
    else
        line "$bad" missing "$1" "$(by_hand "$2")"
    fi
}

check_tools() {
    if ! rust=$(rust_version); then
        missing rust rust
    elif at_least "$rust" "$rust_oldest"; then
        present rust "$rust"
    else
        healthy=no
        line "$bad" old rust "$rust, needed: $(by_hand rust)"
    fi
    if cc_works; then present cc "$(cc --version | head -n 1)"; else missing cc cc; fi
    if command -v pkg-config >/dev/null 2>&1; then
        present pkg-config "$(pkg-config --version)"
    else
        missing pkg-config pkg-config
    fi
    check_libzmq
    if node=$(find_node); then present node "$node, for the page"; else missing node node; fi
    if webkit=$(webkit_version); then present webkit "$webkit, for the window"; else missing webkit webkit; fi
    if browser=$(find_browser); then present browser "$browser, for the page's tests"; else missing browser browser; fi
    if drives_windows; then present driver "Xvfb, WebKitWebDriver and ip, for the desk's tests"; else missing driver driver; fi
    if python=$(find_pyzmq); then present pyzmq "$python, for scenes and tests with Python"; else missing pyzmq pyzmq; fi
    if folder=$(find_prometheus); then present prometheus "$folder, for the tests of metrics"; else missing prometheus prometheus; fi
    if checks_units; then present units "systemd-analyze, for the test of units"; else missing units units; fi
    if found=$(find_just); then
        present just "$(just_version "$found")"
    else
        healthy=no
        line "$bad" missing just "./justw installs it before it runs the first recipe"
    fi
}

# Needs pkg-config and a compiler; both are reported above.
check_libzmq() {
    if ! zmq=$(zmq_version); then
        missing libzmq libzmq
    elif ! cc_works; then
        line "$warn" unknown libzmq "$zmq; cc is needed to find out whether it has CURVE"
    elif zmq_has_curve; then
        present libzmq "$zmq with CURVE"
    else
        healthy=no
        line "$bad" lacking libzmq "$zmq lacks CURVE, needed: $(by_hand libzmq)"
    fi
}

# holders PORT: a line "program (pid N)" for each process that listens on the TCP port.
holders() {
    if [ -r /proc/net/tcp ]; then
        holders_in_proc "$1"
    elif command -v lsof >/dev/null 2>&1; then
        lsof -nP -iTCP:"$1" -sTCP:LISTEN -Fpc 2>/dev/null |
            awk '/^p/ { pid = substr($0, 2) } /^c/ { print substr($0, 2) " (pid " pid ")" }'
    fi
}

# Linux names a listener's socket by its inode, and a process's open files by the same number. State 0A is LISTEN.
holders_in_proc() {
    hex=$(printf '%04X' "$1")
    inodes=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }')
    [ -n "$inodes" ] || return 0
    # ls can't read the files of other users' processes and fails; the ones that it could read still count.
    pids=$( (ls -l /proc/[0-9]*/fd 2>/dev/null || :) | awk -v inodes="$inodes" '
        BEGIN { count = split(inodes, list, "\n"); for (i = 1; i <= count; i++) wanted["socket:[" list[i] "]"] }
        /^\/proc\// { split($0, path, "/"); pid = path[3] }
        $NF in wanted && !(pid in seen) { seen[pid]; print pid }')
    [ -n "$pids" ] || echo "a process of another user (run this as root to see which)"
    for pid in $pids; do
        echo "$(cat "/proc/$pid/comm" 2>/dev/null || echo '?') (pid $pid)"
    done
}

# check_port CHANNEL DEFAULT ENDPOINT: only a tcp ENDPOINT with a number has a port.
check_port() {
    port=$2
    if [ -n "$3" ]; then
        port=${3##*:}
        case $3 in tcp://*) ;; *) port=none ;; esac
        case $port in '' | *[!0-9]*) line "$good" "no port" "$1" "$3"; return ;; esac
    fi
    held=$(holders "$port")
    if [ -z "$held" ]; then
        line "$good" free "$port" "$1"
    else
        echo "$held" | while read -r holder; do line "$warn" held "$port" "$1, by $holder"; done
    fi
}

# The channels are the rows of a table, which a test compares with the programs.
check_ports() {
    awk -F '[|` ]+' '/^\| [a-z-]+ \| [a-z-]+ \| [0-9]+ \|/ { print $2, $3, $4, $6 }' protocol-docs/README.md |
        while read -r program channel port variable; do
            check_port "$program $channel ($variable)" "$port" "$(printenv "$variable" || :)"
        done
}

check_space() {
    folder=${CARGO_TARGET_DIR:-target}
    [ -d "$folder" ] || folder=.
    free_gb=$(df -Pk "$folder" | awk 'NR == 2 { print int($4 / 1048576) }')
    if [ "$free_gb" -ge "$space_needed_gb" ]; then
        line "$good" enough "$free_gb GB" "free where cargo builds"
    else
        line "$warn" little "$free_gb GB" "free where cargo builds; all builds together need $space_needed_gb GB"
    fi
}

echo Tools
check_tools
echo Ports
check_ports
echo Space
check_space

[ "$healthy" = yes ]
