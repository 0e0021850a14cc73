"""What other systems report, and what is wrong with it in words they can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from contacts import events
from contacts.identities import is_junk

NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
LONGEST_NAME, LONGEST_SOURCE, LONGEST_KEY = 60, 40, 200
LARGEST_PROPERTIES = 32 * 1024
LARGEST_AMOUNT = 2**53
_PERSON: Mapping[str, type | tuple[type, ...]] = {
    "contact_id": int,
    "email": str,
    "identity": (list, tuple),
    "visitor": str,
}


class InvalidEvent(ValueError):
    """An event that can never be recorded; the text says why. ``place`` is its index in the batch."""

    def __init__(self, reason: str, place: int = 0) -> None:
        super().__init__(reason)
        self.place = place


@dataclass(frozen=True, slots=True)
class RawEvent:
    """A fact as another system tells it.

    ``person`` has exactly one entry: ``contact_id``, ``email``, ``identity`` (namespace and id) or
    ``visitor`` (the browser's key); empty for nobody's event. ``at`` None means when we got it.
    With a ``key`` the same (source, key) counts once for ever. ``amount`` is in minor units.
    """

    name: str
    at: datetime | None = None
    person: Mapping[str, Any] = field(default_factory=dict)
    source: str = "api"
    key: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    amount: int | None = None
    currency: str = ""


def check(event: RawEvent) -> str:
    """Why this event can never be recorded; empty when it can, as far as its form tells."""
    return (
        check_name(event.name)
        or _check_person(event.person)
        or _check_source(event.source, event.key)
        or _check_money(event.amount, event.currency)
        or _check_time(event.at)
        or _check_properties(event.properties)
    )


def check_name(name: Any) -> str:
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        return "name: noun.past_verb, as in wishlist.item_added, at most 60 small letters, digits and underscores"
    if events.is_registered(name):
        return "" if events.kind(name).is_open else f"name: {name} is recorded by eCRM itself"
    if name.partition(".")[0] in _own_nouns():
        return f"name: events of {name.partition('.')[0]} are recorded by eCRM itself"
    return ""


def pack(batch: Sequence[RawEvent]) -> bytes:
    return orjson.dumps([_as_json(event) for event in batch])


def unpack(body: bytes) -> list[RawEvent]:
    return [_from_json(row) for row in orjson.loads(body)]


def _as_json(event: RawEvent) -> dict[str, Any]:
    row = {name: getattr(event, name) for name in RawEvent.__slots__}
    return {name: value for name, value in row.items() if value not in (None, "", {})}


def _from_json(row: dict[str, Any]) -> RawEvent:
    at = row.pop("at", None)
    return RawEvent(at=datetime.fromisoformat(at) if at else None, **row)


def _own_nouns() -> frozenset[str]:
    """Whatever no other system has any say in: e-mails, consent, segments."""
    open_ones = {kind.name.partition(".")[0] for kind in events.kinds() if kind.is_open}
    return frozenset(kind.name.partition(".")[0] for kind in events.kinds()) - open_ones


def _check_person(person: Any) -> str:
    if not isinstance(person, Mapping) or len(person) > 1:
        return "person: exactly one of contact_id, email, identity, visitor"
    entries: list[tuple[Any, Any]] = list(person.items())
    for kind, value in entries:
        if kind not in _PERSON or not isinstance(value, _PERSON[kind]):
            return "person: one of contact_id (number), email, identity ([namespace, id]), visitor"
        given: Any = value
        if kind == "identity" and (len(given) != 2 or not all(isinstance(part, str) and part for part in given)):
            return "person: identity is [namespace, id]"
        if kind == "identity" and is_junk(given[1]):
            return "person: this id stands for nobody (null, undefined, guest, 0)"
        if kind == "contact_id" and not 0 < given < 2**63:
            return "person: contact_id is a positive number"
    return ""


def _check_source(source: Any, key: Any) -> str:
    if not isinstance(source, str) or len(source) > LONGEST_SOURCE:
        return "source: at most 40 characters"
    if not isinstance(key, str) or len(key) > LONGEST_KEY:
        return "key: at most 200 characters"
    return "text: no NUL characters" if "\0" in source + key else ""


def _check_money(amount: Any, currency: Any) -> str:
    if amount is None:
        return ""
    if not isinstance(amount, int) or isinstance(amount, bool) or abs(amount) > LARGEST_AMOUNT:
        return "amount: a whole number of minor units"
    is_code = isinstance(currency, str) and re.fullmatch("[A-Z]{3}", currency)
    return "" if is_code else "currency: three capital letters (ISO 4217)"


def _check_time(at: Any) -> str:
    if at is None or (isinstance(at, datetime) and at.tzinfo is not None):
        return ""
    return "at: a time with its zone (RFC 3339)"


def _check_properties(properties: Any) -> str:
    if not isinstance(properties, Mapping):
        return "properties: an object"
    try:
        written = orjson.dumps(dict(properties))
    except TypeError:
        return "properties: JSON"
    if b"\\u0000" in written:
        return "text: no NUL characters"
    return "" if len(written) <= LARGEST_PROPERTIES else "properties: at most 32 KiB"
