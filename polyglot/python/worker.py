# SPDX-License-Identifier: MIT OR Apache-2.0
"""Values orders (protocol-docs/valuz.md).

     source               worker                reduce
    ┌──────┐  order  ┌──────────────┐  result  ┌──────┐
    │ PUSH │ ──────▶ │ PULL    PUSH │ ───────▶ │ PULL │
    └──────┘         │          SUB │ ◀─────── │ PUB  │
                     └──────────────┘   EXIT   └──────┘
"""

import math
import os
import re
import signal
import socket
import struct
import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

EXIT, READY, REPORT = b"\x01", b"\x02", b"\x04"
NAME = f"python:{socket.gethostname()}:{os.getpid()}".encode()
SIGNS = {b"\x00": 1, b"\x01": -1}  # of BUY and SELL
BURST = 1000
REPORT_MS, LINGER_MS = 100, 250


def result_of(order):
    """The result of an order: its symbol, the value, its tail. None of a malformed order."""
    match order:
        case [symbol, action, shares, price, *tail] if len(shares) == 4 and len(price) == 8 and action in SIGNS:
            (shares,), (price,) = struct.unpack("<i", shares), struct.unpack("<d", price)
            value = SIGNS[action] * (shares * price)
            if (re.fullmatch(rb"[A-Z][A-Z0-9]{1,15}", symbol) and shares > 0 and price > 0 and math.isfinite(value)
                    and len(tail) <= 8 and sum(map(len, tail)) <= 1024):
                return [symbol, struct.pack("<d", value), *tail]
    return None


def drop():
    """Counts a malformed order, and logs the count at most once a second."""
    global malformed, log_at
    malformed += 1
    if time.monotonic() >= log_at:
        log_at = time.monotonic() + 1
        print(malformed, "malformed orders dropped", file=sys.stderr)


def receive(source):
    """The next message; None if there is none yet."""
    try:
        return source.recv_multipart(zmq.DONTWAIT)
    except zmq.Again:
        return None


def send(*message):
    """Sends a message to reduce. False if there is no room: then nothing is sent."""
    try:
        results.send_multipart(message, zmq.DONTWAIT)
        return True
    except zmq.Again:
        return False


def connected(kind, variable, endpoint, events=0):
    """A socket that connects, now or when its peer is there, and one on which these events of its connection arrive."""
    connecting = context.socket(kind)
    monitor = connecting.get_monitor_socket(events) if events else None
    connecting.connect(os.environ.get(variable, endpoint))
    return connecting, monitor


if len(sys.argv) > 1:
    print("usage: worker.py", file=sys.stderr)
    sys.exit(2)
# Blocked, a signal neither comes between two frames nor is missed just before a wait: the loop asks for it.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)

context = zmq.Context()
control, _ = connected(zmq.SUB, "VALUZ_CONTROL", "tcp://127.0.0.1:9006")
control.subscribe(EXIT)
results, reduce_events = connected(
    zmq.PUSH, "VALUZ_RESULTS", "tcp://127.0.0.1:9005", zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
orders, source_events = connected(zmq.PULL, "VALUZ_ORDERS", "tcp://127.0.0.1:9004", zmq.EVENT_HANDSHAKE_SUCCEEDED)
poller = zmq.Poller()
for source in (control, reduce_events, source_events):
    poller.register(source, zmq.POLLIN)

reduce_up = source_up = ready = False
held = None  # a result that waits for room
done = reported = report_at = malformed = log_at = 0
while not stop & signal.sigpending():
    poller.register(orders, zmq.POLLIN if ready and not held else 0)
    poller.register(results, zmq.POLLOUT if ready and held else 0)
    arrived = dict(poller.poll(REPORT_MS))
    if control in arrived and receive(control)[0] == EXIT:
        break

    # READY goes out once both connections are up, and again when reduce was lost and is back.
    if reduce_events in arrived:
        reduce_up = recv_monitor_message(reduce_events)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
    if source_events in arrived:
        source_up = recv_monitor_message(source_events)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED
    ready = reduce_up and (ready or source_up and send(READY, NAME))

    for _ in range(BURST if ready else 0):
        if not held:
            order = receive(orders)
            if not order:
                break
            held = result_of(order)
            if not held:
                drop()
        if held:
            if not send(*held):
                break
            held, done = None, done + 1

    if done != reported and time.monotonic() >= report_at and send(REPORT, NAME, struct.pack("<Q", done)):
        reported, report_at = done, time.monotonic() + REPORT_MS / 1000

send(REPORT, NAME, struct.pack("<Q", done))
orders.disable_monitor()  # before its receiver closes: libzmq would wait for it
results.disable_monitor()
context.destroy(linger=LINGER_MS)
