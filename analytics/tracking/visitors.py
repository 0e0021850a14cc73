"""Browsers that said yes: who they are, whose they turn out to be, and how they are forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from analytics.models import Visitor, VisitorAnswer
from analytics.tracking.batches import Batch
from consent import purposes, rules, services
from consent.models import Notice, Source
from contacts import dirty, merging
from contacts.events import NewEvent
from contacts.ingest.takers import Found
from contacts.models import Contact, Event
from ecrm.keys import keyed_hash
from ecrm.rowsets import rows_of
from ecrm.tenancy.context import require_tenant_id

TOMBSTONES_KEPT = timedelta(days=30)
_NO = VisitorAnswer.Action.WITHDRAWN


@dataclass(slots=True)
class Known:
    """A browser as one batch sees it; ``contact_id`` changes when it is recognised."""

    pk: int
    contact_id: int | None
    is_new: bool
    is_withdrawn: bool


def admit(batches: Sequence[Batch]) -> dict[bytes, Known]:
    """The browsers behind these batches, by ``key_hash``; new ones with their answer as evidence.

    One statement for all, one more for the answers of new ones. A batch without a yes finds a
    browser but makes none.
    """
    latest = {batch.key_hash: batch for batch in batches if batch.granted_at and not batch.is_withdrawal}
    found = {**_present([batch.key_hash for batch in batches if batch.key_hash not in latest]), **_upsert(latest)}
    _record_answers({known.pk: latest[key] for key, known in found.items() if known.is_new})
    return found


def find(names: set[str]) -> dict[str, Found]:
    """For events that other systems report of a browser (``RawEvent.person``)."""
    hashes = {key_hash(name): name for name in names}
    rows = Visitor.objects.filter(key_hash__in=list(hashes), withdrawn_at=None)
    return {hashes[bytes(row.key_hash)]: Found(row.contact_id, row.pk) for row in rows}


def key_hash(key: str) -> bytes:
    return keyed_hash("visitor", key.encode())


@transaction.atomic
def recognise(*, visitor_id: int, contact_id: int, at: datetime | None = None) -> bool:
    """Joins a browser with a person: its yes goes into their ledger, its visits into their history.

    A second person in the same browser gets what comes from now on; what was the first one's stays.
    False, and the browser forgotten, when the person has said no since it said yes.
    """
    purpose, contact = purposes.by_key(purposes.VISITS), Contact.objects.filter(pk=contact_id).first()
    if purpose is None or contact is None:
        return False
    answer = VisitorAnswer.objects.filter(visitor=visitor_id, action="granted").order_by("-given_at").first()
    if answer is not None:
        services.grant(
            contact=contact,
            purpose=purpose,
            source=Source.WEB,
            evidence=evidence(answer),
            at=answer.given_at,
            notice=answer.notice,
        )
    if not rules.may(contact, purpose).allowed:
        forget([visitor_id], at=at)
        return False
    Visitor.objects.filter(pk=visitor_id, withdrawn_at=None).update(contact=contact)
    if _call("claim_visitor", visitor_id, contact_id):
        _catch_up(visitor_id, contact)
    return True


@transaction.atomic
def withdraw(visitor_id: int, *, batch: Batch) -> None:
    """The no of a browser: its identifier is nobody's from now on, and its person's ledger says so."""
    visitor = Visitor.objects.filter(pk=visitor_id, withdrawn_at=None).select_related("contact").first()
    if visitor is None:
        return
    answer = VisitorAnswer.objects.create(
        visitor=visitor,
        site_id=batch.site_id,
        action=_NO,
        page=batch.page,
        agent=batch.agent,
        has_signal=batch.has_signal,
        given_at=batch.received_at,
    )
    purpose = purposes.by_key(purposes.VISITS)
    if visitor.contact is not None and purpose is not None:
        # The history hears of it, and forgets every browser of this person (``person_said_no``).
        services.withdraw(contact=visitor.contact, purpose=purpose, source=Source.WEB, evidence=evidence(answer))
    forget([visitor_id], at=batch.received_at)


def forget(visitor_ids: Iterable[int], *, at: datetime | None = None) -> None:
    """Ties nothing to these browsers any more, and takes nothing more from them. Idempotent."""
    ids = list(visitor_ids)
    Visitor.objects.filter(pk__in=ids).update(contact=None)
    Visitor.objects.filter(pk__in=ids, withdrawn_at=None).update(withdrawn_at=at or timezone.now())
    for visitor_id in ids:
        _call("forget_visitor", visitor_id)


def person_said_no(events: Sequence[NewEvent]) -> None:
    """What follows from a withdrawal anywhere: the browsers of that person are forgotten."""
    said = [event for event in events if event.properties.get("purpose") == purposes.VISITS]
    people = {event.contact_id for event in said if event.contact_id is not None}
    if people:
        forget(Visitor.objects.filter(contact__in=people).values_list("pk", flat=True))


def of_loser(parting: merging.Parting) -> merging.Things:
    """What happened in a browser of the loser while they were merged goes back with the browser."""
    return {merging.BROWSERS: list(Visitor.objects.filter(contact=parting.loser_id).values_list("pk", flat=True))}


def forget_tombstones() -> int:
    """For the current tenant, nightly."""
    return Visitor.objects.filter(withdrawn_at__lt=timezone.now() - TOMBSTONES_KEPT).delete()[0]


def evidence(answer: VisitorAnswer) -> dict[str, object]:
    known = {
        "origin": answer.page,
        "url": answer.page,
        "user_agent": answer.agent,
        "global_privacy_control": answer.has_signal or None,
        "notice_version": answer.notice.version if answer.notice else None,
        "wording_sha256": answer.notice.sha256 if answer.notice else None,
        "language": answer.notice.language if answer.notice else None,
    }
    return {name: value for name, value in known.items() if value}


def _upsert(latest: Mapping[bytes, Batch]) -> dict[bytes, Known]:
    if not latest:
        return {}
    keys = sorted(latest)  # so that two flushers wait for each other instead of deadlocking
    given = rows_of(
        {
            "site": ("bigint", [latest[key].site_id for key in keys]),
            "key": ("text", [key.hex() for key in keys]),
            "at": ("timestamptz", [latest[key].received_at for key in keys]),
        }
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Visitor.table()} AS known (tenant_id, site_id, key_hash, first_seen_at, last_seen_at)"
            f" SELECT %s, site, decode(key, 'hex'), at, at FROM ({given.sql}) AS given"
            " ON CONFLICT (tenant_id, key_hash) DO UPDATE"
            "  SET last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)"
            " RETURNING key_hash, id, contact_id, xmax = 0, withdrawn_at IS NOT NULL",
            [require_tenant_id(), *given.params],
        )
        return {bytes(key): Known(*rest) for key, *rest in cursor.fetchall()}


def _present(keys: Sequence[bytes]) -> dict[bytes, Known]:
    if not keys:
        return {}
    rows = Visitor.objects.filter(key_hash__in=list(keys))
    return {bytes(row.key_hash): Known(row.pk, row.contact_id, False, row.withdrawn_at is not None) for row in rows}


def _record_answers(fresh: Mapping[int, Batch]) -> None:
    if not fresh:
        return
    versions = {batch.version for batch in fresh.values()} - {0}
    notices = Notice.objects.filter(purpose__key=purposes.VISITS, version__in=versions) if versions else ()
    by_wording = {(notice.version, notice.language): notice for notice in notices}
    VisitorAnswer.objects.bulk_create(
        VisitorAnswer(
            visitor_id=visitor_id,
            site_id=batch.site_id,
            action=VisitorAnswer.Action.GRANTED,
            notice=by_wording.get((batch.version, batch.language)),
            page=batch.page,
            agent=batch.agent,
            has_signal=batch.has_signal,
            given_at=batch.granted_at or batch.received_at,
        )
        for visitor_id, batch in fresh.items()
    )


def _catch_up(visitor_id: int, contact: Contact) -> None:
    """What the history does by itself for events that have their person from the start."""
    last = Event.objects.filter(visitor_id=visitor_id, contact_id=contact.pk).aggregate(last=Max("occurred_at"))["last"]
    if last is not None and (contact.last_active_at is None or contact.last_active_at < last):
        Contact.objects.filter(pk=contact.pk).update(last_active_at=last)
    dirty.mark([contact.pk])


def _call(function: str, *arguments: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}({', '.join(['%s'] * len(arguments))})", list(arguments))
        row = cursor.fetchone()
    return int(row[0]) if row else 0
