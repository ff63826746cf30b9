# SPDX-License-Identifier: MIT OR Apache-2.0
"""Watches prices (protocol-docs/tickz.md), in bursts from a publisher that knows them.

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
import zmq.utils.monitor

is_symbol = re.compile(rb"[A-Z][A-Z0-9]{1,15}").fullmatch
SINGLE, BURST = b"", b"+"


def drop():
    """Counts a malformed message, and logs the count at most once a second."""
    global malformed, log_at
    malformed += 1
    if time.monotonic() >= log_at:
        log_at = time.monotonic() + 1
        print(malformed, "malformed messages dropped", file=sys.stderr)


def ticks_of(topic, *frames):
    """The form of a message, its symbol, and its ticks: time and price of each. None of a malformed one."""
    form, symbol = (BURST, topic[1:]) if topic.startswith(BURST) else (SINGLE, topic)
    count = 1 if form == BURST else 2
    packed, sequence = b"".join(frames[:count]), frames[count : count + 1]
    sizes = range(16, 4097, 16) if form == BURST else [8]
    if not is_symbol(symbol) or len(frames) < count or any(len(frame) not in sizes for frame in frames[:count]):
        return None
    ticks = list(struct.iter_unpack("<dd", packed))
    are_good = all(math.isfinite(at) and math.isfinite(price) and price > 0 for at, price in ticks)
    # The sequence is the number of the first tick; the last one has one, too.
    is_numbered = all(len(n) == 8 and int.from_bytes(n, "little") + len(ticks) <= 1 << 64 for n in sequence)
    return (form, symbol, ticks) if are_good and is_numbered else None


def want(*forms):
    """Subscribes to all symbols in these forms, and in no others."""
    for form in {SINGLE, BURST}:
        change = {(True, False): prices.subscribe, (False, True): prices.unsubscribe}
        for symbol in symbols if (form in forms) != (form in wanted) else []:
            change[form in forms, form in wanted](form + symbol)
    wanted[:] = forms


def ask():
    """Asks the publisher of a new connection for bursts: there may be another one."""
    global asked_at
    want(BURST, SINGLE)
    last.clear()
    asked_at = None


def take(message):
    """Prints the ticks of a message that have not come before it in the other form."""
    global asked_at
    form, symbol, ticks = ticks_of(*message) or (None, None, [])
    if form is None:
        return drop()
    # The subscription is only a prefix: GO also brings GOOG.
    if symbol not in symbols or form not in wanted:
        return
    if form == BURST:
        want(BURST)
        before, last[symbol] = last.get(symbol), None
        if before in ticks:
            del ticks[: len(ticks) - ticks[::-1].index(before)]
    elif BURST in wanted:
        asked_at = asked_at or time.monotonic()
        if last.setdefault(symbol, ticks[0]) is None:
            return
        last[symbol] = ticks[0]
    for _, price in ticks:
        print(symbol.decode(), price, flush=True)


symbols = sorted({os.fsencode(symbol) for symbol in sys.argv[1:]})
if not symbols or not all(map(is_symbol, symbols)):
    print("usage: watch.py SYMBOL...", file=sys.stderr)
    sys.exit(2)
# Blocked, a signal neither comes between two frames nor is missed just before a wait: the loop asks for it.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)

context = zmq.Context()
prices = context.socket(zmq.SUB)
# Without probes a network that fails silently would be waited for without end.
prices.tcp_keepalive, prices.tcp_keepalive_idle = 1, 5
ends = prices.get_monitor_socket(zmq.EVENT_DISCONNECTED)
wanted, last, malformed, log_at = [], {}, 0, 0
ask()
prices.connect(os.environ.get("TICKZ_TICKS", "tcp://127.0.0.1:9003"))

poller = zmq.Poller()
for socket in (prices, ends):
    poller.register(socket, zmq.POLLIN)
while not stop & signal.sigpending():
    ready = dict(poller.poll(100))
    if prices in ready:
        take(prices.recv_multipart())
    elif ends in ready:
        # All that came before the end is taken.
        zmq.utils.monitor.recv_monitor_message(ends)
        ask()
    if BURST in wanted and SINGLE in wanted and asked_at and time.monotonic() > asked_at + 1:
        # Single ticks, and no burst: the publisher does not know them.
        want(SINGLE)
context.destroy(linger=0)
