# SPDX-License-Identifier: MIT OR Apache-2.0
"""Asks a service, and asks again if no reply comes: the Lazy Pirate (protocol-docs/jobz.md).

    jobz-client        broker           worker
    ┌────────┐  echo  ┌────────┐      ┌────────┐
    │ DEALER │ ─────▶ │ ROUTER │ ───▶ │ DEALER │
    │        │ ◀───── │        │ ◀─── │        │
    └────────┘  FINAL └────────┘      └────────┘
"""

import os
import signal
import sys
import time

import zmq

HEADER, REQUEST, FINAL = b"MDPC02", b"\x01", b"\x03"
PATIENCE_S, TRIES = 2.5, 3


def ask(service, body):
    """One try. Prints the replies; returns whether the final one came in time."""
    # A new socket: a late reply to an earlier try reaches nothing.
    broker = context.socket(zmq.DEALER)
    broker.connect(os.environ.get("JOBZ_JOBS", "tcp://127.0.0.1:9010"))
    broker.send_multipart([HEADER, REQUEST, service, *body])
    give_up_at = time.monotonic() + PATIENCE_S
    command = None
    while command != FINAL and time.monotonic() < give_up_at and not stop & signal.sigpending():
        if broker.poll(100):
            match broker.recv_multipart():
                case [b"MDPC02", b"\x02" | b"\x03" as command, name, *reply] if name == service and 1 <= len(reply) <= 1000:
                    for frame in reply:
                        print(frame.decode(errors="replace"), flush=True)
                    give_up_at = time.monotonic() + PATIENCE_S
                case _:
                    command = None
                    print("malformed reply dropped", file=sys.stderr)
    broker.close(linger=0)
    return command == FINAL


service, *body = [argument.encode() for argument in sys.argv[1:]] or [b""]
if not body or service.startswith(b"-"):
    print("usage: jobz-client.py SERVICE PART...", file=sys.stderr)
    sys.exit(2)
# Blocked, a signal neither comes between two frames nor is missed just before a wait: the loop asks for it.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)

context = zmq.Context()
for _ in range(TRIES):
    if ask(service, body):
        sys.exit(0)
    if stop & signal.sigpending():
        sys.exit(1)
    print("no reply", file=sys.stderr)
sys.exit(1)
