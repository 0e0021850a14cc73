"""A mail server that does exactly what a test says, on a real socket."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

GREETING = b"220 scripted ESMTP"
EHLO = (b"scripted", b"PIPELINING", b"8BITMIME")


class Wire:
    """The server's end of one connection. Everything read is kept in `heard`."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.heard: list[bytes] = []
        self._reader = connection.makefile("rb")

    def say(self, *lines: bytes) -> None:
        self.connection.sendall(b"".join(line + b"\r\n" for line in lines))

    def line(self) -> bytes:
        line = self._reader.readline().strip()
        self.heard.append(line)
        return line

    def lines(self, count: int) -> list[bytes]:
        return [self.line() for _ in range(count)]

    def content(self) -> bytes:
        content = b""
        while not content.endswith(b"\r\n.\r\n") and content != b".\r\n":
            line = self._reader.readline()
            if not line:
                break
            content += line
        return content

    def greet(self, extensions: tuple[bytes, ...] = EHLO) -> None:
        self.say(GREETING)
        self.line()
        self.say(*(b"250-" + line for line in extensions[:-1]), b"250 " + extensions[-1])

    def encrypt(self, context: ssl.SSLContext) -> None:
        self._reader.close()
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self._reader = self.connection.makefile("rb")

    def close(self) -> None:
        self._reader.close()
        self.connection.close()


class ScriptedServer:
    """Runs one script per connection, in order; the last one serves all further connections."""

    def __init__(self, *scripts: Callable[[Wire], None]) -> None:
        self._scripts = scripts
        self.wires: list[Wire] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def relay_url(self) -> str:
        return f"smtp://127.0.0.1:{self._socket.getsockname()[1]}?reconcile=log&timeout=5"

    def stop(self) -> None:
        with suppress(OSError):  # stopped before
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            wire = Wire(connection)
            self.wires.append(wire)
            script = self._scripts[min(len(self.wires), len(self._scripts)) - 1]
            try:
                script(wire)
            except OSError:
                pass
            finally:
                wire.close()


def accept_all(wire: Wire) -> None:
    """Takes everything, one command at a time."""
    wire.greet()
    serve_on(wire)


def serve_on(wire: Wire) -> None:
    while line := wire.line():
        if line == b"DATA":
            wire.say(b"354 Go ahead")
            wire.content()
            wire.say(b"250 2.0.0 Taken")
        elif line == b"QUIT":
            wire.say(b"221 Bye")
            return
        else:
            wire.say(b"250 Ok")
