# SPDX-License-Identifier: MIT OR Apache-2.0
"""The average price of a symbol, from the ticks of `tickz publish`: a program of the suite in another language.

    python3 average.py MSFT

The two lines with `observe` make it visible to every observer, and the one with `value` its result.
"""

import os
import struct
import sys

import zmq

from observe import observe

TICK = struct.Struct("<d")  # a price or a time: protocol-docs/tickz.md

context = zmq.Context()
reporter = observe(context, program="average", role="watch")
ticks = context.socket(zmq.SUB)
reporter.name(ticks, "ticks", channel="ticks")
ticks.connect(os.environ.get("TICKZ_TICKS", "tcp://127.0.0.1:9003"))
ticks.subscribe(sys.argv[1])

count, total = 0, 0.0
while True:
    symbol, _time, price, *_ = ticks.recv_multipart()
    if symbol.decode() != sys.argv[1]:
        continue  # a subscription is a prefix
    count, total = count + 1, total + TICK.unpack(price)[0]
    reporter.value("average", total / count, "USD")
    reporter.value("prices", count)
