#!/bin/sh
# Runs `./justw demo` as on a machine without a display until its page answers, ends it as Ctrl-C does, and checks that no
# process remains. Exits with 1 if any of that fails.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

bound_s=1800 # a first build takes minutes
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# Its own process group, so that the signal reaches it as a terminal's would. Ports may be in use: the desk connects to
# services there, or names the process that holds a port, and opens all the same.
unset DISPLAY WAYLAND_DISPLAY
setsid ./justw demo >"$output" 2>&1 &
demo=$!

fail() {
    echo "try-demo: $*" >&2
    cat "$output" >&2
    kill -KILL "-$demo" 2>/dev/null || :
    exit 1
}

waited=0
until link=$(grep -om1 'http://[^ ]*' "$output"); do
    kill -0 "$demo" 2>/dev/null || fail "it has exited"
    [ "$waited" -lt "$bound_s" ] || fail "no link within $bound_s s"
    sleep 1
    waited=$((waited + 1))
done
echo "the desk is at $link"
python3 - "$link" <<'END' || fail "its page does not answer"
import sys, urllib.request
page = urllib.request.urlopen(sys.argv[1], timeout=10).read().decode()
assert '<title>Beyond the Box</title>' in page, page
END

kill -INT "-$demo"
waited=0
while pgrep -g "$demo" >/dev/null; do
    [ "$waited" -lt 50 ] || fail "processes remain 5 s after Ctrl-C: $(pgrep -ag "$demo")"
    sleep 0.1
    waited=$((waited + 1))
done
echo "it has exited, and no process remains"
