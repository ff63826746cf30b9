#!/bin/sh
# Runs a Python program that uses ZeroMQ, with a Python that has pyzmq: scripts/python.sh FILE [ARGUMENT...]
set -eu

here=$PWD
cd "$(dirname "$0")/.."
. scripts/needs.sh
python=$(find_pyzmq) || {
    echo "error: no Python here has pyzmq, which $1 needs: './justw rehearse' installs it" >&2
    exit 1
}
cd "$here"
exec "$python" "$@"
