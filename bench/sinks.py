"""Places that take mail as fast as possible and forget it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

BACKLOG = "512"


@contextmanager
def sink() -> Iterator[tuple[int, str]]:
    """A running sink: its port, and what it is. postfix's compiled one where it is installed
    (apt install postfix); else one in Python, which measures itself more than us."""
    port = _free_port()
    compiled = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
    if compiled:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command, name = [compiled, *user, f"127.0.0.1:{port}", BACKLOG], "postfix's smtp-sink"
    else:
        command, name = [sys.executable, "-m", "bench.sinks", str(port)], "a sink in Python (smtp-sink is missing)"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port, name
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int) -> None:
    for _attempt in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("The mail sink does not answer.")


def _serve(port: int) -> None:
    import asyncio

    class Taker(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.buffer, self.in_content = transport, b"", False
            self.transport.write(b"220 sink ESMTP\r\n")

        def data_received(self, octets: bytes) -> None:
            self.buffer += octets
            replies = []
            while reply := self._next():
                replies.append(reply)
            self.transport.write(b"".join(replies))

        def _next(self) -> bytes:
            end = b"\r\n.\r\n" if self.in_content else b"\r\n"
            line, found, rest = self.buffer.partition(end)
            if not found:
                return b""
            self.buffer = rest
            if self.in_content:
                self.in_content = False
                return b"250 2.0.0 Ok\r\n"
            verb = line[:4].upper()
            self.in_content = verb == b"DATA"
            greeting = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
            return {b"EHLO": greeting, b"DATA": b"354 Go on\r\n"}.get(verb, b"250 2.0.0 Ok\r\n")

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Taker, "127.0.0.1", port, backlog=int(BACKLOG))
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
