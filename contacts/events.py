"""The one history: which events exist, and the only way to write them.

``register`` declares a kind of event (each room its own, in its registrations). ``record`` and
``record_many`` write; services call them, never signals or ``save()``. Other systems may report
kinds that no room knows (``contacts.ingest``): those are shown by their name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts import dirty, merged, reactions
from contacts.models import Contact, Event, EventKey
from ecrm.rowsets import rows_of
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User
from ecrm.tenancy.roles import Capability

GROUPS: dict[str, str | Promise] = {
    "profile": _("Profile"),
    "note": _("Notes"),
    "email": _("Email"),
    "order": _("Orders"),
    "web": _("Web"),
    "case": _("Cases"),
    "consent": _("Consent"),
    "segment": _("Segments"),
    "custom": _("Other systems"),
}


CHANGED = "contact.changed"


class UnknownEvent(LookupError):
    """An event whose kind no room has registered: a typo, or a registration that is missing."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where the thing of an event is. ``words`` are those of its sentence that lead there; empty for all of it."""

    url: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class EventKind:
    """``sentence`` says what happened in plain text, in the reader's language.

    ``capability`` is what a member needs to see it, ``group`` the timeline's filter (``GROUPS``),
    ``tone`` one of empty, good, warn, bad, accent. ``is_activity`` marks what the person did
    themselves: it moves ``last_active_at``. ``is_open`` kinds may be reported by other systems; the
    others only ever come from our own rooms.

    ``link`` makes the way to the thing out of the fact alone (no query), None where there is none;
    ``link_capability`` is what that page asks of a member, beyond seeing the event. ``folded`` says in
    one sentence that several in a row happened, for kinds that come in dozens.
    """

    name: str
    title: str | Promise
    icon: str
    sentence: Callable[[Event], str]
    capability: str = Capability.CONTACTS_VIEW
    group: str = "profile"
    tone: str = ""
    is_activity: bool = False
    is_open: bool = False
    link: Callable[[Event], Link | None] | None = None
    link_capability: str = ""
    folded: Callable[[int], str] | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A fact to be written. ``at`` None means now; ``amount`` is in minor units of ``currency``.

    ``source`` names where the news came from ("shop", "import"), ``source_id`` its row there. With
    a ``key`` the same (source, key) is recorded once, however often it is told.
    ``object_type``/``object_id`` is the row it happened to. ``properties`` must be JSON.
    ``visitor_id`` is the browser it happened in. ``is_custom`` allows a name no room has registered.
    What is told of somebody merged goes to whoever stands for them, who ``merged_from_id`` then names.
    """

    name: str
    contact_id: int | None
    at: datetime | None = None
    actor_id: int | None = None
    source: str = ""
    source_id: int | None = None
    key: str = ""
    amount: int | None = None
    currency: str = ""
    campaign_id: int | None = None
    object_type: str = ""
    object_id: int | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    visitor_id: int | None = None
    is_custom: bool = False
    merged_from_id: int | None = None


_kinds: dict[str, EventKind] = {}


def register(kind: EventKind) -> None:
    _kinds[kind.name] = kind


def kind(name: str) -> EventKind:
    """Raises ``UnknownEvent``."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownEvent(f"No room has registered the event {name!r} (contacts.events.register).") from None


def shown_as(name: str) -> EventKind:
    """The kind of an event of the history, also of one that another system made up."""
    return _kinds.get(name) or _custom(name)


def is_registered(name: str) -> bool:
    return name in _kinds


def kinds() -> list[EventKind]:
    return sorted(_kinds.values(), key=lambda known: known.name)


def record(
    name: str,
    *,
    contact: Contact | None,
    at: datetime | None = None,
    by: User | None = None,
    source: str = "",
    source_id: int | None = None,
    key: str = "",
    amount: int | None = None,
    currency: str = "",
    campaign_id: int | None = None,
    subject: Model | None = None,
    properties: Mapping[str, Any] | None = None,
) -> bool:
    """Writes one event; False when its (source, key) was recorded before. See ``NewEvent``."""
    event = NewEvent(
        name=name,
        contact_id=contact.pk if contact is not None else None,
        at=at,
        actor_id=by.pk if by is not None else None,
        source=source,
        source_id=source_id,
        key=key,
        amount=amount,
        currency=currency,
        campaign_id=campaign_id,
        object_type=subject._meta.label_lower if subject is not None else "",
        object_id=subject.pk if subject is not None else None,
        properties=properties or {},
    )
    return bool(record_many([event]))


@transaction.atomic
def record_many(events: Sequence[NewEvent]) -> int:
    """Writes events set-based, whatever their number, and returns how many were new.

    Costs one statement for the facts, one for the keys if there are any, one to move
    ``last_active_at``, one to mark the people for their segments. Raises ``UnknownEvent``.
    """
    now = timezone.now()
    stamped = [event if event.at else replace(event, at=now) for event in events]
    activity = {event.name for event in stamped if _kind_of(event).is_activity}
    fresh = _not_told_before(stamped)
    if not fresh:
        return 0
    fresh = _forwarded(fresh)
    _insert(fresh)
    _move_last_active([event for event in fresh if event.name in activity])
    dirty.mark_each(_reasons(fresh))
    reactions.react(fresh)
    return len(fresh)


def _forwarded(events: list[NewEvent]) -> list[NewEvent]:
    """To whoever stands for people who were merged: old mails and other systems keep telling old ids."""
    stands_for = merged.survivors({event.contact_id for event in events if event.contact_id is not None})
    if not stands_for:
        return events
    return [
        replace(event, contact_id=stands_for[event.contact_id], merged_from_id=event.contact_id)
        if event.contact_id in stands_for
        else event
        for event in events
    ]


