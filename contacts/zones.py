"""Where a person's clock is: their own time zone, else what their country or phone number tells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from babel.core import get_global

from ecrm.tenancy.zones import MAIN, known


class Zone(NamedTuple):
    """``name`` is an IANA name, empty when nobody knows; ``is_own`` tells it from a derived one."""

    name: str
    is_own: bool


UNKNOWN = Zone("", False)


def zone_of(contact: Any) -> Zone:
    """The person's zone. Reads their numbers unless ``person.find`` brought them (``phone_list``)."""
    if contact.time_zone:
        return Zone(contact.time_zone, True)
    listed = getattr(contact, "phone_list", None)
    numbers = [one["number"] for one in listed] if listed is not None else _numbers(contact)
    return Zone(derived(country=contact.country, numbers=numbers), False)


def derived(*, country: str, numbers: Sequence[str] = ()) -> str:
    """From a country (ISO 3166) and numbers (E.164, the primary first). Empty where several zones are possible."""
    region, dialled = next(filter(lambda told: told[1], map(_of_number, numbers)), ("", ()))
    land = country or region
    local = _of_country(land)
    if region and region != land:
        return _one(local, land)  # a number from abroad says nothing of where its owner lives
    return _one([zone for zone in dialled if zone in local] or dialled or local, land)


def _one(zones: Sequence[str], country: str) -> str:
    if len(zones) == 1:
        return zones[0]
    main = MAIN.get(country, "")
    return main if main in zones else ""


def _numbers(contact: Any) -> Sequence[str]:
    return list(contact.phones.order_by("-is_primary", "id").values_list("number", flat=True)) if contact.pk else []


@lru_cache(maxsize=1024)
def _of_country(code: str) -> tuple[str, ...]:
    return tuple(sorted(zone for zone, territory in get_global("zone_territories").items() if territory == code))


@lru_cache(maxsize=4096)
def _of_number(number: str) -> tuple[str, tuple[str, ...]]:
    """(country, zones) of a number. The tables of the library are read at the first number."""
    # A module of its own, twenty times as large as the rest: whoever shows no number does without it.
    from phonenumbers import timezone

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "", ()
    zones = tuple(zone for zone in timezone.time_zones_for_number(parsed) if zone in known())
    return phonenumbers.region_code_for_number(parsed) or "", zones
