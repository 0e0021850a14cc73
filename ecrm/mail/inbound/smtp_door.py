"""The SMTP door: takes mail for our tenants, and says "250" only once it is committed.

It refuses unknown recipients when they are named (RFC 5321, 3.3), so that it never has to send a
bounce, and hangs up on those who go on guessing. It relays nothing and asks for no password: whoever
stands in front (a mail server, the world) may only deliver.
"""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import close_old_connections, connections

from ecrm.mail.inbound import addresses
from ecrm.mail.inbound.keeping import Keeper, Offer
from ecrm.mail.inbound.wire import HungUp, Wire
from ecrm.mail.models import InboundMail

PATIENCE_SECONDS = 300.0  # RFC 5321, 4.5.3.2
GOODBYE_SECONDS = 20.0
MOST_CONNECTIONS = 200
MOST_RECIPIENTS = 100
MOST_REFUSED = 5
MOST_HELD_BYTES = 256 * 1024 * 1024
THREADS = 4
KNOWN_FOR_SECONDS = 2.0
MOST_KNOWN = 10_000
T = TypeVar("T")
_PATH = re.compile(r"(FROM|TO):\s*<([^<>\s]*)>((?: +[A-Z0-9-]+(?:=[^\s=]*)?)*)\s*", re.IGNORECASE)
_SIZE = re.compile(r"\bSIZE=(\d{1,12})\b", re.IGNORECASE)
log = structlog.get_logger(__name__)


class Door:
    """One listening process. Sessions wait on asyncio; the database is asked in a few threads."""

    def __init__(self, *, patience: float = PATIENCE_SECONDS) -> None:
        self.patience = patience
        self.name = socket.gethostname()
        self.is_closing = False
        self.held_bytes = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="smtp-door")
        self._sessions: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._found: dict[str, tuple[float, addresses.Destination]] = {}
        self.keeper = Keeper(self.in_thread)

    async def open(self, host: str, port: int) -> int:
        """Listens; returns the port (a free one for 0)."""
        self._server = await asyncio.start_server(self._meet, host, port, backlog=256)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def close(self) -> None:
        """Takes nobody new, lets those inside finish what they are handing over."""
        self.is_closing = True
        if self._server is not None:
            self._server.close()
        if self._sessions:
            await asyncio.wait(self._sessions, timeout=GOODBYE_SECONDS)
        for session in self._sessions:
            session.cancel()
        await asyncio.to_thread(self._dismiss_threads)

    async def in_thread(self, ask: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _with_connection, ask)

    async def destination(self, recipient: str) -> addresses.Destination | None:
        """As ``addresses.destination``; those that exist are known for a moment."""
        now = time.monotonic()
        known = self._found.get(recipient)
        if known is not None and now - known[0] < KNOWN_FOR_SECONDS:
            return known[1]
        found = await self.in_thread(lambda: addresses.destination(recipient))
        if len(self._found) >= MOST_KNOWN:
            self._found.clear()
        if found is not None:
            self._found[recipient] = now, found
        return found

    def _dismiss_threads(self) -> None:
        """Each closes its own connection: all of them must be at it at once to be reached."""
        together = Barrier(THREADS)

        def leave() -> None:
            together.wait(PATIENCE_SECONDS)
            connections.close_all()

        for _thread in range(THREADS):
            self._threads.submit(leave)
        self._threads.shutdown()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.current_task()
        assert session is not None
        self._sessions.add(session)
        wire = Wire(reader, writer, patience=self.patience)
        try:
            if len(self._sessions) > MOST_CONNECTIONS:
                await wire.say("421 4.3.2 Too many connections, come back later")
            else:
                await Conversation(self, wire).run()
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass  # what was not acknowledged, its sender keeps
        finally:
            self._sessions.discard(session)
            await wire.close()


