"""A pyzmq program for the test of polyglot/python/observe.py: PUB to SUB over TCP, DEALER to ROUTER over IPC.

`cast.py FOLDER`, with SUITE_OBSERVE, obeys one command a line and answers each with one line, so that the test always knows what it has done.
It counts its messages itself, as [messages, bytes] sent and received by each socket.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "polyglot" / "python"))
from observe import observe  # noqa: E402
import zmq  # noqa: E402


class Cast:
    def __init__(self, folder):
        self.context = zmq.Context()
        self.reporter = observe(self.context, program="cast", role="everything")
        self.sockets, self.counts = {}, {}
        publisher = self.socket("pub", zmq.PUB)
        self.reporter.name(publisher, "ticks.pub", channel="ticks")
        publisher.sndhwm = 7
        port = publisher.bind_to_random_port("tcp://127.0.0.1")
        subscriber = self.socket("sub", zmq.SUB)
        subscriber.subscribe(b"")
        subscriber.connect(f"tcp://127.0.0.1:{port}")
        self.socket("router", zmq.ROUTER).bind(f"ipc://{folder}/cast.ipc")
        dealer = self.socket("dealer", zmq.DEALER)
        dealer.routing_id = b"dealer"
        dealer.connect(f"ipc://{folder}/cast.ipc")

    def socket(self, name, kind):
        self.counts[name] = [[0, 0], [0, 0]]
        self.sockets[name] = self.context.socket(kind)
        return self.sockets[name]

    def send(self, name, parts, **options):
        self.sockets[name].send_multipart(parts, **options)
        self.count(name, 0, parts)

    def receive(self, name, **options):
        assert self.sockets[name].poll(10_000), f"{name} receives nothing"
        parts = [bytes(part) for part in self.sockets[name].recv_multipart(**options)]
        self.count(name, 1, parts)
        return parts

    def count(self, name, direction, parts):
        self.counts[name][direction][0] += 1
        self.counts[name][direction][1] += sum(map(len, parts))

    def exchange(self):
        """Every way to send and to receive, and a request with its reply."""
        publisher, subscriber = self.sockets["pub"], self.sockets["sub"]
        while not subscriber.poll(5):
            self.send("pub", [b"until", b"subscribed"])
        while subscriber.poll(100):
            self.receive("sub")
        publisher.send(b"one frame")
        self.count("pub", 0, [b"one frame"])
        assert subscriber.recv() == b"one frame"
        self.count("sub", 1, [b"one frame"])
        publisher.send(b"two ", zmq.SNDMORE)
        publisher.send(b"frames", copy=False)
        self.count("pub", 0, [b"two frames"])
        self.receive("sub", copy=False)
        publisher.send_string("text", zmq.NOBLOCK)
        self.count("pub", 0, [b"text"])
        assert subscriber.recv_string() == "text"
        self.count("sub", 1, [b"text"])
        self.send("dealer", [b"", memoryview(b"request")])
        assert self.receive("router") == [b"dealer", b"", b"request"]
        self.send("router", [b"dealer", b"", zmq.Frame(b"reply")], copy=False)
        assert self.receive("dealer", copy=False) == [b"", b"reply"]

    def large(self):
        """Messages beyond both limits of a report."""
        for parts in [b"x"] * 100, [b"head", b"y" * 20_000, b"tail"]:
            self.send("dealer", parts)
            self.receive("router")

    def value(self):
        self.reporter.value("lost", 3, "messages")
        self.reporter.value("rate", float("nan"))
        self.reporter.malformed(self.sockets["sub"])

    def close(self):
        self.sockets["pub"].close()

    def disconnect(self):
        dealer = self.sockets["dealer"]
        dealer.disconnect(dealer.last_endpoint.rstrip(b"\0").decode())

    def poll(self):
        self.sockets["dealer"].poll(0)

    def end(self):
        for socket in self.sockets.values():
            socket.close()
        self.context.term()


cast = Cast(*sys.argv[1:])
for line in sys.stdin:
    getattr(cast, line.strip())()
    print(json.dumps(cast.counts), flush=True)
