# SPDX-License-Identifier: MIT OR Apache-2.0
"""Watches prices (protocol-docs/tickz.md).

     publish                       watch
    ┌─────┐   MSFT, time, 41.78   ┌─────┐
    │ PUB │ ────────────────────▶ │ SUB │
    └─────┘                       └─────┘
"""

import math
import os
import re
import signal
import struct
import sys
import time

import zmq

is_symbol = re.compile(rb"[A-Z][A-Z0-9]{1,15}").fullmatch


def drop():
    """Counts a malformed tick, and logs the count at most once a second."""
    global malformed, log_at
    malformed += 1
    if time.monotonic() >= log_at:
        log_at = time.monotonic() + 1
        print(malformed, "malformed ticks dropped", file=sys.stderr)


def price_of(tick):
    """The price of a tick; None of a malformed one."""
    match tick:
        case [symbol, *numbers] if is_symbol(symbol) and len(numbers) >= 2 and all(len(n) == 8 for n in numbers[:3]):
            at, price = struct.unpack("<dd", b"".join(numbers[:2]))
            if math.isfinite(at) and math.isfinite(price) and price > 0:
                return price
    return None


symbols = [os.fsencode(symbol) for symbol in sys.argv[1:]]
if not symbols or not all(map(is_symbol, symbols)):
    print("usage: watch.py SYMBOL...", file=sys.stderr)
    sys.exit(2)
# Blocked, a signal neither comes between two frames nor is missed just before a wait: the loop asks for it.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)

context = zmq.Context()
ticks = context.socket(zmq.SUB)
for symbol in symbols:
    ticks.subscribe(symbol)
# Without probes a network that fails silently would be waited for without end.
ticks.tcp_keepalive, ticks.tcp_keepalive_idle = 1, 5
ticks.connect(os.environ.get("TICKZ_TICKS", "tcp://127.0.0.1:9003"))

malformed = log_at = 0
while not stop & signal.sigpending():
    if not ticks.poll(100):
        continue
    tick = ticks.recv_multipart()
    price = price_of(tick)
    if price is None:
        drop()
    elif tick[0] in symbols:  # the subscription is only a prefix: GO also brings GOOG
        print(tick[0].decode(), price, flush=True)
context.destroy(linger=0)
