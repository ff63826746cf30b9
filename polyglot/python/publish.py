# SPDX-License-Identifier: MIT OR Apache-2.0
"""Publishes sample prices (protocol-docs/tickz.md).

     publish                       watch
    ┌─────┐   MSFT, time, 41.78   ┌─────┐
    │ PUB │ ────────────────────▶ │ SUB │
    └─────┘                       └─────┘
"""

import itertools
import os
import random
import signal
import struct
import sys
import time

import zmq

PAUSE_S = 0.005

if len(sys.argv) > 1:
    print("usage: publish.py", file=sys.stderr)
    sys.exit(2)
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)

context = zmq.Context()
ticks = context.socket(zmq.PUB)
ticks.bind(os.environ.get("TICKZ_TICKS", "tcp://*:9003"))

cents = {"MSFT": 4178, "AAPL": 9535, "GOOG": 57109, "YHOO": 3453, "BBRY": 1090}
for symbol in itertools.cycle(cents):
    cents[symbol] = max(1, cents[symbol] + random.randint(-5, 5))
    timestamp, price = struct.pack("<d", time.time()), struct.pack("<d", cents[symbol] / 100)
    ticks.send_multipart([symbol.encode(), timestamp, price])
    if signal.sigtimedwait(stop, PAUSE_S):
        break
context.destroy(linger=0)
