# SPDX-License-Identifier: MIT OR Apache-2.0
"""The average price of a symbol, from the ticks of `tickz publish`: a program of the suite in another language.

    python3 average.py MSFT

The two lines with `observe` make it visible to every observer, the ones with `value` its result, and the one with `malformed` how
many ticks it had to drop.
"""

import math
import os
import struct
import sys

import zmq

from observe import observe


def price_of(tick):
    """The price of a tick; None of a malformed one (protocol-docs/tickz.md)."""
    match tick:
        case [_symbol, *numbers] if len(numbers) >= 2 and all(len(number) == 8 for number in numbers[:3]):
            time, price = struct.unpack("<dd", b"".join(numbers[:2]))
            if math.isfinite(time) and math.isfinite(price) and price > 0:
                return price
    return None


symbol = os.fsencode(sys.argv[1])
context = zmq.Context()
reporter = observe(context, program="average", role="watch")
ticks = context.socket(zmq.SUB)
reporter.name(ticks, "ticks", channel="ticks")
ticks.connect(os.environ.get("TICKZ_TICKS", "tcp://127.0.0.1:9003"))
ticks.subscribe(symbol)

count, total = 0, 0.0
while True:
    tick = ticks.recv_multipart()
    price = price_of(tick)
    if price is None:
        reporter.malformed(ticks)
    elif tick[0] == symbol:  # a subscription is a prefix
        count, total = count + 1, total + price
        reporter.value("average", total / count, "USD")
        reporter.value("prices", count)