class Conversation:
    """One client's session."""

    def __init__(self, door: Door, wire: Wire) -> None:
        self._door = door
        self._wire = wire
        self._is_greeted = False
        self._refused = 0
        self._sender: str | None = None
        self._recipients: dict[str, int] = {}  # and whose they are

    async def run(self) -> None:
        await self._wire.say(f"220 {self._door.name} ESMTP eCRM")
        while True:
            verb, _blank, rest = (await self._wire.command()).strip().partition(" ")
            answer = await self._obey(verb.upper(), rest.strip())
            await self._wire.say(*answer)
            if answer[-1].startswith(("221", "421")):
                return

    async def _obey(self, verb: str, rest: str) -> list[str]:
        match verb:
            case "EHLO" | "HELO" | "LHLO":
                return self._greet(verb)
            case "MAIL":
                return [self._from(rest)]
            case "RCPT":
                return [await self._to(rest)]
            case "DATA":
                return [await self._data()]
            case "RSET":
                self._forget()
                return ["250 2.0.0 Forgotten"]
            case "NOOP":
                return ["250 2.0.0 Fine"]
            case "VRFY":
                return ["252 2.1.5 Send, and you will see"]
            case "QUIT":
                return ["221 2.0.0 Bye"]
        self._refused += 1
        return ["421 4.7.0 Enough" if self._refused > MOST_REFUSED else "502 5.5.1 Not understood"]

    def _greet(self, verb: str) -> list[str]:
        self._forget()
        self._is_greeted = True
        if verb == "HELO":
            return [f"250 {self._door.name}"]
        offered = ["PIPELINING", f"SIZE {settings.MAX_MAIL_BYTES}", "8BITMIME", "SMTPUTF8"]
        return [f"250-{self._door.name}", *(f"250-{each}" for each in offered), "250 ENHANCEDSTATUSCODES"]

    def _from(self, rest: str) -> str:
        path = _PATH.fullmatch(rest)
        if not self._is_greeted or self._sender is not None:
            return "503 5.5.1 Not now"
        if path is None or path[1].upper() != "FROM":
            return "501 5.5.4 Write MAIL FROM:<address>"
        size = _SIZE.search(path[3])
        if size and int(size[1]) > settings.MAX_MAIL_BYTES:
            return "552 5.3.4 Too big"
        self._sender = path[2][:254]
        return "250 2.1.0 Ok"

    async def _to(self, rest: str) -> str:
        path = _PATH.fullmatch(rest)
        if self._sender is None:
            return "503 5.5.1 MAIL comes first"
        if path is None or path[1].upper() != "TO" or not path[2]:
            return "501 5.5.4 Write RCPT TO:<address>"
        if len(self._recipients) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        recipient = path[2][:320]
        try:
            found = await self._door.destination(recipient)
        except Exception:
            log.exception("recipient_not_looked_up")
            return "451 4.3.0 Not now, try again"
        if found is None:
            self._refused += 1
            return "421 4.7.0 Enough" if self._refused > MOST_REFUSED else "550 5.1.1 No such mailbox here"
        self._recipients[recipient] = found.tenant_id
        return "250 2.1.5 Ok"

    async def _data(self) -> str:
        if not self._recipients:
            return "503 5.5.1 RCPT comes first"
        if self._door.held_bytes > MOST_HELD_BYTES or self._door.is_closing:
            return "421 4.3.2 Too busy, come back later"
        await self._wire.say("354 End with a line that holds a dot alone")
        content = await self._wire.content(settings.MAX_MAIL_BYTES)
        if content is None:
            self._forget()
            return "552 5.3.4 Too big"
        self._door.held_bytes += len(content)
        try:
            await self._door.keeper.keep(
                Offer(content, self._sender or "", self._recipients, InboundMail.Channel.SMTP.value)
            )
            return "250 2.0.0 Kept"
        except Exception:
            log.exception("mail_not_kept", size=len(content))
            return "451 4.3.0 Not kept, try again"
        finally:
            self._door.held_bytes -= len(content)
            self._forget()

    def _forget(self) -> None:
        self._sender = None
        self._recipients = {}


def _with_connection(ask: Callable[[], T]) -> T:
    close_old_connections()
    return ask()


__all__ = ["Door", "HungUp"]
