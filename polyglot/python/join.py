# SPDX-License-Identifier: MIT OR Apache-2.0
"""Joins the chat room (protocol-docs/chatz.md): says the lines of standard input, prints what is said.

     join                         serve
    ┌─────┐    ada, ada: hi    ┌────────┐
    │ REQ │ ─────────────────▶ │ ROUTER │
    │     │ ◀───────────────── │        │
    └─────┘     ada, bob       │        │
    ┌─────┐                    │        │
    │ SUB │ ◀───────────────── │  PUB   │
    └─────┘      ada: hi       └────────┘
"""

import os
import secrets
import signal
import sys
import time

import zmq

SEPARATOR, REFUSAL, LEAVE = "\x1f", b"\x15", b"\x04"
NO_ROSTER = bytes(8)
KEEP_ALIVE_S = 2
REPLY_S, REPLY_MAX_S = 2.5, 20
LINGER_MS = 250


def is_user(name):
    return 1 <= len(name) <= 32 and all(character.isalnum() or character == "_" for character in name)


def is_user_frame(frame):
    try:
        return is_user(frame.decode())
    except UnicodeDecodeError:
        return False


def is_text(text):
    return 1 <= len(text.encode()) <= 4096 and SEPARATOR not in text


def shown(text):
    """A text without the characters that would control the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def note(sentence):
    print("chatz:", shown(sentence), file=sys.stderr)


class Server:
    """The REQ of this user. A request without a reply is given up, and the next one goes out on a new connection."""

    def __init__(self):
        self.patience_s = REPLY_S
        self.connect()

    def connect(self):
        self.socket = context.socket(zmq.REQ)
        self.socket.routing_id = b"\x01" + secrets.token_bytes(15)  # no other peer can guess it and take its place
        self.socket.immediate = True  # what is sent goes to a server that is there
        self.socket.connect(os.environ.get("CHATZ_REQUESTS", "tcp://127.0.0.1:9001"))
        self.text = self.give_up_at = None
        self.next_at = 0  # of the next keep-alive

    def is_asked(self):
        return self.give_up_at is not None

    def ask(self, text):
        """Sends a text, or only keeps the user present."""
        self.text, self.give_up_at = text, time.monotonic() + self.patience_s
        self.socket.send_string(user if text is None else user + SEPARATOR + text)

    def take_reply(self):
        """Takes the reply: users, after the version of the roster from some servers, or a refusal."""
        first, *rest = self.socket.recv_multipart()
        is_version = len(first) == 8 and first[7] == 0
        if not is_version and first[:1] == REFUSAL:
            note("refused: " + first[1:].decode(errors="replace") + (f": {self.text}" if self.text else ""))
        elif self.text is not None and not all(map(is_user_frame, rest if is_version else [first, *rest])):
            note(f"malformed reply: it may or may not have been said: {self.text}")
        self.text = self.give_up_at = None
        self.patience_s, self.next_at = REPLY_S, time.monotonic() + KEEP_ALIVE_S

    def give_up(self):
        if self.text is not None:
            note(f"no reply: it may or may not have been said: {self.text}")
        self.socket.close(linger=0)
        self.patience_s = min(2 * self.patience_s, REPLY_MAX_S)
        self.connect()

    def leave(self):
        if not self.is_asked() and self.socket.poll(0, zmq.POLLOUT):
            self.socket.send_multipart([user.encode(), NO_ROSTER, LEAVE])


class Input:
    """The lines of standard input. It is not read while a line waits."""

    def __init__(self):
        self.lines, self.rest, self.ended = [], b"", False

    def read(self):
        data = os.read(0, 65_536)
        *lines, self.rest = (self.rest + data).split(b"\n")
        if not data:
            self.ended, lines = True, [self.rest]
        texts = [line.decode(errors="replace").rstrip("\r") for line in lines]
        self.lines += [text for text in texts if is_text(text)]
        for text in texts:
            if text and not is_text(text):
                note("too long, or with U+001F: " + text[:40])


def drop():
    """Counts a malformed broadcast, and logs the count at most once a second."""
    global malformed, log_at
    malformed += 1
    if time.monotonic() >= log_at:
        log_at = time.monotonic() + 1
        print(malformed, "malformed broadcasts dropped", file=sys.stderr)


def show(broadcast):
    """Prints a broadcast, unless it is malformed."""
    try:
        name, separator, text = broadcast[0].decode().partition(SEPARATOR)
    except UnicodeDecodeError:
        return drop()
    if not (is_user(name) and separator and is_text(text)):
        return drop()
    print(f"{name}: {shown(text)}", flush=True)


user = sys.argv[1] if len(sys.argv) == 2 else ""
if not is_user(user):
    print("usage: join.py NAME    (1 to 32 letters, digits and _)", file=sys.stderr)
    sys.exit(2)


# Blocked, a signal neither comes between two frames nor is missed just before a wait: the loop asks for it.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)
malformed = log_at = 0

context = zmq.Context()
broadcasts = context.socket(zmq.SUB)
broadcasts.subscribe("")  # a name is no topic: "ada" would also match "adam"
broadcasts.connect(os.environ.get("CHATZ_BROADCASTS", "tcp://127.0.0.1:9002"))
server, texts = Server(), Input()
while not stop & signal.sigpending() and (server.is_asked() or texts.lines or not texts.ended):
    now = time.monotonic()
    is_due = bool(texts.lines) or now >= server.next_at
    poller = zmq.Poller()
    poller.register(broadcasts, zmq.POLLIN)
    poller.register(server.socket, zmq.POLLIN if server.is_asked() else zmq.POLLOUT if is_due else 0)
    poller.register(0, zmq.POLLIN if not texts.lines and not texts.ended else 0)
    arrived = dict(poller.poll(100))
    if broadcasts in arrived:
        show(broadcasts.recv_multipart())
    if 0 in arrived:
        texts.read()
    if arrived.get(server.socket) == zmq.POLLOUT:
        server.ask(texts.lines.pop(0) if texts.lines else None)
    elif server.socket in arrived:
        server.take_reply()
    elif server.is_asked() and time.monotonic() >= server.give_up_at:
        server.give_up()
server.leave()
context.destroy(linger=LINGER_MS)
