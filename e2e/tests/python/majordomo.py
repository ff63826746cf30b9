# SPDX-License-Identifier: MIT OR Apache-2.0
"""Peers of the Majordomo Protocol, written from 7/MDP (version 1) and 18/MDP (version 2) alone:

    majordomo.py client VERSION ENDPOINT SERVICE COUNT    prints the body of each reply as JSON
    majordomo.py worker VERSION ENDPOINT SERVICE NAME     replies with its name and the request
"""

import json
import sys
import time

import zmq

HEARTBEAT_S = 2.5
TIMEOUT_MS = 20_000

role, version, endpoint, service, last = sys.argv[1:]
is_old, service = version == "1", service.encode()
context = zmq.Context()


def client_01(body):
    """A REQ adds and takes off the empty frame."""
    peer.send_multipart([b"MDPC01", service, body])
    header, name, *reply = peer.recv_multipart()
    assert (header, name) == (b"MDPC01", service), (header, name)
    return reply


def client_02(body):
    peer.send_multipart([b"MDPC02", b"\x01", service, body])
    parts = []
    while True:
        header, command, name, *reply = peer.recv_multipart()
        assert (header, name) == (b"MDPC02", service) and command in (b"\x02", b"\x03"), (header, command, name)
        parts += reply
        if command == b"\x03":
            return parts


def work():
    head = [b"", b"MDPW01"] if is_old else [b"MDPW02"]
    final, heartbeat = (b"\x03", b"\x04") if is_old else (b"\x04", b"\x05")
    peer.send_multipart([*head, b"\x01", service])
    beat_at = time.monotonic() + HEARTBEAT_S
    while True:
        if peer.poll(max(0, 1000 * (beat_at - time.monotonic()))):
            message = peer.recv_multipart()
            assert message[:len(head)] == head, message
            command, rest = message[len(head)], message[len(head) + 1:]
            if command == b"\x02":
                address, empty, *body = rest
                assert empty == b"" and body, message
                if not is_old:
                    peer.send_multipart([*head, b"\x03", address, b"", b"half"])
                peer.send_multipart([*head, final, address, b"", last.encode(), *body])
            else:
                assert (command, rest) == (heartbeat, []), message
        if time.monotonic() >= beat_at:
            peer.send_multipart([*head, heartbeat])
            beat_at = time.monotonic() + HEARTBEAT_S


peer = context.socket(zmq.REQ if role == "client" and is_old else zmq.DEALER)
peer.linger, peer.rcvtimeo = 0, TIMEOUT_MS
peer.connect(endpoint)
if role == "worker":
    work()
for number in range(int(last)):
    reply = (client_01 if is_old else client_02)(str(number).encode())
    print(json.dumps([frame.decode() for frame in reply]), flush=True)
