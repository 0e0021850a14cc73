"""Asking a provider's API whether it took a message: Postmark's search and Mailgun's events.

The other providers offer nothing to ask by an id of ours (SES, Brevo, SparkPost) or only against
a surcharge (SendGrid), so their relays are declared ``reconcile=none``.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from django.conf import settings

from ecrm.mail.reconciling import Answer, ReconcileError, Reconciler

ANSWER_SECONDS: Final = 10.0


class PostmarkSearch:
    """By the metadata ``message_id`` that every message carries.

    Source: https://postmarkapp.com/developer/api/messages-api (outbound message search). A message
    is found there as soon as the API has taken it.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.base = str(options.get("POSTMARK_API_URL", "https://api.postmarkapp.com/")).rstrip("/")
        self.token = str(options.get("POSTMARK_SERVER_TOKEN", ""))

    def found(self, message_ids: Sequence[str]) -> dict[str, Answer]:
        return {message_id: self._ask(message_id) for message_id in message_ids}

    def _ask(self, message_id: str) -> Answer:
        query = urlencode({"count": 1, "offset": 0, "metadata_message_id": message_id})
        answer = _get(f"{self.base}/messages/outbound?{query}", {"X-Postmark-Server-Token": self.token})
        found = [each.get("Metadata", {}).get("message_id") for each in answer.get("Messages", [])]
        return Answer.DELIVERED if message_id in found else Answer.ABSENT


class MailgunEvents:
    """By Message-ID, which Mailgun keeps as we wrote it.

    Source: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/events. Events
    come late: what is absent counts only after ``relays.GRACE``.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.base = str(options.get("MAILGUN_API_URL", "https://api.mailgun.net/v3/")).rstrip("/")
        self.domain = str(options.get("MAILGUN_SENDER_DOMAIN", ""))
        self.key = b64encode(f"api:{options.get('MAILGUN_API_KEY', '')}".encode()).decode()

    def found(self, message_ids: Sequence[str]) -> dict[str, Answer]:
        return {message_id: self._ask(message_id.strip("<>")) for message_id in message_ids}

    def _ask(self, message_id: str) -> Answer:
        domain = self.domain or message_id.rpartition("@")[2]
        query = urlencode({"message-id": message_id, "event": "accepted OR rejected", "limit": 5})
        answer = _get(f"{self.base}/{domain}/events?{query}", {"Authorization": f"Basic {self.key}"})
        seen = {each.get("event") for each in answer.get("items", []) if _id_of(each) == message_id}
        if "accepted" in seen:
            return Answer.DELIVERED
        return Answer.REJECTED if "rejected" in seen else Answer.ABSENT


SEARCHES: Final[Mapping[str, Callable[[Mapping[str, Any]], Reconciler]]] = {
    "postmark": PostmarkSearch,
    "mailgun": MailgunEvents,
}


def search_of(provider: str) -> Reconciler:
    """Raises ``KeyError`` for a provider that cannot be asked; ``Relay.parse`` refuses those."""
    return SEARCHES[provider](settings.ANYMAIL)


def _id_of(event: Mapping[str, Any]) -> str:
    return str(event.get("message", {}).get("headers", {}).get("message-id", ""))


def _get(url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    if not url.startswith(("http://", "https://")):
        raise ValueError("The address of a provider's API must start with http:// or https://.")
    request = Request(url, headers={"Accept": "application/json", **headers})  # noqa: S310 - checked above
    try:
        with urlopen(request, timeout=ANSWER_SECONDS) as response:  # noqa: S310
            answer = json.load(response)
    except HTTPError as error:
        raise ReconcileError(f"The provider answered {error.code}.") from error
    except (URLError, TimeoutError, OSError, ValueError) as error:
        raise ReconcileError(f"The provider did not answer: {error}") from error
    if not isinstance(answer, dict):
        raise ReconcileError("The provider answered something else than expected.")
    return answer
