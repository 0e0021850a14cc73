"""Where people are: coordinates of their addresses, else the town they live in."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from contacts import services, towns
from contacts.criteria import Scope, get
from contacts.entries import AddressEntry
from contacts.models import Contact, PostalAddress
from contacts.segments import counting
from tests.segments.conftest import condition

RIVER = AddressEntry(street="Cais 1", city="Porto", country="PT", latitude=41.14, longitude=-8.61)


def near(km: int, **place: object) -> dict[str, object]:
    return condition("near", "within", {"km": km, "place": {"name": "", **place}})


def test_an_address_keeps_its_coordinates_until_others_are_given(person: Callable[..., Contact]) -> None:
    ana = person("Ana", addresses=[RIVER])
    assert counting.count(near(5, lat=41.15, lng=-8.61)) == 1
    plain = AddressEntry(street="Cais 1", city="Porto", country="PT", kind="work")
    services.edit_contact(contact=ana, by=None, addresses=[plain])
    assert counting.count(near(5, lat=41.15, lng=-8.61)) == 1
    moved = AddressEntry(street="Cais 1", city="Porto", country="PT", latitude=52.5, longitude=13.4)
    services.edit_contact(contact=ana, by=None, addresses=[moved])
    assert counting.count(near(5, lat=41.15, lng=-8.61)) == 0
    assert PostalAddress.objects.get().latitude == 52.5


@pytest.mark.parametrize(("latitude", "longitude"), [(91.0, 0.0), (1.0, None), (0.0, -180.5)])
def test_coordinates_come_in_pairs_and_lie_on_earth(
    person: Callable[..., Contact], latitude: float, longitude: float | None
) -> None:
    with pytest.raises(ValidationError):
        person("Ana", addresses=[AddressEntry(city="Porto", latitude=latitude, longitude=longitude)])


def test_who_has_no_coordinates_is_in_their_town(person: Callable[..., Contact]) -> None:
    person("Ana", city="Lizbona")
    person("Bea", city="LISBOA", country="PT")
    person("Carl", city="Lisbon", country="US")
    person("Dora", city="Lisboa", country="PT", addresses=[RIVER])
    lisbon = towns.find("Lisbon")
    assert lisbon is not None
    assert counting.count(near(10, lat=lisbon.latitude, lng=lisbon.longitude)) == 2


def test_a_place_is_read_from_what_people_write(person: Callable[..., Contact]) -> None:
    person("Ana", addresses=[AddressEntry(street="Rua 1", city="Vila Verde", latitude=41.65, longitude=-8.43)])
    place, scope = get("near").operators[0].inputs[1], Scope.current()
    assert place.read(["41.15, -8.61"], scope) == {"lat": 41.15, "lng": -8.61, "name": ""}
    assert place.read(["warszawa"], scope)["lat"] == 52.25
    known = place.read(["vila verde"], scope)
    assert (known["lat"], known["lng"]) == (41.65, -8.43)
    assert place.read(place.write(known, scope), scope) == known
    for nonsense in ("", "Nowhere at all", "91, 0", "1, 2, 3"):
        with pytest.raises(ValidationError):
            place.read([nonsense], scope)
