"""The bytes of one SMTP connection: command lines and contents out of one buffer, in bounded memory."""

from __future__ import annotations

import asyncio

LONGEST_COMMAND = 4_096
CHUNK = 64 * 1024
_END = b"\r\n.\r\n"


class HungUp(ConnectionError):
    """The other side has gone, or says things no mail server says."""


class Wire:
    """Reads with ``patience`` seconds for every read; raises ``HungUp`` or ``TimeoutError``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, patience: float) -> None:
        self._reader = reader
        self._writer = writer
        self._patience = patience
        self._buffer = bytearray()

    @property
    def has_more(self) -> bool:
        """Whether something was sent ahead of our answer."""
        return bool(self._buffer)

    async def command(self) -> str:
        """The next line without its end."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_COMMAND:
                raise HungUp
            await self._fill()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.decode("utf-8", "replace").rstrip("\r")

    async def content(self, limit: int) -> bytes | None:
        """A message's content, its doubled dots undone (RFC 5321, 4.5.2); None when it was above
        ``limit`` bytes. Ends at CRLF . CRLF alone: nobody smuggles a second mail behind a bare LF."""
        start, dropped = 0, 0
        self._buffer[:0] = b"\r\n"  # so that a dot on the first line is like any other
        while (end := self._buffer.find(_END, start)) < 0:
            if len(self._buffer) > limit + len(_END):
                dropped += len(self._buffer)
                del self._buffer[: 1 - len(_END)]
            if dropped > 4 * limit:
                raise HungUp
            start = max(0, len(self._buffer) - len(_END) + 1)
            await self._fill()
        content = bytes(self._buffer[2 : end + 2])
        del self._buffer[: end + len(_END)]
        if dropped or len(content) > limit:
            return None
        undotted = content.replace(b"\r\n..", b"\r\n.")
        return undotted[1:] if undotted.startswith(b"..") else undotted

    async def say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await asyncio.wait_for(self._writer.drain(), self._patience)

    async def close(self) -> None:
        self._writer.close()

    async def _fill(self) -> None:
        chunk = await asyncio.wait_for(self._reader.read(CHUNK), self._patience)
        if not chunk:
            raise HungUp
        self._buffer += chunk
