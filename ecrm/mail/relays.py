"""Where mail is handed over, read from one URL, and what that place can tell us afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
WINDOW_LIMIT: Final = 500
SECONDS: Final = 60.0
# Providers with a search by an id of ours (ecrm.mail.provider_searches).
ASKABLE: Final = frozenset({"postmark", "mailgun"})
# Seconds until "not here" is believed: a server reads on what a broken connection left behind, an
# index lags, and Mailgun's list of events is complete after half an hour.
GRACE: Final = {"": 10.0, "postmark": 120.0, "mailgun": 1_800.0}

Choice = TypeVar("Choice", bound=StrEnum)


class RelayError(ValueError):
    """A relay URL that cannot be understood; the text never repeats the password."""


class Reconcile(StrEnum):
    """How a relay answers "did you take this Message-ID?"."""

    LOG = "log"
    API = "api"
    NONE = "none"


class Tls(StrEnum):
    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class Relay:
    """One place that takes our mail.

    `window` is how many messages may be journalled as "about to be sent" at once. A relay that
    cannot be asked afterwards gets 1, whatever the URL says: a crash then leaves one message
    per worker in doubt, and not a few hundred.
    """

    scheme: str
    host: str = ""
    port: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = Tls.NONE
    reconcile: Reconcile = Reconcile.NONE
    window: int = 1
    max_per_connection: int = 10_000
    timeout: float = SECONDS
    backend: str = ""

    @property
    def provider(self) -> str:
        """The anymail provider's name ("postmark"); empty for SMTP."""
        return self.backend.split(".")[2] if self.backend else ""

    @property
    def grace_seconds(self) -> float:
        """How long after a hand-over broke off the relay's "absent" is believed."""
        return GRACE.get(self.provider, GRACE[""])

    @property
    def is_smtp(self) -> bool:
        return self.scheme == "smtp"

    @classmethod
    def parse(cls, url: str) -> Relay:
        """Read `smtp://`, `smtps://` or `anymail+<provider>://`, with options in the query.

        Options: `reconcile`, `tls`, `max_per_connection`, `window`, `timeout` (seconds).
        Raises `RelayError` on anything unknown, so that a misspelt option is seen at start-up.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.scheme in {"smtp", "smtps"}:
            relay = _smtp_relay(parts, options)
        elif parts.scheme.startswith("anymail+"):
            relay = _anymail_relay(parts, options)
        else:
            raise RelayError(f"A relay URL cannot start with “{parts.scheme}:”.")
        if options:
            raise RelayError(f"Unknown relay option: {', '.join(sorted(options))}.")
        return relay


def default_relay() -> Relay:
    """The installation's relay (`ECRM_RELAY_URL`)."""
    from django.conf import settings  # keeps this module usable before Django is configured

    return Relay.parse(settings.RELAY_URL)


def _smtp_relay(parts: SplitResult, options: dict[str, str]) -> Relay:
    if not parts.hostname:
        raise RelayError("A relay URL needs a host: smtp://host:port.")
    reconcile = _choice(Reconcile, options.pop("reconcile", "none"), "reconcile")
    if reconcile is Reconcile.API:
        raise RelayError("An SMTP relay has no API to ask. Write reconcile=log or reconcile=none.")
    return Relay(
        scheme="smtp",
        host=parts.hostname,
        port=_port(parts),
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=_tls(parts, options),
        reconcile=reconcile,
        window=_window(reconcile, options),
        max_per_connection=_positive(options, "max_per_connection", 10_000),
        timeout=float(_positive(options, "timeout", int(SECONDS))),
    )


def _anymail_relay(parts: SplitResult, options: dict[str, str]) -> Relay:
    provider = parts.scheme.partition("+")[2]
    if not provider.isidentifier():
        raise RelayError("An anymail relay is written anymail+<provider>://, as anymail+postmark://.")
    reconcile = _choice(Reconcile, options.pop("reconcile", "none"), "reconcile")
    if reconcile is Reconcile.API and provider not in ASKABLE:
        raise RelayError(f"Of {provider} nobody can ask afterwards what it took. Write reconcile=none.")
    return Relay(
        scheme="anymail",
        backend=f"anymail.backends.{provider}.EmailBackend",
        reconcile=reconcile,
        window=_window(reconcile, options),
    )


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise RelayError("The relay's port is not a number between 1 and 65535.") from error
    return port or (465 if parts.scheme == "smtps" else 25)


def _tls(parts: SplitResult, options: dict[str, str]) -> Tls:
    """Encrypted unless it stays on this machine or the URL says otherwise."""
    chosen = options.pop("tls", None)
    if parts.scheme == "smtps":
        return Tls.IMPLICIT
    if chosen is None:
        return Tls.NONE if parts.hostname in LOOPBACK else Tls.STARTTLS
    return _choice(Tls, chosen, "tls")


def _window(reconcile: Reconcile, options: dict[str, str]) -> int:
    asked = _positive(options, "window", WINDOW_LIMIT)
    return 1 if reconcile is Reconcile.NONE else min(asked, WINDOW_LIMIT)


def _positive(options: dict[str, str], name: str, default: int) -> int:
    text = options.pop(name, None)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise RelayError(f"The relay option {name} must be a whole number above zero.")
    return int(text)


def _choice(kind: type[Choice], text: str, name: str) -> Choice:
    try:
        return kind(text)
    except ValueError as error:
        known = ", ".join(member.value for member in kind)
        raise RelayError(f"The relay option {name} must be one of: {known}.") from error
