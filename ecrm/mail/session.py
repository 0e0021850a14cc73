"""The wire under an SMTP conversation: socket, TLS, replies, greeting, authentication."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from contextlib import suppress
from typing import IO, NamedTuple

from ecrm.mail.relays import Relay, Tls

CONNECT_SECONDS = 15.0
LONGEST_REPLY_LINE = 4096  # RFC 5321 says 512; servers exceed it
MOST_REPLY_LINES = 100

_SERVICE_CLOSING = 421


class ConnectionLost(Exception):
    """The peer is gone, silent or talking nonsense. Nothing more can be said on this socket."""


class ConnectError(Exception):
    """No usable session could be opened; nothing was sent. `code` is the server's, or 0."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class Reply(NamedTuple):
    code: int
    text: bytes


class Session:
    """A connected socket and its replies. Every failure closes it and is `ConnectionLost`."""

    def __init__(self, connected: socket.socket) -> None:
        self.extensions: dict[str, str] = {}
        self.is_closed = False
        self._attach(connected)

    def send(self, octets: bytes) -> None:
        try:
            self._socket.sendall(octets)
        except OSError as error:
            raise self._lost(error) from error

    def reply(self, *, closing_is_final: bool = False) -> Reply:
        """The next reply. A 421 ends the session: it is raised as lost, except as the answer to
        a message's content, where it is an answer like any other (`closing_is_final`)."""
        line = self._line()
        if line[3:4] == b"-":
            line = self._last_line(line)
        try:
            code = int(line[:3])
        except ValueError as error:
            raise self._lost("the server's reply is not SMTP") from error
        if code == _SERVICE_CLOSING:
            self.abandon()
            if not closing_is_final:
                raise ConnectionLost(line.strip().decode("utf-8", "replace"))
        return Reply(code, line[4:].strip())

    def command(self, octets: bytes) -> Reply:
        self.send(octets + b"\r\n")
        return self.reply()

    def hello(self) -> None:
        """EHLO, or HELO where that is unknown; fills `extensions`."""
        name = _own_name(self._socket)
        self.send(b"EHLO %b\r\n" % name)
        lines = self._lines()
        if lines[-1][:1] == b"2":
            offered = (line[4:].strip().decode("ascii", "replace") for line in lines[1:])
            self.extensions = {word.upper(): rest for word, _, rest in (text.partition(" ") for text in offered)}
            return
        self.extensions = {}
        refused = self.command(b"HELO %b" % name)
        if refused.code >= 400:
            raise ConnectError("The server refused our greeting.", refused.code)

    def encrypt(self, host: str) -> None:
        """Wrap the socket. Whatever was read before is forgotten with the old reader, so nothing
        that was injected in clear text is taken for an encrypted reply."""
        try:
            wrapped = ssl.create_default_context().wrap_socket(self._socket, server_hostname=host)
        except (OSError, ssl.SSLError) as error:
            raise self._lost(error) from error
        self.extensions = {}
        self._attach(wrapped)

    def abandon(self) -> None:
        """Close without a word."""
        self.is_closed = True
        with suppress(OSError):
            self._reader.close()
        with suppress(OSError):
            self._socket.close()

    def _attach(self, connected: socket.socket) -> None:
        self._socket = connected
        self._reader: IO[bytes] = connected.makefile("rb")

    def _line(self) -> bytes:
        try:
            line = self._reader.readline(LONGEST_REPLY_LINE)
        except (OSError, ValueError) as error:
            raise self._lost(error) from error
        if not line.endswith(b"\n"):
            raise self._lost("the server closed the connection")
        return line

    def _last_line(self, first: bytes) -> bytes:
        """A reply of several lines as one: its final code, all its words."""
        lines = self._lines(first)
        words = b" ".join(line[4:].strip() for line in lines)
        return lines[-1][:3] + b" " + words

    def _lines(self, first: bytes = b"") -> list[bytes]:
        lines = [first or self._line()]
        while lines[-1][3:4] == b"-":
            if len(lines) >= MOST_REPLY_LINES:
                raise self._lost("the server's reply does not end")
            lines.append(self._line())
        return lines

    def _lost(self, reason: object) -> ConnectionLost:
        self.abandon()
        return ConnectionLost(f"Connection lost: {reason or type(reason).__name__}")


def open_session(relay: Relay) -> Session:
    """Connect, greet, encrypt, authenticate. Raises `ConnectError`."""
    session = None
    try:
        session = Session(_connected(relay))
        if relay.tls is Tls.IMPLICIT:
            session.encrypt(relay.host)
        greeting = session.reply()
        if greeting.code != 220:
            raise ConnectError(greeting.text.decode("utf-8", "replace"), greeting.code)
        session.hello()
        if relay.tls is Tls.STARTTLS:
            _start_tls(session, relay)
        if relay.username:
            _authenticate(session, relay)
    except ConnectionLost as lost:
        raise ConnectError(str(lost)) from lost
    except ConnectError:
        if session is not None:
            session.abandon()
        raise
    return session


def _connected(relay: Relay) -> socket.socket:
    wait = min(relay.timeout, CONNECT_SECONDS)
    try:
        connected = socket.create_connection((relay.host, relay.port), timeout=wait)
    except OSError as error:
        raise ConnectError(f"Cannot reach {relay.host}:{relay.port}: {error}") from error
    connected.settimeout(relay.timeout)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def _start_tls(session: Session, relay: Relay) -> None:
    if "STARTTLS" not in session.extensions:
        raise ConnectError("The relay does not offer STARTTLS, which its URL asks for.")
    ready = session.command(b"STARTTLS")
    if ready.code != 220:
        raise ConnectError("The relay refused STARTTLS.", ready.code)
    session.encrypt(relay.host)
    session.hello()


def _authenticate(session: Session, relay: Relay) -> None:
    methods = session.extensions.get("AUTH", "").upper().split()
    user, password = relay.username.encode(), relay.password.encode()
    if "PLAIN" in methods:
        answer = session.command(b"AUTH PLAIN " + b64encode(b"\0%b\0%b" % (user, password)))
    elif "LOGIN" in methods:
        answer = session.command(b"AUTH LOGIN")
        for secret in (user, password):
            if answer.code == 334:
                answer = session.command(b64encode(secret))
    else:
        raise ConnectError("The relay offers no way of signing in that we know.")
    if answer.code != 235:
        raise ConnectError("The relay refused our sign-in.", answer.code)


def _own_name(connected: socket.socket) -> bytes:
    """Our name in EHLO: the host's if it has a full one, else its address (RFC 5321, 4.1.3)."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name.encode("ascii")
    address = connected.getsockname()[0]
    return f"[IPv6:{address}]".encode() if ":" in address else f"[{address}]".encode()
