"""A kept SMTP connection that pipelines one message into the next (RFC 5321, RFC 2920).

The end of a message travels together with MAIL, RCPT and DATA of the one after it, so a message
costs one round trip. Where the server does not offer PIPELINING the same steps are taken one by
one. What matters more than speed: at any instant at most one message is in doubt, because the
content of a message is only sent once the one before it has been answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

from ecrm.mail.addresses import unsafe_in_envelope
from ecrm.mail.handover import Kind, Outcome, Outgoing
from ecrm.mail.relays import Relay
from ecrm.mail.session import ConnectionLost, Reply, Session, open_session

IDLE_SECONDS = 10.0  # after this long a kept connection is asked whether it still stands

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_START_MAIL_INPUT = 354


class _Opening(NamedTuple):
    """How MAIL, RCPT and DATA were answered: the first refusal, and whether DATA stands open."""

    refusal: Reply | None
    is_open: bool


class SmtpConnection:
    """One session and the rules for sharing it between messages. Not safe across threads."""

    def __init__(self, relay: Relay) -> None:
        """Connects, greets, encrypts and authenticates. Raises `session.ConnectError`."""
        self._relay = relay
        self._session: Session = open_session(relay)
        self._taken = 0
        self._used_at = monotonic()
        self.trouble = ""

    @property
    def eight_bit(self) -> bool:
        return "8BITMIME" in self._session.extensions

    @property
    def is_usable(self) -> bool:
        """Open, below its message limit and, after a pause, still answering."""
        if self._session.is_closed or self._taken >= self._relay.max_per_connection:
            return False
        return monotonic() - self._used_at < IDLE_SECONDS or self._answers()

    def transact(self, batch: Sequence[Outgoing]) -> Iterator[Outcome]:
        """One outcome per message, in order. Stops early when the connection is used up or lost;
        the messages it did not reach were not sent. `trouble` then says what happened.

        A consumer that stops half-way closes the connection: the next message's envelope may
        already be on its way.
        """
        finished = False
        try:
            yield from self._transact(batch)
            finished = True
        except ConnectionLost as lost:
            self.trouble = str(lost)
        finally:
            self._used_at = monotonic()
            if not finished:
                self._session.abandon()

    def _transact(self, batch: Sequence[Outgoing]) -> Iterator[Outcome]:
        in_flight = False
        refusals = [self._refused_here(message) for message in batch]
        for position, message in enumerate(batch):
            if self._taken >= self._relay.max_per_connection or self._session.is_closed:
                return
            refused = refusals[position]
            if refused is not None:
                yield refused
                continue
            opening = self._open(message, in_flight)
            self._taken += 1
            following = b"" if any(refusals[position + 1 : position + 2]) else self._envelope_after(batch, position)
            in_flight = bool(following)
            if opening.is_open and opening.refusal is None:
                yield self._send_content(message, following)
            else:
                self._skip_content(opening, following)
                yield _judge(opening.refusal)

    def close(self) -> None:
        """Say goodbye and close; never raises."""
        with suppress(ConnectionLost):
            self._session.send(b"QUIT\r\n")
        self._session.abandon()

    # One message

    def _open(self, message: Outgoing, in_flight: bool) -> _Opening:
        if "PIPELINING" not in self._session.extensions:
            return self._open_in_steps(message)
        if not in_flight:
            self._session.send(self._envelope(message))
        reply = self._session.reply
        mail, recipient, start = reply(), reply(), reply()
        is_open = start.code == _START_MAIL_INPUT
        if mail.code >= 300:
            return _Opening(mail, is_open)
        if recipient.code >= 300:
            return _Opening(recipient, is_open)
        return _Opening(None if is_open else start, is_open)

    def _open_in_steps(self, message: Outgoing) -> _Opening:
        for command in self._envelope(message).splitlines(keepends=True):
            self._session.send(command)
            reply = self._session.reply()
            if reply.code >= 400:
                return _Opening(reply, is_open=False)
        return _Opening(None, is_open=True)

    def _send_content(self, message: Outgoing, following: bytes) -> Outcome:
        """From here until the reply is read, this message is the one in doubt."""
        try:
            self._session.send(b"".join((*message.content, b".\r\n", following)))
            return _judge(self._session.reply(closing_is_final=True))
        except ConnectionLost as lost:
            self.trouble = str(lost)
            self._session.abandon()
            return Outcome(Kind.UNKNOWN, text=self.trouble)

    def _skip_content(self, opening: _Opening, following: bytes) -> None:
        """End a refused transaction. An open DATA is given an empty message, which reaches
        nobody because no recipient stands (RFC 2920, 3.1)."""
        try:
            self._session.send((b".\r\n" if opening.is_open else b"RSET\r\n") + following)
            self._session.reply()
        except ConnectionLost as lost:
            self.trouble = str(lost)
            self._session.abandon()

    def _envelope_after(self, batch: Sequence[Outgoing], position: int) -> bytes:
        """The next message's envelope if it may travel with this one, else nothing. It is a sound one."""
        is_last = position + 1 >= len(batch) or self._taken >= self._relay.max_per_connection
        if is_last or "PIPELINING" not in self._session.extensions:
            return b""
        return self._envelope(batch[position + 1])

    def _envelope(self, message: Outgoing) -> bytes:
        parameters = b" BODY=8BITMIME" if self.eight_bit else b""
        if not (message.recipient.isascii() and message.sender.isascii()):
            parameters += b" SMTPUTF8"
        return b"MAIL FROM:<%b>%b\r\nRCPT TO:<%b>\r\nDATA\r\n" % (
            message.sender.encode(),
            parameters,
            message.recipient.encode(),
        )

    def _refused_here(self, message: Outgoing) -> Outcome | None:
        """Addresses that would break the dialogue never reach it."""
        if unsafe_in_envelope(message.recipient) or (message.sender and unsafe_in_envelope(message.sender)):
            return Outcome(Kind.FAILED, 553, "5.1.3", "This address cannot be used in an envelope.")
        is_ascii = message.recipient.isascii() and message.sender.isascii()
        if not is_ascii and "SMTPUTF8" not in self._session.extensions:
            return Outcome(Kind.FAILED, 553, "5.6.7", "The relay takes ASCII addresses only.")
        return None

    def _answers(self) -> bool:
        try:
            self._session.send(b"NOOP\r\n")
            self._used_at = monotonic()
            return self._session.reply().code == 250
        except ConnectionLost:
            self._session.abandon()
            return False


def _judge(reply: Reply | None) -> Outcome:
    if reply is None:
        return Outcome(Kind.UNSENT)
    text = reply.text.decode("utf-8", "replace")
    status = _ENHANCED.match(text)
    enhanced = status.group() if status else ""
    if 200 <= reply.code < 300:
        return Outcome(Kind.ACCEPTED, reply.code, enhanced, text)
    if reply.code >= 500:
        return Outcome(Kind.FAILED, reply.code, enhanced, text)
    return Outcome(Kind.DEFERRED, reply.code, enhanced, text)
