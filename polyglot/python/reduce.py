# SPDX-License-Identifier: MIT OR Apache-2.0
"""Adds up the values of a batch (protocol-docs/valuz.md).

     worker                   reduce                       source
    ┌──────┐  READY, value   ┌──────┐                     ┌─────┐
    │ PUSH │ ──────────────▶ │ PULL │  START, REPEAT,     │     │
    └──────┘                 │ XPUB │ ───────┬──────────▶ │ SUB │
    ┌──────┐                 └──────┘        │    EXIT    └─────┘
    │ SUB  │ ◀───────────────────────────────┘
    └──────┘              EXIT
"""

import argparse
import collections
import math
import os
import re
import signal
import struct
import sys
import time
import unicodedata
from fractions import Fraction

import zmq

START, EXIT, REPEAT = b"\x00", b"\x01", b"\x03"
SUBSCRIBE = b"\x01"  # a subscription as an XPUB receives it; the topic follows
NUMBERS_MAX, REPEATS_MAX, NAMES_MAX = 8192, 128, 10_000
PATIENCE_S, PATIENCE_MAX_S, GIVE_UP_S, EXIT_GRACE_S = 1, 30, 10, 3
BURST = 1000


class Tally:
    """What is counted of a batch: each order once."""

    def __init__(self, count):
        self.base = int(time.time() * 1000) << 22  # the number of the first order, greater than all before
        self.from_zero = None  # whether the source numbers from 0 instead; not known before the first number
        self.values = [None] * count  # by the places of their orders
        self.unnumbered = []
        self.takes_unnumbered = True  # until orders may run twice
        self.left = count

    def count(self, value, tail):
        """Counts a result if it is new. Returns whether it is new, a duplicate, late or foreign."""
        if not tail or len(tail[0]) != 8:
            if not self.takes_unnumbered or not self.left:
                return "foreign"
            self.unnumbered.append(value)
        else:
            number = int.from_bytes(tail[0], "little")
            place = self.place(number)
            if place is None:
                return "late" if number < self.base else "foreign"
            if self.values[place] is not None:
                return "duplicate"
            self.values[place] = value
        self.left -= 1
        return "new"

    def place(self, number):
        """The place in the batch of the order with this number. None if it is of another batch."""
        place = (number - self.base) % 2**64
        if place < len(self.values):
            if self.from_zero:  # what was counted until now was of an earlier batch
                self.values, self.unnumbered, self.left = [None] * len(self.values), [], len(self.values)
                self.takes_unnumbered = False
            self.from_zero = False
            return place
        if self.from_zero is False or number >= len(self.values):
            return None
        self.from_zero = True
        return number

    def missing(self):
        """The frames with the numbers of the orders that have no result yet."""
        places = [place for place, value in enumerate(self.values) if value is None][:REPEATS_MAX * NUMBERS_MAX]
        for base in {None: [self.base, 0], True: [0], False: [self.base]}[self.from_zero]:
            for begin in range(0, len(places), NUMBERS_MAX):
                numbers = [(base + place) % 2**64 for place in places[begin:begin + NUMBERS_MAX]]
                yield struct.pack(f"<{len(numbers)}Q", *numbers)

    def total(self):
        """The exact sum, rounded once."""
        values = [value for value in self.values if value is not None] + self.unnumbered
        try:
            return math.fsum(values)
        except OverflowError:  # a part of the sum is too large, and perhaps not the whole
            return float(sum(map(Fraction, values)))


class Workers:
    """The workers that are ready: one with a name counts once, however often it sends READY."""

    def __init__(self):
        self.names, self.nameless = set(), 0

    def __len__(self):
        return len(self.names) + self.nameless

    def add(self, name=None):
        if name is None or len(self.names) >= NAMES_MAX and name not in self.names:
            self.nameless += 1
        else:
            self.names.add(name)


def is_name(frame):
    try:
        return 1 <= len(frame) <= 128 and all(unicodedata.category(c) != "Cc" for c in frame.decode())
    except UnicodeDecodeError:
        return False


def is_result(symbol, value, tail):
    return (re.fullmatch(rb"[A-Z][A-Z0-9]{1,15}", symbol) and len(tail) <= 8 and len(b"".join(tail)) <= 1024
            and len(value) == 8 and math.isfinite(*struct.unpack("<d", value)))


def drop():
    """Counts a malformed outcome, and logs the count at most once a second."""
    global malformed, log_at
    malformed += 1
    if time.monotonic() >= log_at:
        log_at = time.monotonic() + 1
        print(malformed, "malformed outcomes dropped", file=sys.stderr)


