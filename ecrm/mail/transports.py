"""Handing batches of finished messages to a relay."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from ecrm.mail.handover import Kind, Outcome, Outgoing
from ecrm.mail.relays import Relay, default_relay
from ecrm.mail.session import ConnectError
from ecrm.mail.smtp import SmtpConnection

MOST_UNKNOWN_IN_A_ROW = 2
MOST_KEPT = 8  # connections a thread keeps open


class Transport(Protocol):
    relay: Relay

    def deliver(self, batch: Sequence[Outgoing]) -> Iterator[Outcome]:
        """Exactly one outcome per message, in order, as they become known.

        Stop iterating to stop sending: what has no outcome yet was not sent. Never raises for
        what the relay does; a relay out of reach makes every message UNSENT.
        """
        ...

    def close(self) -> None: ...


class SmtpTransport:
    """A kept connection to one relay. Use one per thread (`transport_for` does)."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._connection: SmtpConnection | None = None

    def deliver(self, batch: Sequence[Outgoing]) -> Iterator[Outcome]:
        """See `Transport`. A lost connection is replaced; the batch is given up when a fresh
        one gets nowhere, or when two messages in a row end in doubt."""
        done, in_doubt, attempts = 0, 0, 0
        trouble = Outcome(Kind.UNSENT)
        while done < len(batch) and in_doubt < MOST_UNKNOWN_IN_A_ROW and attempts < 2:
            try:
                connection = self._usable_connection()
            except ConnectError as error:
                trouble = Outcome(Kind.UNSENT, error.code, text=str(error))
                break
            attempts += 1
            for outcome in connection.transact(batch[done:]):
                done, attempts = done + 1, 0
                in_doubt = in_doubt + 1 if outcome.kind is Kind.UNKNOWN else 0
                yield outcome
            trouble = Outcome(Kind.UNSENT, text=connection.trouble)
        for _unsent in range(len(batch) - done):
            yield trouble

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _usable_connection(self) -> SmtpConnection:
        if self._connection is not None and not self._connection.is_usable:
            self.close()
        if self._connection is None:
            self._connection = SmtpConnection(self.relay)
        return self._connection


def transport_for(relay: Relay) -> Transport:
    """This process's and thread's transport to a relay, its connection kept between calls.

    The least recently used are closed when a thread speaks to many relays.
    """
    kept = _kept_here()
    key = (os.getpid(), relay)  # a forked child must not speak on its parent's socket
    transport = kept.pop(key, None) or _new_transport(relay)
    kept[key] = transport
    if len(kept) > MOST_KEPT:
        kept.pop(next(iter(kept))).close()
    return transport


def close_kept() -> None:
    """Say goodbye to every relay this thread is connected to."""
    kept = _kept_here()
    while kept:
        kept.popitem()[1].close()


def send_now(message: Outgoing, *, relay: Relay | None = None) -> Outcome:
    """Hand over one message at once (account mail, a test send). Not for campaigns: those go
    through the engine, which journals, throttles and checks consent."""
    transport = transport_for(relay or default_relay())
    (outcome,) = transport.deliver([message])
    return outcome


_kept = threading.local()


def _kept_here() -> dict[tuple[int, Relay], Transport]:
    transports: dict[tuple[int, Relay], Transport] = _kept.__dict__.setdefault("transports", {})
    return transports


def _new_transport(relay: Relay) -> Transport:
    if relay.is_smtp:
        return SmtpTransport(relay)
    from ecrm.mail.providers import AnymailTransport  # needs Django and a provider's settings

    return AnymailTransport(relay)
