"""The taker of visits: answers first, then whose browser it is, then what happened in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import F, Q
from django.db.models.functions import Greatest

from analytics.models import Site
from analytics.tracking import tokens, visitors
from analytics.tracking.batches import Batch, read
from analytics.tracking.visitors import Known
from contacts.events import NewEvent, is_registered
from contacts.ingest.refusals import Refusal, set_aside
from contacts.ingest.stream import Parcel

SOURCE = "site"


def take(parcels: Sequence[Parcel]) -> list[NewEvent]:
    """The events of browsers that said yes. What comes without a yes is nobody's, and is left."""
    batches = [read(parcel) for parcel in parcels]
    known = visitors.admit(batches)
    _recognise(batches, known)
    gone = _withdraw(batches, known)
    _note_hits(batches)
    written, refused = [], []
    for batch in batches:
        visitor = known.get(batch.key_hash)
        if visitor is None or visitor.is_withdrawn or batch.key_hash in gone:
            continue
        for told in batch.told():
            if isinstance(told, Refusal):
                refused.append(told)
            else:
                written.append(
                    NewEvent(
                        told.name,
                        visitor.contact_id,
                        at=told.at,
                        source=SOURCE,
                        source_id=batch.site_id,
                        properties=told.facts,
                        visitor_id=visitor.pk,
                        is_custom=not is_registered(told.name),
                    )
                )
    set_aside(refused)
    return written


def _recognise(batches: Sequence[Batch], known: Mapping[bytes, Known]) -> None:
    for batch in batches:
        visitor = known.get(batch.key_hash)
        contact_id = tokens.read(batch.token, browser=batch.key_hash) if batch.token else None
        if visitor is None or contact_id is None or visitor.is_withdrawn or visitor.contact_id == contact_id:
            continue
        if visitors.recognise(visitor_id=visitor.pk, contact_id=contact_id, at=batch.received_at):
            visitor.contact_id = contact_id
        else:
            visitor.contact_id, visitor.is_withdrawn = None, True


def _withdraw(batches: Sequence[Batch], known: Mapping[bytes, Known]) -> set[bytes]:
    said = {batch.key_hash: batch for batch in batches if batch.is_withdrawal and batch.key_hash in known}
    for key, batch in said.items():
        visitors.withdraw(known[key].pk, batch=batch)
    return set(said)


def _note_hits(batches: Sequence[Batch]) -> None:
    """When each site was last heard of; a row a second at most, for the person who tries the snippet."""
    latest: dict[int, datetime] = {}
    for batch in batches:
        latest[batch.site_id] = max(batch.received_at, latest.get(batch.site_id, batch.received_at))
    for site_id, at in sorted(latest.items()):
        heard = Q(last_visit_at=None) | Q(last_visit_at__lt=at.replace(microsecond=0))
        Site.objects.filter(heard, pk=site_id).update(last_visit_at=Greatest(F("last_visit_at"), at))
