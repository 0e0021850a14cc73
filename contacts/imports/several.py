"""What one row says of several addresses, numbers and places, read from the cells of ``flat_people``.

An export of ours writes them; any other file may have some of the columns as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from contacts import flat_people
from contacts.flat_people import MANY, PARTS
from contacts.imports import values
from contacts.imports.values import Reader
from contacts.models.people import ChildKind
from contacts.phones import LONGEST_WRITTEN
from ecrm.keys import address_hash

MOST = 100  # of one kind in one row
LONGEST_NAMESPACE = 60
OLDEST_YEAR = 1900
_LIMITS = {"street": 200, "postcode": 20, "city": 120, "region": 120}
Row = dict[str, Any]
# What only completes other columns of its row.
COMPLETING = frozenset(
    {"more_emails", "email_details", "phone_details", "phones_written", "address_details", "own_city", "own_country"}
    | {"more_addresses"}
)


class Partly(ValidationError):
    """Some parts of a cell cannot be read; ``sound`` are the others."""

    def __init__(self, reasons: list[str], sound: list[Any]) -> None:
        super().__init__(reasons)
        self.sound = sound


def emails(cell: str, reader: Reader) -> list[dict[str, str]]:
    """What cannot be read leaves a gap (None), because other columns count places."""
    return _each(cell, lambda part: values.email(part.strip(), reader), leaves_gaps=True)


def details(cell: str, reader: Reader) -> list[dict[str, Any]]:
    """Of each address or number in its place: ``kind``, ``verified_at``, ``latitude`` and ``longitude``."""
    return [_details(part, reader) for part in cell.split(MANY)[:MOST]]


def detail(cell: str, reader: Reader) -> dict[str, Any]:
    return _details(cell, reader)


def written(cell: str, reader: Reader) -> list[str]:
    parts = flat_people.split(cell, MANY)[:MOST]
    return [flat_people.unescaped(part).strip()[:LONGEST_WRITTEN] for part in parts]


def places(cell: str, reader: Reader) -> list[dict[str, Any]]:
    return _each(cell, lambda part: _place(part, reader))


def identities(cell: str, reader: Reader) -> list[list[str]]:
    """Pairs of namespace and id."""
    return _each(cell, _identity)


def owner(cell: str, reader: Reader) -> str:
    """The address of a colleague; whether there is one is seen when the row is compared."""
    text = cell.strip().lower().rpartition("<")[2].rstrip("> ")
    if len(text) > 254:
        raise ValidationError(_("“%(value)s” is no colleague's email address.") % {"value": cell.strip()[:60]})
    return text


def time_zone(cell: str, reader: Reader) -> str:
    name = cell.strip()
    if name not in _time_zones():
        raise ValidationError(_("“%(value)s” is not a time zone.") % {"value": name[:60]})
    return name


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def arrange(given: Row) -> None:
    """Puts what belongs together into one, from parsed cells of ``COMPLETING``.

    ``emails`` are those beyond the second, ``marks`` the kinds of the first two, ``place`` is what is
    known of the address beyond its lines, ``places`` are further ones.
    """
    _arrange_place(given)
    given |= {"places": given.pop("more_addresses")} if "more_addresses" in given else {}
    _arrange_emails(given, given.pop("email_details", ()), list(given.pop("more_emails", ())))
    told, spelled = given.pop("phone_details", ()), given.pop("phones_written", ())
    given |= {"phone": _completed(given["phone"], told, spelled)} if "phone" in given else {}


def _arrange_emails(given: Row, told: Sequence[Row], further: list[Row | None]) -> None:
    placed = [*((place, given[key]) for place, key in enumerate(("email", "email2")) if key in given)]
    placed += ((place, one) for place, one in enumerate(further, start=2) if one is not None)
    marks = {}
    for (place, one), key in zip(placed, ("email", "email2"), strict=False):
        given[key] = one
        if _at(told, place) not in ({}, _PLAIN):
            marks[key] = _at(told, place)
    if marks:
        given["marks"] = marks
    if placed[2:]:
        given["emails"] = [
            {"address": one["written"], "norm": one["norm"], "hash": address_hash(one["norm"]).hex(), **_at(told, n)}
            for n, one in placed[2:]
        ]


def settle_emails(given: Row, *norms: str) -> None:
    """Leaves out further addresses that are the row's first or second, or that it has twice."""
    found = {one["norm"]: one for one in reversed(given.pop("emails", ())) if one["norm"] not in norms}
    if found:
        given["emails"] = list(reversed(found.values()))


