"""Taking many mails in at once: what is new and ordinary shares its statements.

All of them or none: after any error nothing is written and each is taken in by itself (``services``),
as are reports, answers and what was tried before.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from ecrm.mail.inbound import parsing, receivers
from ecrm.mail.inbound.letter import Letter
from ecrm.mail.inbound.receivers import Arrival
from ecrm.mail.models import InboundMail
from ecrm.tenancy.context import require_tenant_id, tenant_transaction

READING_SECONDS = 15.0  # well inside the lease of the calls
State = InboundMail.State


def take_in_together(calls: Sequence[dict[str, Any]]) -> set[int]:
    """Takes ``{"mail_id": …}`` in; returns the positions of those that are settled."""
    ids = [int(call["mail_id"]) for call in calls]
    mails = _begin(ids)
    try:
        settled = _take_in(mails)
    except Exception:
        _give_back([mail.pk for mail in mails])
        raise
    _give_back([mail.pk for mail in mails if mail.pk not in settled])
    return {position for position, mail_id in enumerate(ids) if mail_id in settled}


def _begin(ids: list[int]) -> list[InboundMail]:
    """Counted before they are read: one that kills the worker is on its own from then on."""
    with tenant_transaction():
        fresh = InboundMail.objects.filter(pk__in=ids, state=State.WAITING, attempts=0)
        mails = list(fresh.select_for_update(skip_locked=True, of=("self",)).select_related("file").order_by("pk"))
        InboundMail.objects.filter(pk__in=[mail.pk for mail in mails]).update(attempts=1)
    return mails


def _give_back(ids: list[int]) -> None:
    if ids:
        with tenant_transaction():
            InboundMail.objects.filter(pk__in=ids, state=State.WAITING).update(attempts=F("attempts") - 1)


def _take_in(mails: list[InboundMail]) -> set[int]:
    read = _read(mails)
    if not read:
        return set()
    with tenant_transaction():
        waiting = InboundMail.objects.filter(pk__in=[mail.pk for mail, _letter in read], state=State.WAITING)
        ids = set(waiting.select_for_update().order_by("pk").values_list("pk", flat=True))
        arrivals = [Arrival(mail, letter) for mail, letter in read if mail.pk in ids]
        taken = receivers.offer_together(arrivals)
        return _settle([each for each in arrivals if not each.is_for_later], taken)


def _read(mails: list[InboundMail]) -> list[tuple[InboundMail, Letter]]:
    read = []
    until = time.monotonic() + READING_SECONDS
    for mail in mails:
        if time.monotonic() > until:
            break
        with mail.file.open() as stream:
            letter = parsing.parse(stream.read(), recipient=mail.recipient, sender=mail.sender, channel=mail.channel)
        if not (letter.report or letter.token or letter.answered_ids):
            read.append((mail, letter))
    return read


def _settle(arrivals: list[Arrival], taken: set[int]) -> set[int]:
    ids = [each.mail.pk for each in arrivals]
    states = [str(State.TAKEN if mail_id in taken else State.IGNORED) for mail_id in ids]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {InboundMail.table()} mail SET state = given.state, verdict = given.verdict, error = '',"
            " settled_at = %s FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS given (id, state, verdict)"
            " WHERE mail.tenant_id = %s AND mail.id = given.id",
            [timezone.now(), ids, states, [each.verdict[:60] for each in arrivals], require_tenant_id()],
        )
    return set(ids)
