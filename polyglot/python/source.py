# SPDX-License-Identifier: MIT OR Apache-2.0
"""Sends a batch of orders to the workers (protocol-docs/valuz.md).

    reduce                    source             worker
    ┌─────┐  START, REPEAT,  ┌──────┐   order   ┌──────┐
    │ PUB │ ───────────────▶ │ SUB  │ ────┬───▶ │ PULL │
    └─────┘       EXIT       │ PUSH │     │     └──────┘
                             └──────┘     │     ┌──────┐
                                          └───▶ │ PULL │
                                                └──────┘
"""

import argparse
import heapq
import os
import signal
import struct
import sys
import time

import zmq

START, EXIT, REPEAT = b"\x00", b"\x01", b"\x03"
STOCKS = [(b"MSFT", 4178), (b"AAPL", 9535), (b"GOOG", 57109), (b"YHOO", 3453), (b"BBRY", 1090)]
BURST = 1000
LINGER_MS = 250


class Batch:
    """What is sent of a batch, and what must still be sent."""

    def __init__(self, count):
        self.count, self.base, self.fresh = count, None, 0  # orders at the places below `fresh` were sent
        self.again, self.waiting = [], set()  # places to send again, lowest first, each once

    def start(self, base):
        """START: sends all orders, numbered from this base. A second START with the same base changes nothing."""
        if base != self.base:
            self.base, self.fresh, self.again, self.waiting = base, 0, [], set()

    def repeat(self, numbers):
        """REPEAT: sends the orders with these numbers again, if they were sent at all."""
        for number in numbers if self.base is not None else ():
            place = (number - self.base) % 2**64
            if place < self.fresh and place not in self.waiting:
                self.waiting.add(place)
                heapq.heappush(self.again, place)

    def next(self):
        """The place of the next order, None if there is nothing to send. Repeats come first: reduce waits for them."""
        if self.again:
            return self.again[0]
        return self.fresh if self.base is not None and self.fresh < self.count else None

    def sent(self):
        """The next order is sent."""
        if self.again:
            self.waiting.remove(heapq.heappop(self.again))
        else:
            self.fresh += 1

    def order(self, place):
        """The order at this place, the same at every call, and its number as the tail."""
        symbol, cents = STOCKS[place % len(STOCKS)]
        action, shares, price = place // 5 % 2, 1 + place * 37 % 1000, (cents + place * 7 % 100) / 100
        number = (self.base + place) % 2**64
        return [symbol, bytes([action]), struct.pack("<i", shares), struct.pack("<d", price), struct.pack("<Q", number)]


def drop():
    """Counts a malformed command, and logs the count at most once a second."""
    global malformed, log_at
    malformed += 1
    if time.monotonic() >= log_at:
        log_at = time.monotonic() + 1
        print(malformed, "malformed commands dropped", file=sys.stderr)


def natural(text):
    """A number of things, for the command line."""
    if int(text) < 0:
        raise ValueError(text)
    return int(text)


parser = argparse.ArgumentParser(description="Sends a batch of orders to the workers.")
parser.add_argument("--count", type=natural, required=True, help="number of orders")
batch = Batch(parser.parse_args().count)
# Blocked, a signal neither comes between two frames nor is missed just before a wait: the loop asks for it.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)

context = zmq.Context()
orders = context.socket(zmq.PUSH)
orders.bind(os.environ.get("VALUZ_ORDERS", "tcp://*:9004"))
control = context.socket(zmq.SUB)
for command in (START, REPEAT, EXIT):
    control.subscribe(command)
control.connect(os.environ.get("VALUZ_CONTROL", "tcp://127.0.0.1:9006"))
poller = zmq.Poller()
poller.register(control, zmq.POLLIN)
malformed = log_at = 0

while not stop & signal.sigpending():
    poller.register(orders, zmq.POLLOUT if batch.next() is not None else 0)
    if control in dict(poller.poll(100)):
        match control.recv_multipart():
            case [b"\x00"]:
                batch.start(0)
            case [b"\x00", base, *_] if len(base) == 8:
                batch.start(int.from_bytes(base, "little"))
            case [b"\x03", numbers, *_] if 8 <= len(numbers) <= 65_536 and len(numbers) % 8 == 0:
                batch.repeat(number for (number,) in struct.iter_unpack("<Q", numbers))
            case [b"\x01", *_]:
                break
            case _:
                drop()
    try:
        for _ in range(BURST):
            place = batch.next()
            if place is None:
                break
            orders.send_multipart(batch.order(place), zmq.DONTWAIT)
            batch.sent()
    except zmq.Again:
        pass  # no worker has room
context.destroy(linger=LINGER_MS)
