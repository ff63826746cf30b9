# SPDX-License-Identifier: MIT OR Apache-2.0
"""Serves a chat room (protocol-docs/chatz.md).

     join                         serve
    ┌─────┐    ada, ada: hi    ┌────────┐
    │ REQ │ ─────────────────▶ │ ROUTER │
    │     │ ◀───────────────── │        │
    └─────┘     ada, bob       │        │
    ┌─────┐                    │        │
    │ SUB │ ◀───────────────── │  PUB   │
    └─────┘      ada: hi       └────────┘
"""

import collections
import os
import signal
import sys
import time

import zmq

SEPARATOR, REFUSAL, LEAVE = b"\x1f", b"\x15", b"\x04"
EXPIRY_S = 5
USERS_MAX = 10_000
WAIT_MS, LINGER_MS = 100, 250


class Refused(Exception):
    """The sentence of a refusal."""


def text_of(field, frame):
    """The text in a part of a request."""
    if not frame:
        raise Refused(f"{field}: empty")
    try:
        return frame.decode()
    except UnicodeDecodeError:
        raise Refused(f"{field}: not UTF-8") from None


def parse(request):
    """User, whether there is a text, version of the roster or None, and whether the user leaves."""
    if not request:
        raise Refused("user: missing")
    user, separator, text = request[0].partition(SEPARATOR)
    name = text_of("user", user)
    if not all(character.isalnum() or character == "_" for character in name):
        raise Refused("user: a character that is not allowed")
    if len(name) > 32:
        raise Refused("user: over 32 characters")
    if separator and SEPARATOR.decode() in text_of("text", text):
        raise Refused("text: a character that is not allowed")
    if len(text) > 4096:
        raise Refused("text: over 4,096 bytes")
    if len(request) > 1 and len(request[1]) != 8:
        raise Refused("roster_version: not 8 bytes")
    version = int.from_bytes(request[1], "little") if len(request) > 1 else None
    return user, bool(separator), version, request[2:3] == [LEAVE]


def drop():
    """Counts a malformed request, and logs the count at most once a second."""
    global malformed, log_at
    malformed += 1
    if time.monotonic() >= log_at:
        log_at = time.monotonic() + 1
        print(malformed, "malformed requests dropped", file=sys.stderr)


class Room:
    """The present users, and the version of their list."""

    def __init__(self):
        self.version = time.time_ns() // 1000  # so a restarted server repeats none
        self.present = collections.OrderedDict()  # when each user expires, the next one first

    def keep(self, user):
        if user not in self.present:
            if len(self.present) >= USERS_MAX:
                raise Refused(f"the room is full: at most {USERS_MAX} users may be present")
            self.version += 1
        self.present[user] = time.monotonic() + EXPIRY_S
        self.present.move_to_end(user)

    def leave(self, user):
        if self.present.pop(user, None):
            self.version += 1

    def expire(self):
        while self.present and next(iter(self.present.values())) <= time.monotonic():
            self.present.popitem(last=False)
            self.version += 1

    def reply(self, version, leaves):
        """The roster, as this version of the request wants it."""
        if version is None:
            return sorted(self.present)
        current = self.version.to_bytes(8, "little")
        return [current] if leaves or version == self.version else [current, *sorted(self.present)]


if len(sys.argv) > 1:
    print("usage: serve.py", file=sys.stderr)
    sys.exit(2)
# Blocked, a signal neither comes between two frames nor is missed just before a wait: the loop asks for it.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)

context = zmq.Context()
requests = context.socket(zmq.ROUTER)
requests.router_handover = True  # a client that reconnects keeps its routing id
requests.bind(os.environ.get("CHATZ_REQUESTS", "tcp://*:9001"))
broadcasts = context.socket(zmq.PUB)
broadcasts.bind(os.environ.get("CHATZ_BROADCASTS", "tcp://*:9002"))

room = Room()
malformed = log_at = 0
while not stop & signal.sigpending():
    is_asked = requests.poll(WAIT_MS)
    room.expire()
    if not is_asked:
        continue
    message = requests.recv_multipart()
    # The envelope ends with the first empty frame after the routing id; it goes back unchanged.
    delimiter = message.index(b"", 1) if b"" in message[1:] else 0
    envelope, request = message[:delimiter + 1], message[delimiter + 1:]
    try:
        if not delimiter:
            raise Refused("delimiter: missing")
        user, says, version, leaves = parse(request)
        room.leave(user) if leaves else room.keep(user)
        reply = room.reply(version, leaves)
        if says:
            broadcasts.send(request[0])
    except Refused as refused:
        drop()
        reply = [REFUSAL + str(refused).encode()]
    requests.send_multipart(envelope + reply)
context.destroy(linger=LINGER_MS)
