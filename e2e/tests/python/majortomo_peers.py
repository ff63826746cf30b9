# SPDX-License-Identifier: MIT OR Apache-2.0
"""Peers made by the package majortomo, which speaks its own dialect:

    majortomo_peers.py client ENDPOINT SERVICE PART    prints the replies as JSON
    majortomo_peers.py worker ENDPOINT SERVICE         replies in two parts
"""

import json
import sys

from majortomo import Client, Worker

role, endpoint, service, *part = sys.argv[1:]
if role == "worker":
    worker = Worker(endpoint, service)
    worker.connect()
    while True:
        address, body = worker.wait_for_request()
        worker.send_reply_partial(address, [b"half"])
        worker.send_reply_final(address, [b"all of", *body])
client = Client(endpoint)
client.connect()
client.send(service.encode(), part[0].encode())
print(json.dumps([frame.decode() for reply in client.recv_all(timeout=20) for frame in reply]))
