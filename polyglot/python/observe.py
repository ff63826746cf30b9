# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes the sockets of a pyzmq program visible to the desk, to `observez` and to any other observer.

    import zmq
    from observe import observe

    context = zmq.Context()
    observe(context, program="prices", role="publish")
    socket = context.socket(zmq.PUB)        # use it as always

Every socket that the context makes from then on is reported to the hub: its endpoints and connections, its counts, the
events of its monitor, and its messages while an observer subscribes to exactly this socket. `protocol-docs/observe.md`
specifies the reports. Without a hub the program runs as before, and the reporter tries to connect up to once a second.

One daemon thread reads a monitor for each socket and reports. It never blocks the program, its queues are bounded, and a
fault in it is logged once and costs reports, not messages. libzmq gives a socket one monitor: a program that opens its
own takes the events away from the reporter. `zmq.proxy` moves messages inside libzmq, so those are not counted.
Contexts of `zmq.asyncio` are observed as well; those of `zmq.green` are not.

This file needs Python 3.9 and pyzmq 22, and nothing else. Copy it.
"""

import atexit
import collections
import errno
import itertools
import json
import logging
import math
import os
import re
import secrets
import socket as sockets
import struct
import sys
import threading
import time

import zmq

__all__ = ["Reporter", "observe"]

FRAME_BYTES_MAX = 1 << 20
SOCKETS_MAX, CONNECTIONS_MAX, ENDPOINTS_MAX, VALUES_MAX = 64, 1024, 16, 64
CONTENT_FRAMES_MAX, CONTENT_BYTES_MAX = 64, 16 * 1024
LABEL_BYTES_MAX, NAME_BYTES_MAX = 256, 64
MESSAGES_PER_S, EVENTS_PER_S = 200, 1000
SUBSCRIPTIONS_MAX = 1024
ENDED_MAX, ENDED_S = 16, 3.0  # connections that ended, and how long they are still reported
CHECK_S = 1.0  # between two checks whether the system still has the connections

SNDMORE = int(zmq.SNDMORE)
TYPES = "PAIR PUB SUB REQ REP DEALER ROUTER PULL PUSH XPUB XSUB STREAM".split()
TYPE_NAMES = {int(getattr(zmq, name)): name for name in TYPES}
EVENT_NAMES = {
    0x0001: "CONNECTED", 0x0002: "CONNECT_DELAYED", 0x0004: "CONNECT_RETRIED", 0x0008: "LISTENING",
    0x0010: "BIND_FAILED", 0x0020: "ACCEPTED", 0x0040: "ACCEPT_FAILED", 0x0080: "CLOSED", 0x0100: "CLOSE_FAILED",
    0x0200: "DISCONNECTED", 0x0400: "MONITOR_STOPPED", 0x0800: "HANDSHAKE_FAILED_NO_DETAIL",
    0x1000: "HANDSHAKE_SUCCEEDED", 0x2000: "HANDSHAKE_FAILED_PROTOCOL", 0x4000: "HANDSHAKE_FAILED_AUTH",
}


HUB = "tcp://127.0.0.1:9007"


def observe(context, program=None, role="", hub=None):
    """Reports every socket that `context` makes from now on to the hub at this address. Returns the `Reporter`.

    Without an address it is the one in the environment variable SUITE_OBSERVE, or else that of this machine's hub. `off`
    stands for none: then nothing is reported.
    """
    made = context._socket_class
    if issubclass(made, _Observed):
        return made.reporter
    reporter = Reporter(context, program or _program(), role, hub or os.environ.get("SUITE_OBSERVE") or HUB)
    mixin = _ObservedAsync if hasattr(made, "_add_recv_event") else _Observed
    context._socket_class = type(made.__name__, (mixin, made), {"reporter": reporter})
    return reporter


class Reporter:
    """Reports the sockets of one context, on its own thread."""

    def __init__(self, context, program, role, hub):
        self._process = secrets.token_hex(8)
        self._state = {
            "process": self._process, "program": _label(program), "role": _label(role), "language": "python",
            "pid": os.getpid(), "host": _label(sockets.gethostname()), "startedMs": time.time() * 1000,
        }
        # A shadow: `destroy` of the program's context must not close the monitors, which belong to the thread.
        self._monitors = zmq.Context.shadow(context.underlying)
        self._own = zmq.Context()
        self._hub = hub
        self._watches = []  # the program's threads append, the reporter's thread removes
        self._lock = threading.Lock()
        self._addresses = itertools.count()
        self._values = {}
        self._warned = False
        self._bell, self._rung = sockets.socketpair()
        self._bell.setblocking(False)
        self._rung.setblocking(False)
        self._topics = set()
        self._state_number = self._event_number = 0
        self._state_at, self._changed, self._reported = 0.0, True, None
        self._event_budget = _Budget(EVENTS_PER_S)
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="observe", daemon=True)
        if hub != "off":
            self._thread.start()
            atexit.register(self._end)

    def value(self, name, value, unit=None):
        """Reports a number that the program wants seen, such as `value("lost", 3, "messages")`; None: no number now."""
        number = float(value) if value is not None and abs(value) < float("inf") else None
        if name in self._values or len(self._values) < VALUES_MAX:
            self._values[name] = {"name": _label(name), "value": number}
            if unit is not None:
                self._values[name]["unit"] = _label(unit)

    def name(self, socket, name, channel=None):
        """Names a socket, before it is used; without a name it is called after its type. A channel is optional."""
        watch = socket._watch
        if watch is not None:
            with self._lock:
                watch.name = self._unique(name)
            watch.channel = channel
            self._ring(changed=True)

    def malformed(self, socket):
        """Counts a malformed message that `socket` has received."""
        if socket._watch is not None:
            socket._watch.malformed += 1

    # Called by the program's threads.

    def _watch(self, socket):
        """Starts to watch a new socket. The monitor is connected before the socket can have an event: libzmq would wait."""
        if self._hub == "off":
            return None
        kind = TYPE_NAMES.get(int(socket.get(zmq.TYPE)), "UNKNOWN")
        address = f"inproc://observe.{self._process}.{next(self._addresses)}"
        monitor = zmq.Socket(self._monitors, zmq.PAIR)
        monitor.linger = 0
        monitor.rcvhwm = 10_000
        socket.monitor(address, zmq.EVENT_ALL)
        monitor.connect(address)
        with self._lock:
            watch = _Watch(self, self._unique(kind.lower()), kind, monitor)
            self._watches.append(watch)
        self._ring(changed=True)
        return watch

    def _unique(self, name):
        name = re.sub(r"[^a-z0-9._-]", "-", name.lower())[:NAME_BYTES_MAX] or "socket"
        taken = {watch.name for watch in self._watches}
        suffixed = (f"{name[:NAME_BYTES_MAX - 6]}-{number}" for number in itertools.count(2))
        return next(free for free in itertools.chain([name], suffixed) if free not in taken)

    def _ring(self, changed=False):
        """Wakes the thread. If the bell cannot be rung, the thread is going to wake anyway, or has ended."""
        self._changed = self._changed or changed
        try:
            self._bell.send(b"\0")
        except OSError:
            pass

    def _end(self):
        """At the end of the program: a last state, for which it waits no longer than an eighth of a second."""
        self._ending = True
        self._ring()
        self._thread.join(0.125)

    def _fault(self):
        if not self._warned:
            self._warned = True
            logging.getLogger("observe").warning("a fault in the reporter; reports may be incomplete", exc_info=True)

    # On the reporter's thread.

    def _run(self):
        try:
            self._out = self._own.socket(zmq.XPUB)
            for option, value in (
                (zmq.LINGER, 0), (zmq.IMMEDIATE, 1), (zmq.XPUB_VERBOSER, 1), (zmq.SNDHWM, 1000), (zmq.RCVHWM, 1000),
                (zmq.RECONNECT_IVL, 100), (zmq.RECONNECT_IVL_MAX, 1000), (zmq.MAXMSGSIZE, 4096),
            ):
                self._out.setsockopt(option, value)
            self._out.connect(self._hub)
        except Exception:
            self._out = None
            self._fault()
        while self._turn():
            pass
        self._forget()
        if self._out is not None:
            self._out.close(100)
        self._own.term()
        self._bell.close()
        self._rung.close()

    def _forget(self):
        """Closes all monitors. The program has closed its sockets and waits for this, if it closes its context."""
        for watch in self._watches:
            watch.monitor.close(0)
        self._watches, self._changed = [], True

    def _turn(self):
        """Waits, reads and reports once. Monitors are read whatever happens: libzmq waits for a reader when one is full."""
        try:
            poller = zmq.Poller()
            poller.register(self._rung.fileno(), zmq.POLLIN)
            if self._out is not None:
                poller.register(self._out, zmq.POLLIN)
            watches = {watch.monitor: watch for watch in list(self._watches)}
            for monitor in watches:
                poller.register(monitor, zmq.POLLIN)
            ready = dict(poller.poll(self._wait_ms()))
        except zmq.ContextTerminated:
            self._forget()
            return True
        except zmq.ZMQError as error:
            if error.errno != errno.EINTR:
                self._fault()
                time.sleep(0.1)
            return True
        try:
            if self._rung.fileno() in ready:
                self._rung.recv(4096)
            for monitor in ready:
                if monitor in watches:
                    self._read(watches[monitor])
            if self._out is not None:
                self._report()
        except zmq.ContextTerminated:
            self._forget()
        except Exception:
            self._fault()
        return not self._ending

    def _read(self, watch):
        for _ in range(200):
            try:
                event, endpoint = watch.monitor.recv_multipart(zmq.NOBLOCK)[:2]
            except zmq.Again:
                return
            number, value = struct.unpack("=HI", event)
            name = EVENT_NAMES.get(number, f"UNKNOWN({number:#06x})")
            happened = {
                "number": self._event_number, "timeMs": time.time() * 1000, "event": name, "value": value,
                "endpoint": _label(endpoint),
            }
            self._event_number += 1
            self._changed = True
            watch.happened(happened)
            self._publish(f"event/{self._process}/{watch.name}", happened, budget=self._event_budget)
            if name == "MONITOR_STOPPED":
                watch.monitor.close(0)
                with self._lock:
                    self._watches.remove(watch)
                return

    def _report(self):
        self._read_subscriptions()
        for watch in list(self._watches):
            while watch.messages:
                header, content = watch.messages.popleft()
                if watch.tapped:
                    self._publish(f"message/{self._process}/{watch.name}", header, content)
        if self._ending or self._wait_ms() == 0:
            self._state_at, self._changed, self._reported = time.monotonic(), False, self._numbers()
            self._publish_state()

    def _read_subscriptions(self):
        while True:
            try:
                message = self._out.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            subscribes, topic = message[0][:1] == b"\1", message[0][1:].decode("ascii", "replace")
            if not subscribes:
                self._topics.discard(topic)
            elif len(self._topics) < SUBSCRIPTIONS_MAX:
                self._topics.add(topic)
                if self._state_topic().startswith(topic):
                    self._state_at = 0.0
        for watch in list(self._watches):
            watch.tapped = f"message/{self._process}/{watch.name}" in self._topics

    def _state_topic(self):
        return f"state/{self._process}"

    def _wanted(self, topic):
        return any(topic.startswith(subscribed) for subscribed in self._topics)

    def _numbers(self):
        """Everything that may change without an event."""
        counts = [(watch.sent.messages, watch.received.messages, watch.malformed) for watch in list(self._watches)]
        return counts, [value["value"] for value in list(self._values.values())]

    def _wait_ms(self):
        """Until the next state is due; None if it is not subscribed to."""
        if self._out is None or not self._wanted(self._state_topic()):
            return None
        since = time.monotonic() - self._state_at
        if self._changed:
            due = 0.1
        elif since < 0.5 or self._numbers() != self._reported:
            due = 0.5
        else:
            due = 1.0
        return max(0, math.ceil((due - since) * 1000))

    def _publish_state(self):
        watches = list(self._watches)
        state = dict(self._state, timeMs=time.time() * 1000, number=self._state_number, events=self._event_number)
        state["values"] = list(self._values.values())
        if self._ending:
            state["ended"] = True
        self._state_number += 1
        for sockets_max, connections_max in (64, 1024), (64, 256), (64, 64), (64, 16), (64, 0), (8, 0), (0, 0):
            state["sockets"] = [watch.state(connections_max) for watch in watches[:sockets_max]]
            state["moreSockets"] = max(0, len(watches) - sockets_max)
            if self._publish(self._state_topic(), state):
                return

    def _publish(self, topic, body, content=(), budget=None):
        """Sends a report if it is subscribed to; returns False if it is too large."""
        if self._out is None or not self._wanted(topic) or (budget is not None and not budget.spend()):
            return True
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        if len(text) > FRAME_BYTES_MAX:
            return False
        try:
            self._out.send_multipart([topic.encode(), text, *content], zmq.NOBLOCK)
        except zmq.Again:
            pass
        return True


class _Observed:
    """Mixed into the socket class of an observed context: counts messages and notes endpoints."""

    reporter = None
    _watch = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self._shadow:
            try:
                self._watch = self.reporter._watch(self)
            except Exception:
                self.reporter._fault()

    def bind(self, addr):
        result = super().bind(addr)
        self._attached("bind", addr)
        return result

    def connect(self, addr):
        result = super().connect(addr)
        self._attached("connect", addr)
        return result

    def unbind(self, addr):
        super().unbind(addr)
        self._attached("unbind", addr)

    def disconnect(self, addr):
        super().disconnect(addr)
        self._attached("disconnect", addr)

    def send(self, data, flags=0, *args, **kwargs):
        result = super().send(data, flags, *args, **kwargs)
        self._count("sent", data, int(flags) & SNDMORE)
        return result

    def recv(self, *args, **kwargs):
        data = super().recv(*args, **kwargs)
        self._count("received", data, self.get(zmq.RCVMORE))
        return data

    if hasattr(zmq.Socket, "recv_into"):

        def recv_into(self, buffer, /, **kwargs):
            size = super().recv_into(buffer, **kwargs)
            self._count("received", memoryview(buffer).cast("B")[:size], self.get(zmq.RCVMORE))
            return size

    def _attached(self, how, address):
        if self._watch is not None:
            try:
                self._watch.attached(how, address, self)
                self.reporter._ring(changed=True)
            except Exception:
                self.reporter._fault()

    def _count(self, direction, frame, more):
        if self._watch is not None:
            try:
                self._watch.count(direction, frame, more)
            except Exception:
                self.reporter._fault()


class _ObservedAsync(_Observed):
    """For `zmq.asyncio`, whose sockets send and receive on a shadow, so that each call is counted when it is done."""

    def send(self, data, flags=0, *args, **kwargs):
        future = super(_Observed, self).send(data, flags, *args, **kwargs)
        return _then(future, lambda _: self._count("sent", data, int(flags) & SNDMORE))

    def send_multipart(self, msg_parts, flags=0, *args, **kwargs):
        parts = list(msg_parts)
        future = super(_Observed, self).send_multipart(parts, flags, *args, **kwargs)
        return _then(future, lambda _: self._count_all("sent", parts))

    def recv(self, *args, **kwargs):
        future = super(_Observed, self).recv(*args, **kwargs)
        return _then(future, lambda data: self._count("received", data, self.get(zmq.RCVMORE)))

    def recv_multipart(self, *args, **kwargs):
        future = super(_Observed, self).recv_multipart(*args, **kwargs)
        return _then(future, lambda parts: self._count_all("received", parts))

    def _count_all(self, direction, parts):
        for left, part in zip(range(len(parts) - 1, -1, -1), parts):
            self._count(direction, part, left)


def _then(future, note):
    future.add_done_callback(lambda done: done.cancelled() or done.exception() or note(done.result()))
    return future


class _Watch:
    """One socket. The thread that uses it counts; the reporter's thread follows its monitor."""

    def __init__(self, reporter, name, kind, monitor):
        self.reporter, self.name, self.kind, self.monitor = reporter, name, kind, monitor
        self.channel = None
        self.tapped = False
        self.sent, self.received, self.malformed = _Traffic(), _Traffic(), 0
        self.queues = (1000, 1000)
        self.messages = collections.deque()
        self.number, self.budget = 0, _Budget(MESSAGES_PER_S)
        self.listeners, self.silent, self.connected = {}, [], []
        self.connections = {}  # by file descriptor, or by endpoint while there is none
        self.ended, self.checked = collections.deque(maxlen=ENDED_MAX), 0.0

    def attached(self, how, address, socket):
        """bind, connect and their opposites. `silent` has what no monitor reports, such as inproc."""
        address = address.decode() if isinstance(address, bytes) else address
        silent = not address.startswith(("tcp:", "ipc:"))
        # A high-water mark applies to what is bound or connected after it was set.
        self.queues = (socket.get(zmq.SNDHWM), socket.get(zmq.RCVHWM))
        if how == "bind" and silent:
            self.silent.append(address)
        elif how == "unbind" and address in self.silent:
            self.silent.remove(address)
        elif how == "connect":
            self.connected.append(address)
            if silent:
                self.connections[address] = _connection(address, "up")
        elif how == "disconnect" and address in self.connected:
            self.connected.remove(address)
            self.connections.pop(address, None)

    def count(self, direction, frame, more):
        side = self.sent if direction == "sent" else self.received
        side.frame(frame, self)
        if more:
            return
        frames, size, content = side.end()
        if content is None:
            return
        number, self.number = self.number, self.number + 1
        if len(self.messages) < MESSAGES_PER_S and self.budget.spend():
            header = {
                "number": number, "timeMs": time.time() * 1000, "direction": direction, "frames": frames, "bytes": size,
                "cut": len(content) < frames or sum(map(len, content)) < size,
            }
            self.messages.append((header, content))
            self.reporter._ring()

    def happened(self, event):
        """Follows one event, and adds the addresses of the connection to it."""
        name, value, endpoint = event["event"], event["value"], event["endpoint"]
        if name == "LISTENING":
            self.listeners[value] = endpoint
        elif name in ("CONNECT_DELAYED", "CONNECT_RETRIED"):
            before = self.connections.get(endpoint, {})
            phase = "connecting" if name == "CONNECT_DELAYED" else "retrying"
            attempt = dict(_connection(endpoint, phase), attempts=before.get("attempts", 0) + (phase == "connecting"))
            if phase == "retrying":
                attempt["retryMs"] = value
            self.connections[endpoint] = attempt
        elif name in ("CONNECTED", "ACCEPTED"):
            if name == "CONNECTED":
                self.connections.pop(endpoint, None)
            phase = "up" if self.kind == "STREAM" else "handshake"  # plain TCP has no handshake
            connection = dict(_connection(endpoint, phase), id=value, **_at(value))
            event.update(_addresses_in(connection))
            self.connections[value] = connection
        elif name.startswith("HANDSHAKE_"):
            connection = self._in_handshake(endpoint)
            if connection is not None:
                event.update(_addresses_in(connection))
                _enter(connection, "up" if name == "HANDSHAKE_SUCCEEDED" else "refused")
                if name != "HANDSHAKE_SUCCEEDED":
                    connection["reason"] = f"{name[len('HANDSHAKE_'):].replace('_', ' ').lower()} ({value:#x})"
        elif name in ("DISCONNECTED", "CLOSED"):
            self.listeners.pop(value, None)
            event.update(self._end(value))

    def _end(self, descriptor):
        """Ends a connection, if there is one of this descriptor, and returns its addresses."""
        connection = self.connections.pop(descriptor, None)
        if connection is None:
            return {}
        connection.pop("id")
        if connection["phase"] != "refused":
            _enter(connection, "closed")
        if connection["endpoint"] in self.connected:
            self.connections[connection["endpoint"]] = connection  # libzmq tries again, or has given up
        else:
            self.ended.append((time.monotonic(), connection))
        return _addresses_in(connection)

    def _check(self):
        """Ends connections that the system no longer has: libzmq reports none that `disconnect` or `unbind` closes."""
        now = time.monotonic()
        if now - self.checked >= CHECK_S:
            self.checked = now
            for descriptor, connection in list(self.connections.items()):
                if "id" in connection and _addresses_in(_at(descriptor)) != _addresses_in(connection):
                    self._end(descriptor)

    def _in_handshake(self, endpoint):
        """The event names no connection: it is the oldest one of this endpoint, which may be the address it came in by."""
        waiting = [other for other in self.connections.values() if other["phase"] == "handshake"]
        return next((other for other in waiting if endpoint in (other["endpoint"], other.get("local"))), None)

    def state(self, connections_max):
        self._check()
        recent = time.monotonic() - ENDED_S
        connections = list(self.connections.values()) + [ended for at, ended in list(self.ended) if at > recent]
        state = {
            "name": self.name, "type": self.kind,
            "bound": [_label(bound) for bound in [*self.listeners.values(), *self.silent][:ENDPOINTS_MAX]],
            "connected": [_label(connected) for connected in self.connected[:ENDPOINTS_MAX]],
            "sendQueue": self.queues[0], "receiveQueue": self.queues[1],
            "sent": self.sent.state(), "received": self.received.state(), "malformed": self.malformed,
            "connections": connections[:connections_max],
            "moreConnections": max(0, len(connections) - connections_max),
        }
        if self.channel is not None:
            state["channel"] = _label(self.channel)
        return state


