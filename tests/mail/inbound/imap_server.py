"""An IMAP server of one folder, as much of RFC 3501 as a reader needs."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

USER, PASSWORD, FOLDER = "support@acme.example", "open sesame", "INBOX"


class Mailbox:
    """``mails`` by UID. ``drops_after`` closes the connection once that many mails were fetched."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.validity = 1
        self.next_uid = 1
        self.fetched: list[int] = []
        self.drops_after: int | None = None
        self.orders: list[str] = []

    def deliver(self, raw: bytes) -> int:
        self.mails[self.next_uid] = raw
        self.next_uid += 1
        return self.next_uid - 1

    def make_anew(self) -> None:
        """As after a restore: the same mails, counted from one."""
        self.mails = {number + 1: raw for number, raw in enumerate(self.mails.values())}
        self.validity += 1
        self.next_uid = len(self.mails) + 1


class _Session(socketserver.StreamRequestHandler):
    mailbox: Mailbox

    def handle(self) -> None:
        self._say("* OK ready")
        for line in self.rfile:
            tag, _, order = line.decode().strip().partition(" ")
            self.mailbox.orders.append(order.split(" ")[0].upper())
            if not self._obey(tag, order):
                return

    def _obey(self, tag: str, order: str) -> bool:
        verb = order.upper()
        if verb == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        elif verb.startswith("LOGIN"):
            if order != f'LOGIN {USER} "{PASSWORD}"':
                self._say(f"{tag} NO [AUTHENTICATIONFAILED] refused")
                return True
        elif verb.startswith("EXAMINE"):
            if order != f'EXAMINE "{FOLDER}"':
                self._say(f"{tag} NO no such folder")
                return True
            box = self.mailbox
            self._say(
                f"* {len(box.mails)} EXISTS", f"* OK [UIDVALIDITY {box.validity}] x", f"* OK [UIDNEXT {box.next_uid}] x"
            )
        elif found := re.fullmatch(r"UID SEARCH UID (\d+):\*", order):
            last = max(self.mailbox.mails, default=0)
            uids = [uid for uid in self.mailbox.mails if uid >= int(found[1]) or uid == last]
            self._say("* SEARCH " + " ".join(map(str, uids)))
        elif found := re.fullmatch(r"UID FETCH (\d+) \((RFC822\.SIZE|BODY\.PEEK\[\])\)", order):
            return self._fetch(tag, int(found[1]), found[2])
        elif verb == "LOGOUT":
            self._say("* BYE", f"{tag} OK bye")
            return False
        else:
            self._say(f"{tag} BAD not understood: {order}")
            return True
        self._say(f"{tag} OK done")
        return True

    def _fetch(self, tag: str, uid: int, what: str) -> bool:
        raw = self.mailbox.mails.get(uid)
        if raw is not None and what == "RFC822.SIZE":
            self._say(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(raw)})")
        elif raw is not None:
            if self.mailbox.drops_after is not None and len(self.mailbox.fetched) >= self.mailbox.drops_after:
                return False
            self.mailbox.fetched.append(uid)
            self.wfile.write(f"* 1 FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")
        self._say(f"{tag} OK done")
        return True

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@contextmanager
def serving() -> Iterator[tuple[Mailbox, int]]:
    """The mailbox and the port it is served at."""
    mailbox = Mailbox()
    session = type("Session", (_Session,), {"mailbox": mailbox})
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), session) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield mailbox, server.server_address[1]
        server.shutdown()
