#!/bin/sh
# Runs a command where there is no network but the loopback interface: `scripts/offline.sh COMMAND…`. Exits with the command's exit
# code, or with 69 if this system cannot make such a place. It needs Linux, and root or namespaces for other users.
set -eu
[ $# -gt 0 ] || { echo "usage: scripts/offline.sh COMMAND..." >&2; exit 2; }

as=
[ "$(id -u)" = 0 ] || as=--map-root-user

if ! reason=$(unshare --net $as ip link set lo up 2>&1); then
    printf 'error: cannot run without a network here: %s\n' "$reason" >&2
    echo "It takes Linux with unshare and ip, and root or user namespaces (in a container: the capability SYS_ADMIN)." >&2
    exit 69
fi
exec unshare --net $as sh -c 'ip link set lo up && exec "$@"' offline "$@"
