#!/bin/sh
# Runs `./justw demo` as on a machine without a display, until its page answers; then ends it as Ctrl-C does, and looks
# whether anything is left of it. Exits 1 where that does not work.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

bound_s=1800 # a first build takes minutes
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# A group of its own, so that the signal reaches it as a terminal's would. Ports of others may be held: the desk finds
# services there, or says who holds a port, and opens all the same.
unset DISPLAY WAYLAND_DISPLAY
setsid ./justw demo >"$said" 2>&1 &
demo=$!

fail() {
    echo "try-demo: $*" >&2
    cat "$said" >&2
    kill -KILL "-$demo" 2>/dev/null || :
    exit 1
}

waited=0
until link=$(grep -om1 'http://[^ ]*' "$said"); do
    kill -0 "$demo" 2>/dev/null || fail "it ended"
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
    [ "$waited" -lt 50 ] || fail "something is left 5 s after Ctrl-C: $(pgrep -ag "$demo")"
    sleep 0.1
    waited=$((waited + 1))
done
echo "it ended, and nothing is left"
