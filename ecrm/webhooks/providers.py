"""The mail providers we listen to, read through django-anymail's parsers.

A provider tells two kinds of things at one address: what became of our mail, and mail for us.
Payload formats are the vendors' (see the parsers in ``anymail.webhooks``).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks import brevo, mailgun, postmark, sendgrid
from django.http import HttpRequest

from ecrm.mail.fates import Fate, FateKind

_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_REPLY = re.compile(r"\b([45]\d\d)\b")
_KINDS = {
    EventType.DELIVERED: FateKind.DELIVERED,
    EventType.DEFERRED: FateKind.DELAYED,
    EventType.BOUNCED: FateKind.BOUNCED,
    EventType.REJECTED: FateKind.BOUNCED,
    EventType.FAILED: FateKind.BOUNCED,
    EventType.COMPLAINED: FateKind.COMPLAINED,
    EventType.UNSUBSCRIBED: FateKind.UNSUBSCRIBED,
}
_FETCHING = "api_key"  # its parser insists on one, for attachments that are fetched
_DEAD = (RejectReason.INVALID, RejectReason.BOUNCED)


class BadSignature(Exception):
    """The request is not the provider's, or the key is another one."""


class NotUnderstood(Exception):
    """Neither news of our mail nor mail for us."""


@dataclass(frozen=True, slots=True)
class Post:
    """One mail for us. ``content`` is raw MIME, as it came where the provider passes that on."""

    content: bytes
    recipient: str
    sender: str


@dataclass(frozen=True, slots=True)
class Provider:
    """``news_key`` and ``mail_key`` are what anymail calls the key for either kind of request; ``needs_key``
    where nothing can be checked without one. ``is_soft`` says of a raw event that its bounce is a passing one."""

    name: str
    label: str
    tracking: type[Any]
    inbound: type[Any]
    news_key: str = ""
    mail_key: str = ""
    needs_key: bool = False
    is_soft: Callable[[Mapping[str, Any]], bool] = lambda _event: False
    raw_of: Callable[[Any], str] = lambda _event: ""


PROVIDERS = {
    each.name: each
    for each in (
        Provider(
            "brevo",
            "Brevo",
            brevo.BrevoTrackingWebhookView,
            brevo.BrevoInboundWebhookView,
            mail_key=_FETCHING,
            is_soft=lambda event: event.get("event") == "soft_bounce",
        ),
        Provider(
            "mailgun",
            "Mailgun",
            mailgun.MailgunTrackingWebhookView,
            mailgun.MailgunInboundWebhookView,
            news_key="webhook_signing_key",
            mail_key="webhook_signing_key",
            needs_key=True,
            raw_of=lambda request: request.POST.get("body-mime", ""),
        ),
        Provider(
            "postmark",
            "Postmark",
            postmark.PostmarkTrackingWebhookView,
            postmark.PostmarkInboundWebhookView,
            is_soft=lambda event: event.get("Type") == "SoftBounce",
            raw_of=lambda event: event.get("RawEmail", ""),
        ),
        Provider(
            "sendgrid",
            "SendGrid",
            sendgrid.SendGridTrackingWebhookView,
            sendgrid.SendGridInboundWebhookView,
            news_key="tracking_webhook_verification_key",
            is_soft=lambda event: event.get("type") == "blocked",
            raw_of=lambda request: request.POST.get("email", ""),
        ),
    )
}


def read(provider: Provider, request: HttpRequest, *, key: str) -> Iterator[Fate | Post]:
    """What a request tells. Raises ``BadSignature`` or ``NotUnderstood``."""
    as_news, as_mail = (provider.tracking, provider.news_key), (provider.inbound, provider.mail_key)
    # Those that post forms post mail in them. Of the others anymail's parsers tell one from the other by failing.
    is_form = (request.content_type or "").startswith(("multipart/", "application/x-www-form-urlencoded"))
    events = _first_understood([as_mail] if is_form else [as_news, as_mail], request, key)
    for event in events:
        if isinstance(event, AnymailInboundEvent):
            yield _post(provider, event)
        elif fate := _fate(provider, event):
            yield fate


def _first_understood(listeners: list[tuple[type[Any], str]], request: HttpRequest, key: str) -> list[Any]:
    trouble = ""
    for view, key_name in listeners:
        try:
            return _events(view, key_name, request, key)
        except (AnymailConfigurationError, ValueError, LookupError, AttributeError, TypeError) as error:
            trouble = trouble or str(error)
    raise NotUnderstood(trouble)


def _events(view: type[Any], key_name: str, request: HttpRequest, key: str) -> list[Any]:
    with warnings.catch_warnings():
        # It would like basic authentication; the secret in the address is ours.
        warnings.simplefilter("ignore")
        listener = view(**({key_name: key or "none"} if key_name and (key or key_name == _FETCHING) else {}))
    try:
        listener.run_validators(request)
    except AnymailWebhookValidationFailure as error:
        raise BadSignature(str(error)) from error
    found: list[Any] = listener.parse_events(request)
    return found


def _fate(provider: Provider, event: AnymailTrackingEvent) -> Fate | None:
    kind = _KINDS.get(event.event_type)
    message = _message(event)
    if kind is None or not message:
        return None
    raw = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    text = str(event.mta_response or event.description or "")[:300]
    status, code = _STATUS.search(str(raw.get("status", "")) + " " + text), _REPLY.search(text)
    is_dead = event.reject_reason in _DEAD or (provider.name == "sendgrid" and raw.get("type") == "bounce")
    return Fate(
        kind,
        message,
        told_by=provider.name,
        at=event.timestamp,
        code=int(code[1]) if code else 0,
        status=status[0] if status else "",
        text=text,
        is_dead=is_dead and not provider.is_soft(raw),
    )


def _message(event: AnymailTrackingEvent) -> str:
    """The Message-ID of ours: told to the provider as metadata, since many give ids of their own."""
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    return str(metadata.get("message_id") or event.message_id or "")


def _post(provider: Provider, event: AnymailInboundEvent) -> Post:
    message = event.message
    raw = provider.raw_of(event.esp_event)
    content = raw.encode("utf-8", "surrogateescape") if raw else message.as_bytes()
    recipient = message.envelope_recipient or next(iter(address.addr_spec for address in message.to), "")
    return Post(content, recipient, message.envelope_sender or "")
