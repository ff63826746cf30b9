"""A program of zmq.asyncio for the test of polyglot/python/observe.py: PUSH to PULL."""

import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "polyglot" / "python"))
from observe import observe  # noqa: E402
import zmq  # noqa: E402
import zmq.asyncio  # noqa: E402


async def main():
    context = zmq.asyncio.Context()
    observe(context, program="pair")
    pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    push.connect(f"tcp://127.0.0.1:{pull.bind_to_random_port('tcp://127.0.0.1')}")
    await push.send_multipart([b"two ", b"frames"])
    await push.send(b"one frame")
    assert await pull.recv_multipart() == [b"two ", b"frames"]
    assert await pull.recv() == b"one frame"
    print("exchanged", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    push.close()
    pull.close()
    context.term()


asyncio.run(main())
