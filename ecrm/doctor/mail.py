"""The relay that takes our mail: can we reach it, and what does it offer."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from ecrm.doctor.findings import Finding, bad, good, warn
from ecrm.mail.relays import LOOPBACK, Relay, RelayError, Tls
from ecrm.mail.session import ConnectError, open_session

WANTED = {
    "PIPELINING": "sends wait for every answer",
    "8BITMIME": "letters with accents are re-encoded",
    "SMTPUTF8": "addresses with accents are refused",
}


def check() -> Iterator[Finding]:
    try:
        relay = Relay.parse(settings.RELAY_URL)
    except RelayError as error:
        yield bad(f"ECRM_RELAY_URL cannot be understood: {error}")
        return
    if not relay.is_smtp:
        yield good(f"Mail leaves through {relay.backend.split('.')[2]}, whose door can only be tried by sending.")
        return
    try:
        session = open_session(relay)
    except ConnectError as error:
        code = f" ({error.code})" if error.code else ""
        yield bad(f"The relay does not take us{code}: {error}", "Look at ECRM_RELAY_URL.")
        return
    session.abandon()
    yield from _offers(relay, session.extensions)


def _offers(relay: Relay, extensions: dict[str, str]) -> Iterator[Finding]:
    yield good(
        f"The relay at {relay.host}:{relay.port} takes us and offers {', '.join(sorted(extensions)) or 'nothing'}."
    )
    if relay.tls is Tls.NONE and relay.host not in LOOPBACK:
        yield warn("Mail goes to the relay unencrypted.", "Use smtps:// or leave out tls=none.")
    for word, loss in WANTED.items():
        if word not in extensions:
            yield warn(f"The relay does not offer {word}: {loss}.")