def _completed(numbers: Sequence[Row], told: Sequence[Row], spelled: Sequence[str]) -> list[Row]:
    """The numbers with what other columns say of each in its place: of all, or else it is not known of which."""
    told = told if len(told) == len(numbers) else ()
    spelled = spelled if len(spelled) == len(numbers) else ()
    return [
        {**one, **({"written": spelled[n]} if n < len(spelled) and spelled[n] else {}), **_at(told, n)}
        for n, one in enumerate(numbers)
    ]


def _arrange_place(given: Row) -> None:
    """Where there is an address of its own, the row's city and country belong to that."""
    place = given.pop("address_details", None)
    own = {name: given.pop(f"own_{name}", None) for name in ("city", "country")}
    if place is None:
        return
    for name, value in own.items():
        place[name] = given.pop(name, "")
        if value:
            given[name] = value
    given["place"] = place


def _at(told: Sequence[Mapping[str, Any]], place: int) -> Mapping[str, Any]:
    return told[place] if place < len(told) else {}


_PLAIN = {"kind": ChildKind.OTHER.value}


def _details(text: str, reader: Reader) -> dict[str, Any]:
    found: dict[str, Any] = dict(_PLAIN)
    for word in text.split():
        if word in ChildKind.values:
            found["kind"] = word
        elif word == "yes":
            found["verified_at"] = reader.now.isoformat()
        elif "," in word:
            found |= _position(word)
        else:
            found["verified_at"] = _instant(word, reader)
    return found


def _instant(word: str, reader: Reader) -> str:
    try:
        found = parse_datetime(word)
    except ValueError:
        found = None
    if found is not None and not timezone.is_aware(found):
        found = found.replace(tzinfo=reader.zone)
    if found is None or found.year <= OLDEST_YEAR or found > reader.now:
        raise ValidationError(_("“%(value)s” is not a date.") % {"value": word[:60]})
    return found.isoformat()


def _position(word: str) -> dict[str, float]:
    try:
        latitude, longitude = map(float, word.split(","))
    except ValueError:
        latitude = longitude = 1000.0
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValidationError(_("Latitudes go from -90 to 90, longitudes from -180 to 180."))
    return {"latitude": latitude, "longitude": longitude}


def _place(text: str, reader: Reader) -> dict[str, Any]:
    parts = [" ".join(flat_people.unescaped(part).split()) for part in flat_people.split(text, ";")]
    named = dict(zip(PARTS, [*parts, *[""] * len(PARTS)], strict=False))
    if named["country"]:
        named["country"] = values.country(named["country"], reader)
    for name, limit in _LIMITS.items():
        values.words(limit)(named[name], reader)
    return {**named, **_details(parts[len(PARTS)] if len(parts) > len(PARTS) else "", reader)}


def _identity(text: str) -> list[str]:
    namespace, *rest = flat_people.split(text, ":")
    namespace, external_id = flat_people.unescaped(namespace).strip(), flat_people.unescaped(":".join(rest))
    if not namespace or not rest or len(namespace) > LONGEST_NAMESPACE:
        raise ValidationError(
            _("“%(value)s” is not a system and a number in it, as in shop:1001.") % {"value": text[:60]}
        )
    return [namespace, values.external_id(external_id, Reader())]


def _each(cell: str, read: Callable[[str], Any], *, leaves_gaps: bool = False) -> list[Any]:
    """Raises ``Partly`` where some parts cannot be read."""
    sound: list[Any] = []
    reasons: list[str] = []
    for part in _parts(cell):
        try:
            sound.append(read(part))
        except ValidationError as error:
            reasons += error.messages
            sound += [None] if leaves_gaps else []
    if reasons:
        raise Partly(reasons, sound)
    return sound


def _parts(cell: str) -> list[str]:
    found = [part for part in flat_people.split(cell, MANY) if part.strip()]
    if len(found) > MOST:
        raise ValidationError(_("At most %(limit)s fit in one row.") % {"limit": MOST})
    return found
