"""One question to people, pages and actions; each member finds what they may see."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact, Segment
from contacts.services import binning, create_contact
from ecrm.search import matching, recents
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Membership, Tenant
from tests.cast import Member
from tests.factories import CampaignFactory, SegmentFactory

TITLE = 0


@pytest.fixture
def rui(acme: Tenant, alice: Member) -> Contact:
    with tenant_context(acme):
        return create_contact(name="Rui Tavares", emails=["rui@correio.example"], by=alice.user)


def page(member: Member, text: str) -> str:
    return member.get("search", query={"q": text}).content.decode()


def membership(member: Member) -> Membership:
    return member.tenant.memberships.get(user=member.user)


def titles(member: Member, text: str) -> list[str]:
    groups = member.get("palette", query={"q": text}).context["groups"]
    return [found.title for group in groups for found in group.found]


@pytest.mark.parametrize("text", ["Rui", "tavares", "rui@correio.example", "TAVARES RUI"])
def test_a_person_is_found_by_any_part(text: str, alice: Member, rui: Contact) -> None:
    for name in ("search", "palette"):
        assert f"/acme/contacts/{rui.pk}/" in alice.get(name, query={"q": text}).content.decode()


def test_a_binned_person_is_not(alice: Member, rui: Contact, acme: Tenant) -> None:
    with tenant_context(acme):
        binning.bin_contact(contact=rui, by=alice.user)
    assert f"/contacts/{rui.pk}/" not in page(alice, "Rui")


def test_nothing_of_another_tenant_is_found(charlie: Member, rui: Contact) -> None:
    assert "Tavares" not in page(charlie, "Rui Tav").replace("Rui Tav”", "")
    assert titles(charlie, "Tavares") == []


def test_a_slip_of_the_finger_is_forgiven(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        SegmentFactory(name="Wholesale Lisbon")
        CampaignFactory(name="Spring refill")
    assert "Wholesale Lisbon" in titles(alice, "wholsale")
    assert "Spring refill" in titles(alice, "refil sprng")


def test_pages_and_actions_follow_the_role(alice: Member, vera: Member) -> None:
    assert "New contact" in titles(alice, "add person")
    assert "New contact" not in titles(vera, "add person")
    assert "Notifications" in titles(vera, "quiet hours")
    assert "Places" in titles(alice, "hide menu")
    assert "Places" not in titles(vera, "hide menu")


def test_an_empty_question_gives_what_was_opened_last(alice: Member, bob: Member, rui: Contact, acme: Tenant) -> None:
    alice.get("contact_page", rui.pk)
    assert titles(alice, "")[TITLE] == "Rui Tavares"
    assert "Rui Tavares" not in titles(bob, "")
    with tenant_context(acme):
        binning.bin_contact(contact=rui, by=alice.user)
    assert "Rui Tavares" not in titles(alice, "")


def test_the_last_eight_are_kept_newest_first(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        segments = [SegmentFactory(name=f"Segment of {number}") for number in range(10)]
        for segment in (*segments, segments[5]):
            recents.remember(membership(alice), "segments", segment.pk)
    kept = [title for title in titles(alice, "") if title.startswith("Segment of")]
    assert kept[:2] == ["Segment of 5", "Segment of 9"]
    assert len(kept) == recents.KEPT


def test_an_answer_costs_few_queries_however_much_there_is(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        for number in range(12):
            create_contact(name=f"Rui {number}", by=alice.user)
            SegmentFactory(name=f"Rui segment {number}")
    assert titles(alice, "rui")
    with CaptureQueriesContext(connection) as asked:
        alice.get("palette", query={"q": "rui"})
    with CaptureQueriesContext(connection) as empty:
        alice.get("bell")
    # Beside what any page costs: two for people, for cases and for companies (whom nobody is called by, so that
    # those written alike are looked for), one each for segments and campaigns.
    assert len(asked) - len(empty) <= 8


def test_a_question_may_be_anything(alice: Member) -> None:
    for text in ("\0", "%_\\", "'\"<script>", "a" * 5000, "💐", "   "):
        assert alice.get("palette", query={"q": text}).status_code == 200
    assert "<script>" not in page(alice, "<script>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lis", ["Lisbon", "Wholesale Lisbon"]),
        ("lodz", ["Łódź"]),
        ("lisbon wholesale", ["Wholesale Lisbon"]),
        ("lisbno", ["Lisbon", "Wholesale Lisbon"]),
        ("xyz", []),
        ("", []),
    ],
)
def test_names_are_matched_folded_and_closest_first(text: str, expected: list[str]) -> None:
    names = ["Wholesale Lisbon", "Lisbon", "Łódź"]
    assert matching.best(text, ((name, name) for name in names), limit=5) == expected


def test_the_cache_away_harms_no_page(alice: Member, rui: Contact, settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert alice.get("contact_page", rui.pk).status_code == 200
    assert alice.get("palette").status_code == 200


def test_archived_segments_are_left_out(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        SegmentFactory(name="Gone by now")
        Segment.objects.update(archived_at="2026-01-01T00:00Z")
    assert titles(alice, "gone by now") == []