def _reasons(events: Sequence[NewEvent]) -> dict[int, str]:
    """What happened to whom, as segments tell it: names of events and of the fields that changed."""
    found: dict[int, set[str]] = {}
    for event in events:
        if event.contact_id is not None:
            found.setdefault(event.contact_id, set()).add(event.name)
            if event.name == CHANGED:
                found[event.contact_id].update(f"field:{name}" for name in event.properties.get("fields", ()))
    return {contact_id: " ".join(sorted(words)) for contact_id, words in found.items()}


def _kind_of(event: NewEvent) -> EventKind:
    return shown_as(event.name) if event.is_custom else kind(event.name)


@lru_cache(maxsize=1_000)
def _custom(name: str) -> EventKind:
    """``wishlist.item_added`` reads "Wishlist item added": the only words there are for it."""
    words = name.replace(".", " ").replace("_", " ").capitalize()
    return EventKind(name, words, "zap", lambda _event: words, group="custom", is_activity=True)


def _not_told_before(events: Sequence[NewEvent]) -> list[NewEvent]:
    keyed = {(event.source, event.key): event for event in reversed(events) if event.key}
    if not keyed:
        return list(events)
    ordered = [keyed[pair] for pair in sorted(keyed)]
    with connection.cursor() as cursor:
        # Sorted, so that two batches with the same keys wait for each other instead of deadlocking.
        cursor.execute(
            f"INSERT INTO {EventKey.table()} (tenant_id, source, key, occurred_at)"
            " SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::timestamptz[])"
            " ON CONFLICT (tenant_id, source, key) DO NOTHING RETURNING source, key",
            [
                require_tenant_id(),
                [event.source for event in ordered],
                [event.key for event in ordered],
                [event.at for event in ordered],
            ],
        )
        told = set(cursor.fetchall())
    return [event for event in events if not event.key or _is_first(event, keyed, told)]


def _is_first(event: NewEvent, keyed: Mapping[tuple[str, str], NewEvent], told: set[tuple[Any, ...]]) -> bool:
    """Of several events with one key in a batch, the first stands for all."""
    pair = (event.source, event.key)
    return pair in told and keyed[pair] is event


_COLUMNS: dict[str, tuple[str, Callable[[NewEvent], Any]]] = {
    "contact_id": ("bigint", lambda event: event.contact_id),
    "visitor_id": ("bigint", lambda event: event.visitor_id),
    "merged_from_id": ("bigint", lambda event: event.merged_from_id),
    "name": ("text", lambda event: event.name),
    "occurred_at": ("timestamptz", lambda event: event.at),
    "actor_id": ("bigint", lambda event: event.actor_id),
    "source_type": ("text", lambda event: event.source),
    "source_id": ("bigint", lambda event: event.source_id),
    "amount": ("bigint", lambda event: event.amount),
    "currency": ("text", lambda event: event.currency),
    "campaign_id": ("bigint", lambda event: event.campaign_id),
    "object_type": ("text", lambda event: event.object_type),
    "object_id": ("bigint", lambda event: event.object_id),
}


def _insert(events: Sequence[NewEvent]) -> None:
    names = ", ".join(_COLUMNS)
    columns = {name: (kind_, [read(event) for event in events]) for name, (kind_, read) in _COLUMNS.items()}
    given = rows_of({**columns, "properties": ("jsonb", _properties_json(events))})
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Event.table()} (tenant_id, {names}, properties)"
            f" SELECT %s, {names}, properties FROM ({given.sql}) AS given",
            [require_tenant_id(), *given.params],
        )


def _properties_json(events: Sequence[NewEvent]) -> list[str]:
    """Written once where a batch shares one mapping."""
    distinct = {id(event.properties): event.properties for event in events}
    written = {key: _json(value) for key, value in distinct.items()}
    return [written[id(event.properties)] for event in events]


def _json(properties: Mapping[str, Any]) -> str:
    """As Django writes JSON, in a tenth of the time where orjson can."""
    try:
        return orjson.dumps(dict(properties), default=_ENCODER.default, option=_AS_DJANGO).decode()
    except orjson.JSONEncodeError:
        return json.dumps(dict(properties), cls=DjangoJSONEncoder)


_ENCODER = DjangoJSONEncoder()
_AS_DJANGO = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


def _move_last_active(events: Sequence[NewEvent]) -> None:
    latest: dict[int, datetime] = {}
    for event in events:
        if event.contact_id is not None and event.at is not None:
            latest[event.contact_id] = max(event.at, latest.get(event.contact_id, event.at))
    if not latest:
        return
    with connection.cursor() as cursor:
        # Locked in the order of ids, so that two batches over the same people cannot deadlock.
        cursor.execute(
            "WITH moved AS ("
            f"  SELECT person.id, given.at FROM {Contact.table()} person"
            "   JOIN unnest(%s::bigint[], %s::timestamptz[]) AS given (id, at) ON given.id = person.id"
            "   WHERE person.tenant_id = %s AND (person.last_active_at IS NULL OR person.last_active_at < given.at)"
            "   ORDER BY person.id FOR NO KEY UPDATE OF person)"
            f" UPDATE {Contact.table()} person SET last_active_at = moved.at FROM moved"
            " WHERE person.tenant_id = %s AND person.id = moved.id",
            [list(latest), list(latest.values()), require_tenant_id(), require_tenant_id()],
        )
