"""Conditions about distance: people within so many kilometres of a place.

A person is where their addresses with coordinates are; who has none is in the town they live in, if
the small table of towns knows it. A box of latitudes and longitudes comes first, since only plain
comparisons can use an index behind the tenants' wall; the exact distance decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Avg, Count, F, FloatField, Q, Value
from django.db.models.functions import ASin, Cos, Least, Lower, Power, Radians, Sin, Sqrt
from django.db.models.lookups import In, LessThanOrEqual
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from contacts import criteria, towns
from contacts.criteria import Criterion, Having, Operator, Scope
from contacts.models import Contact, PostalAddress
from contacts.segments.inputs import MAX_LENGTH, Number
from ecrm.ui import formats

MOST_KM = 5_000
KM_PER_DEGREE = math.pi * towns.EARTH_KM / 180


@dataclass(frozen=True, slots=True)
class Place:
    """``{"lat": 41.15, "lng": -8.61, "name": "Porto"}``: coordinates, a town of the table, or one of our addresses."""

    name: str
    label: Any
    before: Any = ""
    after: Any = ""
    initial: None = None
    suggest: str = "place"
    kind: str = "phrase"

    def read(self, sent: Sequence[str], scope: Scope) -> dict[str, Any]:
        text = sent[-1].strip()[:MAX_LENGTH] if sent else ""
        if not text or "\0" in text:
            raise ValidationError(_("Give a town, or a latitude and a longitude."))
        found = _coordinates(text) or _town(text) or _known_address(text)
        if found is None:
            raise ValidationError(
                _("“%(text)s” is not a place we know. Give its latitude and longitude: 41.15, -8.61."),
                params={"text": text[:40]},
            )
        self.check(found)
        return found

    def check(self, value: Any) -> None:
        if not isinstance(value, dict) or not isinstance(value.get("name"), str) or len(value["name"]) > MAX_LENGTH:
            raise ValidationError(_("Give a town, or a latitude and a longitude."))
        for key, most in (("lat", 90), ("lng", 180)):
            degrees = value.get(key)
            if not isinstance(degrees, (int, float)) or isinstance(degrees, bool) or not -most <= degrees <= most:
                raise ValidationError(_("Latitudes go from -90 to 90, longitudes from -180 to 180."))

    def write(self, value: Any, scope: Scope) -> Sequence[str]:
        if value is None:
            return [""]
        return [f"{value['name']} ({value['lat']}, {value['lng']})" if value["name"] else _pair(value)]

    def words(self, value: Any, scope: Scope) -> Any:
        return value["name"] or _pair(value)


def register() -> None:
    km = Number("km", gettext_lazy("Kilometres"), after=gettext_lazy("km of"), initial=25, lowest=1, highest=MOST_KM)
    place = Place("place", gettext_lazy("Place"))
    operators = (
        Operator(
            "within",
            gettext_lazy("within"),
            ngettext_lazy("Within %(km)s km of %(place)s", "Within %(km)s km of %(place)s", "km"),
            (km, place),
        ),
        Operator(
            "not_within",
            gettext_lazy("not within"),
            ngettext_lazy("Not within %(km)s km of %(place)s", "Not within %(km)s km of %(place)s", "km"),
            (km, place),
        ),
        Operator("known", gettext_lazy("is known"), gettext_lazy("Place on the map is known")),
        Operator("unknown", gettext_lazy("is not known"), gettext_lazy("Place on the map is not known")),
    )
    criteria.register(
        Criterion(
            "near",
            gettext_lazy("Place on the map"),
            "place",
            operators,
            _compile,
            _explain,
            moved_by=("field:addresses", "field:city", "field:country"),
        )
    )


def _compile(operator: str, value: Any, scope: Scope) -> Q:
    if operator in ("known", "unknown"):
        found = Q(Having(_located())) | _lives_in(towns.towns())
    else:
        found = _near(value["place"]["lat"], value["place"]["lng"], value["km"])
    return ~found if operator in ("not_within", "unknown") else found


def _near(latitude: float, longitude: float, km: float) -> Q:
    inside = _located().filter(_box(latitude, longitude, km)).filter(_exactly(latitude, longitude, km))
    near_towns = towns.within(latitude, longitude, km)
    if not near_towns:
        return Q(Having(inside))
    return Q(Having(inside)) | (_lives_in(near_towns) & ~Q(Having(_located())))


def _located() -> Any:
    return PostalAddress.objects.filter(latitude__isnull=False)


def _lives_in(some: Sequence[towns.Town]) -> Q:
    """By the name of the town; the country counts where it is known."""
    names: dict[str, set[str]] = {"": set()}
    for town in some:
        names.setdefault(town.country, set()).update(town.names)
        names[""] |= town.names
    found = Q(pk__in=[])
    for country, own in sorted(names.items()):
        found |= Q(In(Lower("city"), sorted(own)), country=country)
    return found


def _box(latitude: float, longitude: float, km: float) -> Q:
    """A little wider than the circle. Around a pole every longitude, across the date line two ranges."""
    up = km / KM_PER_DEGREE + 1e-6
    found = Q(latitude__gte=latitude - up, latitude__lte=latitude + up)
    farthest = max(abs(latitude - up), abs(latitude + up))
    if farthest >= 90:
        return found
    ratio = math.sin(km / towns.EARTH_KM) / math.cos(math.radians(latitude))
    if ratio >= 1:
        return found
    aside = math.degrees(math.asin(ratio)) + 1e-6
    west, east = longitude - aside, longitude + aside
    if west < -180:
        return found & (Q(longitude__lte=east) | Q(longitude__gte=west + 360))
    if east > 180:
        return found & (Q(longitude__gte=west) | Q(longitude__lte=east - 360))
    return found & Q(longitude__gte=west, longitude__lte=east)


def _exactly(latitude: float, longitude: float, km: float) -> Q:
    """The haversine formula, as ``towns.distance`` has it."""
    here = math.radians(latitude)
    there = Radians(F("latitude"))
    north = Sin((there - Value(here)) / Value(2.0))
    east = Sin((Radians(F("longitude")) - Value(math.radians(longitude))) / Value(2.0))
    half = Power(north, Value(2.0)) + Value(math.cos(here)) * Cos(there) * Power(east, Value(2.0))
    far = Value(2 * towns.EARTH_KM) * ASin(Least(Value(1.0), Sqrt(half)))
    return Q(LessThanOrEqual(far, Value(float(km), output_field=FloatField())))


def _explain(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    spots = list(PostalAddress.objects.filter(contact=contact, latitude__isnull=False))
    points = [(row.latitude or 0.0, row.longitude or 0.0, row.city) for row in spots] or _by_town(contact)
    if not points:
        return _("not known")
    if operator in ("known", "unknown"):
        return points[0][2] or _pair({"lat": points[0][0], "lng": points[0][1]})
    centre = value["place"]
    nearest = min(points, key=lambda each: towns.distance(centre["lat"], centre["lng"], each[0], each[1]))
    far = towns.distance(centre["lat"], centre["lng"], nearest[0], nearest[1])
    return _("%(km)s km away (%(city)s)") % {"km": formats.number(round(far)), "city": nearest[2] or _("address")}


def _by_town(contact: Contact) -> list[tuple[float, float, str]]:
    named = [town for town in towns.towns() if contact.city.lower() in town.names]
    here = [town for town in named if contact.country in ("", town.country)]
    return [(town.latitude, town.longitude, contact.city) for town in here]


def _coordinates(text: str) -> dict[str, Any] | None:
    """ "41.15, -8.61", alone or in brackets behind a name."""
    name, _bracket, rest = text.rpartition("(") if text.endswith(")") else ("", "", text)
    parts = rest.rstrip(")").replace(";", ",").split(",")
    try:
        latitude, longitude = (float(part) for part in parts)
    except ValueError:
        return None
    return {"lat": latitude, "lng": longitude, "name": name.strip()}


def _town(text: str) -> dict[str, Any] | None:
    town = towns.find(text)
    return {"lat": town.latitude, "lng": town.longitude, "name": text.strip()} if town else None


def _known_address(text: str) -> dict[str, Any] | None:
    """The middle of our own addresses of that town or postcode."""
    rows = PostalAddress.objects.filter(Q(city__iexact=text) | Q(postcode__iexact=text), latitude__isnull=False)
    found = rows.aggregate(lat=Avg("latitude"), lng=Avg("longitude"), number=Count("pk"))
    if not found["number"]:
        return None
    return {"lat": round(found["lat"], 5), "lng": round(found["lng"], 5), "name": text}


def _pair(value: dict[str, Any]) -> str:
    return f"{value['lat']}, {value['lng']}"
