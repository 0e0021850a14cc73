"""Handing finished messages to a provider's API through django-anymail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import EmailMessage as ParsedMessage
from email.policy import default as default_policy
from typing import Any

from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives, get_connection
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, RequestException

from ecrm.mail.handover import Kind, Outcome, Outgoing, document_form
from ecrm.mail.relays import Relay

# Set by Django or the provider, or carried by fields of their own.
_CARRIED_ELSEWHERE = frozenset(
    {"from", "to", "subject", "reply-to", "mime-version", "content-type", "date"} | {"content-transfer-encoding"}
)
_TAKEN = frozenset({"sent", "queued", "unknown"})


class AnymailTransport:
    """One API call per message, its id given as metadata so that webhooks can be matched.

    The provider's own id of an accepted message is the outcome's `text`.
    """

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._backend: Any = get_connection(relay.backend)

    def deliver(self, batch: Sequence[Outgoing]) -> Iterator[Outcome]:
        for message in batch:
            yield self._deliver_one(message)

    def close(self) -> None:
        self._backend.close()

    def _deliver_one(self, outgoing: Outgoing) -> Outcome:
        message = django_message(outgoing)
        try:
            self._backend.send_messages([message])
        except AnymailRecipientsRefused as error:
            return Outcome(Kind.FAILED, 550, "5.1.1", str(error))
        except AnymailError as error:
            return _judge_error(error)
        return _judge_status(message.anymail_status)  # type: ignore[attr-defined]


def django_message(outgoing: Outgoing) -> EmailMultiAlternatives:
    """The finished bytes as Django's message object, headers and both bodies kept."""
    parsed = message_from_bytes(document_form(outgoing.content), policy=default_policy)
    assert isinstance(parsed, ParsedMessage)
    message = EmailMultiAlternatives(
        subject=str(parsed["subject"] or ""),
        body=_text_of(parsed, "plain"),
        from_email=str(parsed["from"] or outgoing.sender),
        to=[str(parsed["to"] or outgoing.recipient)],
        reply_to=[str(value) for value in parsed.get_all("reply-to", [])],
        headers={name: str(value) for name, value in parsed.items() if name.lower() not in _CARRIED_ELSEWHERE},
    )
    if html := _text_of(parsed, "html"):
        message.attach_alternative(html, "text/html")
    message.metadata = {"message_id": outgoing.message_id}  # type: ignore[attr-defined]
    return message


def _text_of(parsed: ParsedMessage, subtype: str) -> str:
    part = parsed.get_body((subtype,))
    return part.get_content() if part is not None else ""


def _judge_status(status: Any) -> Outcome:
    statuses: set[str] = status.status or set()
    provider_id = str(status.message_id or "")
    if statuses and statuses <= _TAKEN:
        return Outcome(Kind.ACCEPTED, 250, "2.0.0", provider_id)
    return Outcome(Kind.FAILED, 550, "", ", ".join(sorted(map(str, statuses))) or "no status")


def _judge_error(error: AnymailError) -> Outcome:
    """Refused by the API, never reached it, or in doubt: only a lost answer leaves doubt."""
    status = error.status_code
    if status is not None:
        kind = Kind.DEFERRED if status == 429 else Kind.UNKNOWN if status >= 500 else Kind.FAILED
        return Outcome(kind, status, text=_first_line(error))
    cause = error.__cause__
    if isinstance(cause, ConnectTimeout):
        return Outcome(Kind.UNSENT, text=_first_line(error))
    if isinstance(cause, RequestsConnectionError | RequestException | OSError):
        return Outcome(Kind.UNKNOWN, text=_first_line(error))
    return Outcome(Kind.FAILED, text=_first_line(error))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
