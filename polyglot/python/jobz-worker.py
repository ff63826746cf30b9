# SPDX-License-Identifier: MIT OR Apache-2.0
"""Does the requests to a service, the function `upper` (protocol-docs/jobz.md).

     client         broker          jobz-worker
    ┌────────┐    ┌────────┐  REQUEST  ┌────────┐
    │ DEALER │ ─▶ │ ROUTER │ ────────▶ │ DEALER │
    │        │ ◀─ │        │ ◀──────── │        │
    └────────┘    └────────┘   FINAL   └────────┘
"""

import os
import signal
import struct
import sys
import time

import zmq

HEADER = b"MDPW02"
READY, FINAL, HEARTBEAT, DISCONNECT, FAIL = b"\x01", b"\x04", b"\x05", b"\x06", b"\x43"
CREDIT = struct.pack("<Q", 1)  # one request at a time; with it the broker takes FAIL
HEARTBEAT_S, LIVENESS = 2.5, 3
PAUSE_S = 0.25
LINGER_MS = 250


def upper(*body):
    """The service: takes the frames of a request, and returns those of its reply."""
    return [frame.upper() for frame in body]


def begin():
    """Registers the service, on a new socket."""
    global broker
    broker = context.socket(zmq.DEALER)
    broker.connect(os.environ.get("JOBZ_JOBS", "tcp://127.0.0.1:9010"))
    send(READY, upper.__name__.encode(), CREDIT)


def send(*frames):
    """Sends a command. Without room the broker has read nothing for long, and gives the request to another worker."""
    global beat_at
    beat_at = time.monotonic() + HEARTBEAT_S
    try:
        broker.send_multipart([HEADER, *frames], zmq.DONTWAIT)
    except zmq.Again:
        pass


def do(address, body):
    """Does one request. If the function fails, another worker gets it."""
    try:
        send(FINAL, address, b"", *upper(*body))
    except Exception as error:
        send(FAIL, address, b"", repr(error).encode()[:512])


if len(sys.argv) > 1:
    print("usage: jobz-worker.py", file=sys.stderr)
    sys.exit(2)
# Blocked, a signal neither comes between two frames nor is missed just before a wait: the loop asks for it.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)

context = zmq.Context()
begin()
lost_at = time.monotonic() + LIVENESS * HEARTBEAT_S
malformed = log_at = 0
while not stop & signal.sigpending():
    message = broker.recv_multipart() if broker.poll(100) else None
    if message:
        lost_at = time.monotonic() + LIVENESS * HEARTBEAT_S
    match message:
        case [b"MDPW02", b"\x02", address, b"", *body] if 1 <= len(body) <= 1000:
            do(address, body)
        case [b"MDPW02", b"\x05", *_] | [b"MDPW02", b"\x42", _, b"", *_] | None:  # HEARTBEAT; CANCEL: it is done already
            pass
        case [b"MDPW02", b"\x06", *_]:  # DISCONNECT
            lost_at = 0
        case [b"MDPW02", b"\x44", *_]:  # END: the broker has let this worker go
            broker.close(linger=0)
            break
        case _:
            malformed += 1
            if time.monotonic() >= log_at:
                log_at = time.monotonic() + 1
                print(malformed, "malformed messages dropped", file=sys.stderr)
    if time.monotonic() >= lost_at:
        broker.close(linger=0)
        if signal.sigtimedwait(stop, PAUSE_S):
            break
        begin()
        lost_at = time.monotonic() + LIVENESS * HEARTBEAT_S
    if time.monotonic() >= beat_at:
        send(HEARTBEAT)

if not broker.closed:
    send(DISCONNECT)
context.destroy(linger=LINGER_MS)