class _Traffic:
    """Messages in one direction, and the frames of one that is not complete."""

    def __init__(self):
        self.messages = self.bytes = 0
        self.frames, self.size, self.content = 0, 0, None

    def frame(self, data, watch):
        size = len(data) if type(data) is bytes else memoryview(data).nbytes
        if self.frames == 0:
            self.content = [] if watch.tapped else None
            self.room = CONTENT_BYTES_MAX
        self.frames += 1
        self.size += size
        if self.content is not None and self.frames <= CONTENT_FRAMES_MAX and (self.room or not size):
            self.content.append(bytes(memoryview(data).cast("B")[: self.room]))
            self.room -= len(self.content[-1])

    def end(self):
        self.messages += 1
        self.bytes += self.size
        whole = (self.frames, self.size, self.content)
        self.frames, self.size, self.content = 0, 0, None
        return whole

    def state(self):
        return {"messages": self.messages, "bytes": self.bytes}


class _Budget:
    """At most so many a second."""

    def __init__(self, per_s):
        self.per_s, self.since, self.spent = per_s, 0.0, 0

    def spend(self):
        now = time.monotonic()
        if now - self.since >= 1.0:
            self.since, self.spent = now, 0
        self.spent += 1
        return self.spent <= self.per_s


def _connection(endpoint, phase):
    return {"endpoint": _label(endpoint), "phase": phase, "sinceMs": time.time() * 1000}


