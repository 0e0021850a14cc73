"""What a value may be: the commonest ones among the people a member sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from django.db.models import F

from contacts import events, towns
from contacts.models import Company, Contact, Event, PostalAddress
from contacts.segments import counting
from contacts.segments.counting import TooSlow
from contacts.segments.happenings import PREFIX
from ecrm.tenancy.models import Membership

SHOWN = 8
# So many rows say what is common; reading more would only take longer.
SAMPLE = 5_000
EVENTS = 300


def known(about: str, text: str, *, membership: Membership, of: str = "", detail: str = "") -> list[str]:
    """Up to eight texts that hold ``text``, the commonest first. ``of`` and ``detail``: an event and its detail."""
    try:
        with counting.limited(1):
            if about in ("detail", "what"):
                return _of_events(about, text, membership, of, detail)
            source = _SOURCES.get(about)
            return [] if source is None else _commonest(source(text, membership))
    except TooSlow:
        return []


def _commonest(found: Iterable[str]) -> list[str]:
    return [value for value, _times in Counter(value for value in found if value).most_common(SHOWN)]


def _of_people(field: str) -> Callable[[str, Membership], Iterable[str]]:
    def values(text: str, membership: Membership) -> Iterable[str]:
        people = Contact.objects.visible_to(membership).unbinned().exclude(**{field: ""})
        return people.filter(**{f"{field}__icontains": text}).values_list(field, flat=True)[:SAMPLE]

    return values


def _of_addresses(field: str) -> Callable[[str, Membership], Iterable[str]]:
    def values(text: str, membership: Membership) -> Iterable[str]:
        people = Contact.objects.visible_to(membership).unbinned().values("pk")
        rows = PostalAddress.objects.filter(**{f"{field}__icontains": text}, contact__in=people)
        return rows.values_list(field, flat=True)[:SAMPLE]

    return values


def _companies(text: str, membership: Membership) -> Iterable[str]:
    named = Company.objects.filter(name__icontains=text, binned_at=None).order_by("name_norm")
    return named.values_list(F("name"), flat=True)[:SHOWN]


def _places(text: str, membership: Membership) -> Iterable[str]:
    wanted = text.casefold()
    return [f"{town.name}, {town.country}" for town in towns.towns() if any(wanted in name for name in town.names)]


_SOURCES: dict[str, Callable[[str, Membership], Iterable[str]]] = {
    **{field: _of_people(field) for field in ("city", "source", "job_title", "time_zone")},
    **{field: _of_addresses(field) for field in ("postcode", "region")},
    "company": _companies,
    "place": _places,
}


def _of_events(about: str, text: str, membership: Membership, of: str, detail: str) -> list[str]:
    """Of the newest events of a name: the details they have, or what one of them says."""
    name = of.removeprefix(PREFIX)
    if not membership.may(events.shown_as(name).capability):
        return []
    newest = Event.objects.filter(name=name).order_by("-occurred_at").values_list("properties", flat=True)[:EVENTS]
    said = (pair for properties in newest for pair in properties.items())
    if about == "detail":
        return _commonest(key for key, _value in said if text.casefold() in key.casefold())
    values = (str(value) for key, value in said if key == detail and not isinstance(value, (dict, list)))
    return _commonest(value for value in values if text.casefold() in value.casefold())
