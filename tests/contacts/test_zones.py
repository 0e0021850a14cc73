"""Where a person's clock is."""

from __future__ import annotations

import pytest

from contacts import services, zones
from contacts.models import Contact
from ecrm.tenancy.models import Tenant, User
from ecrm.tenancy.zones import MAIN
from tests.cast import Member


@pytest.mark.parametrize(
    ("country", "numbers", "zone"),
    [
        ("PL", [], "Europe/Warsaw"),
        ("PT", [], "Europe/Lisbon"),
        ("", ["+48601234567"], "Europe/Warsaw"),
        ("US", [], ""),
        ("US", ["+12125551234"], "America/New_York"),
        ("PL", ["+12125551234"], "Europe/Warsaw"),
        ("XX", [], ""),
        ("", ["12"], ""),
        ("", [], ""),
    ],
)
def test_from_country_or_number(country: str, numbers: list[str], zone: str) -> None:
    assert zones.derived(country=country, numbers=numbers) == zone


@pytest.mark.parametrize("country", sorted(MAIN))
def test_every_main_zone_is_one_of_its_country(country: str) -> None:
    assert zones.derived(country=country) == MAIN[country]


def test_an_own_zone_wins(in_acme: Tenant, owner: User, ines: Contact) -> None:
    assert zones.zone_of(ines) == ("Europe/Lisbon", False)
    services.edit_contact(contact=ines, by=owner, time_zone="Asia/Tokyo")
    assert zones.zone_of(ines) == ("Asia/Tokyo", True)


def test_the_page_tells_the_time(alice: Member, ines: Contact) -> None:
    facts = alice.get("contact_page", ines.pk).context["facts"]
    assert next(fact.value for fact in facts if fact.key == "time_zone")
