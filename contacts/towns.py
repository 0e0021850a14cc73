"""Where some towns lie: one for each time zone, by the names the languages of the house give them.

A small table that needs no service and no licence; addresses with coordinates of their own are exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from babel import Locale
from django.conf import settings

EARTH_KM = 6371.0088
_TABLE = Path(__file__).with_name("towns.tsv")


@dataclass(frozen=True, slots=True)
class Town:
    """``names`` are folded for comparison, ``name`` is the English one."""

    name: str
    country: str
    latitude: float
    longitude: float
    names: frozenset[str]


@lru_cache(maxsize=1)
def towns() -> tuple[Town, ...]:
    """Read once."""
    return tuple(_read())


def find(name: str) -> Town | None:
    """By any of its names, whatever the case; with its country's code behind a comma if need be ("Valencia, ES")."""
    wanted, _comma, country = (part.strip() for part in name.partition(","))
    named = [town for town in towns() if wanted.casefold() in town.names]
    return next((town for town in named if not country or town.country == country.upper()), None)


def within(latitude: float, longitude: float, km: float) -> list[Town]:
    """The towns in a circle."""
    return [town for town in towns() if distance(latitude, longitude, town.latitude, town.longitude) <= km]


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Kilometres over the surface of a sphere (the haversine formula)."""
    here, there = math.radians(latitude), math.radians(other_latitude)
    east = math.radians(other_longitude - longitude)
    half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _read() -> Iterator[Town]:
    locales = [Locale.parse(code.replace("-", "_")) for code in sorted({code for code, _name in settings.LANGUAGES})]
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        zone, country, latitude, longitude = line.split("\t")
        name = zone.rpartition("/")[2].replace("_", " ")
        names = {str(locale.time_zones.get(zone, {}).get("city", name)).casefold() for locale in locales}
        yield Town(name, country, float(latitude), float(longitude), frozenset({*names, name.casefold()}))
