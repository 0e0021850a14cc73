"""The dashboard counts what is there: people, who may be written to, messages and human clicks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from analytics import figures
from consent import purposes, suppression
from consent.services import grant, withdraw
from contacts import events, services
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
    sends = figures.sends()
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
