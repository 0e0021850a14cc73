"""The dashboard counts what is there: people, who may be written to, messages and human clicks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from analytics import figures
from analytics.people_sets import PARTS
from consent import purposes, suppression
from consent.services import grant, withdraw
from contacts import events, people_sets, services
from contacts.events import NewEvent
from contacts.models import Contact
from ecrm.tenancy.models import Tenant
from tests.cast import Member

pytestmark = pytest.mark.usefixtures("in_acme")


def person(number: int, **fields: object) -> Contact:
    return services.create_contact(by=None, name=f"Person {number}", emails=[f"p{number}@example.com"], **fields)


def test_growth_adds_up_over_months(acme: Tenant) -> None:
    now = datetime(2026, 3, 15, 12, tzinfo=UTC)
    for number, month in enumerate((datetime(2025, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC), now)):
        person(number, at=month)
    growth = figures.growth(Contact.objects.all(), now=now)
    assert growth.joined[-2:] == [1, 1]
    assert growth.totals[0] == 1
    assert growth.totals[-1] == 3
    assert len(growth.months) == len(growth.totals) == 12


def test_everybody_is_in_exactly_one_part(acme: Tenant) -> None:
    newsletter = purposes.by_key("newsletter")
    yes, no, blocked, _never = (person(number) for number in range(4))
    services.create_contact(by=None, name="No address")
    evidence = {"origin": "test"}
    for contact in (yes, no, blocked):
        grant(contact=contact, purpose=newsletter, source="form", evidence=evidence)
    withdraw(contact=no, purpose=newsletter, source="form", evidence=evidence, at=timezone.now() + timedelta(seconds=1))
    suppression.suppress(address_norm="p2@example.com", reason="hard_bounce")
    parts = figures.mailable(Contact.objects.all(), newsletter)
    assert (parts.may, parts.refused, parts.blocked, parts.never_asked, parts.no_address) == (1, 1, 1, 1, 1)
    assert parts.everyone == 5


def test_two_clicks_of_one_person_count_once(acme: Tenant) -> None:
    contact = person(1)
    now = timezone.now()
    events.record_many(
        [NewEvent("email.sent", contact.pk, now, campaign_id=1)]
        + [NewEvent("email.clicked", contact.pk, now, campaign_id=1)] * 2
    )
    sends = figures.sends(figures.Weekly())
    assert (sends.sent, sends.clicked) == (1, 1)
    assert sends.sent_by_week[-1] == 1


def test_revenue_is_for_those_who_may_see_it(alice: Member, vera: Member) -> None:
    contact = person(1)
    events.record("order.placed", contact=contact, amount=123456, currency="EUR")
    assert "€1,234" in alice.get("dashboard").content.decode()
    assert "€1,234" not in vera.get("dashboard").content.decode()


def test_an_empty_workspace_says_so(alice: Member) -> None:
    page = alice.get("dashboard").content.decode()
    assert "Not enough data yet" in page


def test_a_figure_of_people_opens_exactly_those_people(alice: Member, acme: Tenant) -> None:
    now = timezone.now()
    visitor, other, late = person(1), person(2), person(3)
    told = [
        (visitor.pk, now, None),
        (visitor.pk, now, None),
        (None, now, 7),
        (late.pk, now - timedelta(days=200), None),
    ]
    events.record_many([NewEvent("page.viewed", pk, at, visitor_id=browser) for pk, at, browser in told])
    page = alice.get("dashboard").content.decode()
    visits = figures.visits(people_sets.get("visited").narrow(Contact.objects.all()), figures.Weekly())
    assert (visits.people, visits.browsers, visits.views) == (1, 1, 3)
    assert "?only=visited" in page
    shown = alice.get("contact_list", query={"only": "visited"}).content.decode()
    assert visitor.name in shown
    assert other.name not in shown
    assert late.name not in shown


def test_each_part_of_the_mailable_opens_its_people(alice: Member, acme: Tenant) -> None:
    newsletter = purposes.by_key("newsletter")
    people = [person(number) for number in range(5)]
    for contact in people[:3]:
        grant(contact=contact, purpose=newsletter, source="form", evidence={"origin": "test"})
    suppression.suppress(address_norm="p0@example.com", reason="hard_bounce")
    withdraw(contact=people[1], purpose=newsletter, source="form", evidence={"origin": "test"})
    without = services.create_contact(by=None, name="Nobody", emails=[])
    counted = figures.mailable(Contact.objects.all(), newsletter)
    behind = {part: set(people_sets.get(key).narrow(Contact.objects.all())) for part, (key, _words) in PARTS.items()}
    assert {part: len(found) for part, found in behind.items()} == {part: getattr(counted, part) for part in PARTS}
    assert behind == {
        "may": {people[2]},
        "refused": {people[1]},
        "never_asked": {people[3], people[4]},
        "blocked": {people[0]},
        "no_address": {without},
    }
    page = alice.get("dashboard").content.decode()
    assert all(f"?only={key}" in page for key, _words in PARTS.values())


def test_who_joined_this_month_is_who_the_figure_counts(alice: Member, acme: Tenant) -> None:
    person(1, at=figures.month_start() - timedelta(seconds=1))
    new = [person(2, at=figures.month_start()), person(3)]
    assert figures.growth(Contact.objects.all()).joined_this_month == len(new)
    shown = alice.get("contact_list", query={"only": "joined"}).content.decode()
    assert "Person 1" not in shown
    assert all(each.name in shown for each in new)


def test_open_cases_and_the_first_answer_are_told(alice: Member, acme: Tenant) -> None:
    page = alice.get("dashboard").content.decode()
    assert "Open cases" in page
    assert "?view=open" in page


def test_what_a_role_may_not_see_narrows_no_list(bob: Member, acme: Tenant) -> None:
    buyer, _other = person(1), person(2)
    events.record("order.placed", contact=buyer, amount=1, currency="EUR")
    shown = bob.get("contact_list", query={"only": "ordered"}).content.decode()
    assert "Person 2" in shown
