"""The taker of events that other systems report (``offer``): finds their people, bounds their times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from contacts.events import NewEvent, is_registered
from contacts.ingest import people
from contacts.ingest.people import Named
from contacts.ingest.raw import RawEvent, unpack
from contacts.ingest.refusals import Refusal, set_aside
from contacts.ingest.stream import Parcel
from contacts.ingest.takers import Found

AHEAD, BACK = timedelta(days=1), timedelta(days=731)


def take(parcels: Sequence[Parcel]) -> list[NewEvent]:
    """Events that nobody can be found for, or from too long ago, are set aside one by one."""
    told = [(event, parcel.received_at) for parcel in parcels for event in unpack(parcel.body)]
    known = people.find([event for event, _received in told])
    accepted, refused = [], []
    for event, received_at in told:
        reason = _objection(event, received_at, known)
        if reason:
            refused.append(Refusal(event.source, reason, _content(event), received_at))
        else:
            accepted.append(_event(event, received_at, known))
    set_aside(refused)
    return accepted


def bounded(at: datetime | None, received_at: datetime) -> datetime:
    """Clocks run ahead: an event is at most a day later than we heard of it."""
    return min(at, received_at + AHEAD) if at is not None else received_at


def _objection(event: RawEvent, received_at: datetime, known: Mapping[Named, Found]) -> str:
    if event.at is not None and event.at < received_at - BACK:
        return "at: more than two years ago"
    if event.person and people.name_of(event.person) not in known:
        return "person: nobody here goes by this name"
    return ""


def _event(event: RawEvent, received_at: datetime, known: Mapping[Named, Found]) -> NewEvent:
    found = known[people.name_of(event.person)] if event.person else Found(None)
    return NewEvent(
        event.name,
        found.contact_id,
        at=bounded(event.at, received_at),
        source=event.source,
        key=event.key,
        amount=event.amount,
        currency=event.currency if event.amount is not None else "",
        properties=event.properties,
        visitor_id=found.visitor_id,
        is_custom=not is_registered(event.name),
    )


def _content(event: RawEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in RawEvent.__slots__ if getattr(event, name)}