def messages(socket):
    """The messages that have arrived, up to a limit."""
    for _ in range(BURST):
        try:
            yield socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            return


def take(tally):
    """Waits until something arrives, and takes it. Returns what there was: new subscriptions, a new worker, results of
    any kind. Before START there is no tally, and no result counts."""
    poller.poll(100)
    seen = set()
    for subscription, *_ in messages(control):
        for command in (START, EXIT, REPEAT):
            # A worker may subscribe to all commands: it is no source then.
            if subscription == SUBSCRIBE + command or command == EXIT and subscription == SUBSCRIBE:
                subscriptions[command] += 1
                seen.add(command)
    known = len(workers)
    for outcome in messages(results):
        match outcome:
            case [b"\x02"]:  # READY
                workers.add()
            case [b"\x02", name, *_] if is_name(name):
                workers.add(name)
            case [b"\x04", name, done, *_] if is_name(name) and len(done) == 8:
                pass  # a report, which this program does not show
            case [symbol, value, *tail] if is_result(symbol, value, tail):
                if tally:
                    seen.add(tally.count(*struct.unpack("<d", value), tail))
                    if not tally.left:
                        break
            case _:
                drop()
    return seen | {"worker"} if len(workers) > known else seen


def is_stopped():
    return bool(stop & signal.sigpending())


def natural(text):
    if int(text) < 0:
        raise ValueError(text)
    return int(text)


parser = argparse.ArgumentParser(description="Adds up the values of a batch of orders.")
parser.add_argument("--workers", type=natural, required=True, help="how many workers to wait for")
parser.add_argument("--count", type=natural, required=True, help="how many orders the batch has")
arguments = parser.parse_args()
# Blocked, a signal neither comes between two frames nor is missed just before a wait: the loop asks for it.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)
malformed = log_at = 0

context = zmq.Context()
results = context.socket(zmq.PULL)
results.bind(os.environ.get("VALUZ_RESULTS", "tcp://*:9005"))
control = context.socket(zmq.XPUB)  # a PUB that receives subscriptions
control.xpub_verbose = True
control.bind(os.environ.get("VALUZ_CONTROL", "tcp://*:9006"))
poller = zmq.Poller()
poller.register(results, zmq.POLLIN)
poller.register(control, zmq.POLLIN)
workers, subscriptions = Workers(), collections.Counter()

while not is_stopped() and (len(workers) < arguments.workers or not subscriptions[START]):
    take(None)
if is_stopped():
    context.destroy(linger=0)
    sys.exit()

tally = Tally(arguments.count)
start = [START, struct.pack("<Q", tally.base)]
control.send_multipart(start)
progress = alive = asked = late = time.monotonic()
patience = PATIENCE_S
while not is_stopped() and tally.left:
    seen, now = take(tally), time.monotonic()
    if "new" in seen:
        progress = asked = now
    if "late" in seen:
        late = now
    if seen & {"new", "worker", START}:
        patience = PATIENCE_S
    if seen & {"new", "worker", START, "duplicate"}:
        alive = now
    if now >= min(alive + GIVE_UP_S, progress + 2 * GIVE_UP_S):
        break
    if tally.unnumbered:
        continue  # an order that runs twice would be counted twice
    if START in seen:
        tally.takes_unnumbered = False
        control.send_multipart(start)
    # Results of an earlier batch postpone this a little: orders of this one may wait behind them.
    if subscriptions[REPEAT] and now >= min(max(asked, late) + patience, asked + 4 * patience):
        tally.takes_unnumbered = False
        for numbers in tally.missing():
            control.send_multipart([REPEAT, numbers])
        asked, patience = now, min(2 * patience, PATIENCE_MAX_S)

control.send(EXIT)
deadline = time.monotonic() + EXIT_GRACE_S
peers = len(workers) + bool(subscriptions[REPEAT])  # those that exit at EXIT, some of which may not have subscribed yet
while not is_stopped() and time.monotonic() < deadline and subscriptions[EXIT] < peers:
    if EXIT in take(None):
        control.send(EXIT)
context.destroy(linger=300 if is_stopped() else 2000)

if tally.left:
    why = "stopped" if is_stopped() else "given up"
    sys.exit(f"error: {why}: {tally.left} of {arguments.count} orders are missing")
try:
    print(tally.total())
except OverflowError:
    sys.exit("error: the total is too large for a number")
