"""Asking a relay what became of messages whose hand-over broke off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.error import URLError
from urllib.request import Request, urlopen

from django.conf import settings

from ecrm.mail.provider_searches import search_of
from ecrm.mail.reconciling import Answer, ReconcileError, Reconciler
from ecrm.mail.relays import Reconcile, Relay

__all__ = ["Answer", "HttpLogReconciler", "ReconcileError", "Reconciler", "reconciler_for"]

ANSWER_SECONDS = 10.0


class HttpLogReconciler:
    """Asks a relay's log over HTTP, as the mail catcher serves it: `POST <url>/api/log`."""

    def __init__(self, log_url: str) -> None:
        if not log_url.startswith(("http://", "https://")):
            raise ValueError("The relay log's address must start with http:// or https://.")
        self.endpoint = log_url.rstrip("/") + "/api/log"

    def found(self, message_ids: Sequence[str]) -> dict[str, Answer]:
        request = Request(  # noqa: S310 - the scheme was checked above
            self.endpoint,
            data=json.dumps(list(message_ids)).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urlopen(request, timeout=ANSWER_SECONDS) as response:  # noqa: S310
                answers: dict[str, str] = json.load(response)["answers"]
        except (URLError, TimeoutError, OSError, ValueError, KeyError) as error:
            raise ReconcileError(f"The relay's log did not answer: {error}") from error
        return {key: Answer(answers.get(key, Answer.ABSENT)) for key in message_ids}


def reconciler_for(relay: Relay, *, log_url: str | None = None) -> Reconciler | None:
    """How to ask this relay, or None when it cannot be asked (its unknowns go to a person).

    `log_url` is `settings.RELAY_LOG_URL` unless given.
    """
    address = settings.RELAY_LOG_URL if log_url is None else log_url
    if relay.reconcile is Reconcile.LOG and address:
        return HttpLogReconciler(address)
    if relay.reconcile is Reconcile.API:
        return search_of(relay.provider)
    return None