def _enter(connection, phase):
    if connection["phase"] != phase:
        connection["phase"], connection["sinceMs"] = phase, time.time() * 1000


def _addresses_in(connection):
    return {key: connection[key] for key in ("local", "remote") if key in connection}


def _at(descriptor):
    """What the system knows about a connection. The descriptor may be closed or in use again by now."""
    known = {}
    try:
        with sockets.socket(fileno=os.dup(descriptor)) as connection:
            for key, name in ("local", connection.getsockname), ("remote", connection.getpeername):
                address = _address(connection.family, name())
                if address:
                    known[key] = _label(address)
            if connection.family == sockets.AF_UNIX and hasattr(sockets, "SO_PEERCRED"):
                known["peerPid"], _, _ = struct.unpack("3i", connection.getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, 12))
    except OSError:
        pass
    return known


def _address(family, name):
    if family == sockets.AF_INET:
        return f"tcp://{name[0]}:{name[1]}"
    if family == sockets.AF_INET6:
        host = name[0].split("%")[0]
        return f"tcp://{host[7:]}:{name[1]}" if host.startswith("::ffff:") else f"tcp://[{host}]:{name[1]}"
    name = os.fsdecode(name).replace("\0", "@", 1)
    return name and f"ipc://{name}"


def _label(text):
    """A text of at most 256 bytes, cut at the end of a character."""
    encoded = text if isinstance(text, bytes) else str(text).encode("utf-8", "replace")
    return encoded.decode("utf-8", "replace").encode()[:LABEL_BYTES_MAX].decode("utf-8", "ignore")


def _program():
    return os.path.splitext(os.path.basename(sys.argv[0] or "python"))[0] or "python"
