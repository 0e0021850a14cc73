"""The catcher's SMTP side: small, quick, and it records before it acknowledges."""

from __future__ import annotations

import asyncio
import re
from asyncio import AbstractServer, BaseTransport, Protocol, Transport

from ecrm.mail.catcher.rules import Faults, answer
from ecrm.mail.catcher.store import DEFERRED, REJECTED, Store

LARGEST_MESSAGE = 25 * 1024 * 1024
LONGEST_LINE = 8192
MOST_RECIPIENTS = 100

_PATH = re.compile(rb"(?:from|to):\s*<([^<>]*)>", re.IGNORECASE)
_END_OF_DATA = b"\r\n.\r\n"


async def serve(port: int, store: Store, faults: Faults | None = None) -> AbstractServer:
    """Listen on a loopback port."""
    loop = asyncio.get_running_loop()
    rules = faults or Faults()
    return await loop.create_server(lambda: Conversation(store, rules), "127.0.0.1", port, backlog=256)


class Conversation(Protocol):
    """One client. Commands and content are read from one buffer, so pipelining comes free."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._transport: Transport
        self._buffer = bytearray()
        self._replies: list[bytes] = []
        self._scanned = 0
        self._in_content = False
        self._waiting = False
        self._sender: str | None = None
        self._recipients: list[str] = []

    def connection_made(self, transport: BaseTransport) -> None:
        assert isinstance(transport, Transport)
        self._transport = transport
        self._transport.write(b"220 catcher.localhost ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._read_on()

    def _read_on(self) -> None:
        """Work through the buffer; answer together what was asked together (RFC 2920, 3.2)."""
        while not self._waiting and not self._transport.is_closing():
            if not (self._take_content() if self._in_content else self._take_command()):
                break
        self._flush()

    # Commands

    def _take_command(self) -> bool:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > LONGEST_LINE:
                self._hang_up(b"500 5.5.2 Line too long")
            return False
        line = bytes(self._buffer[:end]).strip()
        del self._buffer[: end + 1]
        verb, _, rest = line.partition(b" ")
        self._obey(verb.upper(), rest)
        return True

    def _obey(self, verb: bytes, rest: bytes) -> None:
        match verb:
            case b"MAIL":
                self._say(self._mail(rest))
            case b"RCPT":
                self._say(self._recipient(rest))
            case b"DATA":
                self._say(self._data())
            case b"EHLO" | b"HELO":
                self._greet(verb)
            case b"RSET":
                self._forget()
                self._say(b"250 2.0.0 Ok")
            case b"NOOP":
                self._say(b"250 2.0.0 Ok")
            case b"VRFY":
                self._say(b"252 2.1.5 Send and see")
            case b"QUIT":
                self._hang_up(b"221 2.0.0 Bye")
            case _:
                self._say(b"502 5.5.1 Unknown command")

    def _greet(self, verb: bytes) -> None:
        self._forget()
        if verb == b"HELO":
            return self._say(b"250 catcher.localhost")
        offered = [b"8BITMIME", b"SMTPUTF8", b"ENHANCEDSTATUSCODES", b"SIZE %d" % LARGEST_MESSAGE]
        if self._faults.pipelining:
            offered.insert(0, b"PIPELINING")
        lines = [b"catcher.localhost", *offered]
        for line in lines[:-1]:
            self._say(b"250-" + line)
        return self._say(b"250 " + lines[-1])

    def _mail(self, rest: bytes) -> bytes:
        path = _PATH.match(rest)
        if path is None:
            return b"501 5.5.4 Write MAIL FROM:<address>"
        if self._sender is not None:
            return b"503 5.5.1 Nested MAIL command"
        self._sender = path.group(1).decode("utf-8", "replace")
        return b"250 2.1.0 Ok"

    def _recipient(self, rest: bytes) -> bytes:
        path = _PATH.match(rest)
        if self._sender is None:
            return b"503 5.5.1 MAIL comes first"
        if path is None or not path.group(1):
            return b"501 5.5.4 Write RCPT TO:<address>"
        if len(self._recipients) >= MOST_RECIPIENTS:
            return b"452 4.5.3 Too many recipients"
        recipient = path.group(1).decode("utf-8", "replace")
        reply = self._judge(recipient)
        if reply.startswith(b"250"):
            self._recipients.append(recipient)
        else:
            self._store.refuse(recipient, DEFERRED if reply.startswith(b"4") else REJECTED)
        return reply

    def _judge(self, recipient: str) -> bytes:
        if self._faults.strikes(self._faults.defer):
            return b"451 4.3.0 Put off at random"
        reply = answer(recipient, deferrals=0)
        if reply.startswith(b"4"):
            reply = answer(recipient, deferrals=self._store.deferrals(recipient))
        return reply

    def _data(self) -> bytes:
        if not self._recipients:
            return b"554 5.5.1 No valid recipients"
        self._in_content = True
        self._scanned = 0
        return b"354 End with a line that holds a dot"

    # Content

    def _take_content(self) -> bool:
        content = self._content()
        if content is None:
            if len(self._buffer) > LARGEST_MESSAGE:
                self._hang_up(b"552 5.3.4 Message too big")
            return False
        self._in_content = False
        if self._faults.strikes(self._faults.lose):
            self._transport.abort()
            return False
        self._store.accept(self._sender or "", self._recipients, content)
        if self._faults.strikes(self._faults.drop_after_data):
            self._flush()
            self._transport.abort()
            return False
        self._forget()
        self._acknowledge()
        return True

    def _content(self) -> bytes | None:
        """The content once it is complete, its doubled dots undone (RFC 5321, 4.5.2)."""
        if self._buffer.startswith(b".\r\n"):
            del self._buffer[:3]
            return b""
        end = self._buffer.find(_END_OF_DATA, max(0, self._scanned - len(_END_OF_DATA)))
        if end < 0:
            self._scanned = len(self._buffer)
            return None
        content = bytes(self._buffer[: end + 2])
        del self._buffer[: end + len(_END_OF_DATA)]
        content = content.replace(b"\r\n..", b"\r\n.")
        return content[1:] if content.startswith(b"..") else content

    def _acknowledge(self) -> None:
        accepted = b"250 2.0.0 Ok, kept"
        if not self._faults.slow_seconds:
            return self._say(accepted)
        self._waiting = True
        asyncio.get_running_loop().call_later(self._faults.slow_seconds, self._acknowledge_late, accepted)
        return None

    def _acknowledge_late(self, reply: bytes) -> None:
        self._waiting = False
        self._say(reply)
        self._read_on()

    # Replies

    def _say(self, reply: bytes) -> None:
        self._replies.append(reply)

    def _flush(self) -> None:
        if self._replies and not self._transport.is_closing():
            self._transport.write(b"\r\n".join((*self._replies, b"")))
        self._replies.clear()

    def _hang_up(self, reply: bytes) -> None:
        self._say(reply)
        self._flush()
        self._transport.close()

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []
