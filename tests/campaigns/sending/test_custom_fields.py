"""The tenant's own fields in what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from campaigns.content.blocks import Content, problems
from campaigns.sending import services
from contacts import fields
from contacts.fields import defining
from contacts.models import Contact
from contacts.services import get_or_create_companies
from contacts.texts import own_fields
from ecrm.tenancy.roles import Role
from tests.campaigns.sending import world
from tests.cast import Member
from tests.contacts.fields.conftest import make
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.usefixtures("in_acme")

WORDS = (
    "Tier {{ contact.fields.tier | default: 'none' }}, {{ contact.fields.points }} points,"
    " worth {{ contact.fields.budget }}"
    "{% if contact.fields.since %}, since {{ contact.fields.since | date: '%d.%m.%Y' }}{% endif %}"
    "{% if contact.fields.points > 10 %}, a lot{% endif %}{% if contact.fields.vip %}, vip{% endif %}"
)
BLOCKS: list[dict[str, Any]] = [
    {"kind": "text", "id": "b1", "html": f"<p>{WORDS}.</p>"},
    {"kind": "button", "id": "b2", "label": "Yours", "url": "{{ contact.fields.page }}"},
]


@pytest.fixture
def ana() -> Contact:
    make("choice", "Tier", key="tier")
    make("number", "Points", key="points")
    make("money", "Budget", key="budget")
    make("date", "Since", key="since")
    make("boolean", "Vip", key="vip")
    make("link", "Page", key="page")
    ana = world.person("ana@example.com")
    values = {
        "tier": "gold",
        "points": 12.5,
        "budget": {"amount": 1250, "currency": "EUR"},
        "since": "2024-03-02",
        "vip": True,
        "page": "https://shop.example/ana",
    }
    fields.write("contact", {ana.pk: values}, by=None)
    return ana


def test_each_gets_their_own_values(catcher: RunningCatcher, ana: Contact) -> None:
    world.person("zoe@example.com")
    campaign = world.campaign(blocks=BLOCKS)
    shown = services.preview(campaign, contact=ana).html

    world.send(campaign)

    told = {mail["to"]: _in_one_line(mail["html"]) for mail in catcher.messages()}
    assert "Tier Gold, 12.5 points, worth €12.50, since 02.03.2024, a lot, vip." in told["ana@example.com"]
    assert "Tier Gold, 12.5 points, worth €12.50, since 02.03.2024, a lot, vip." in _in_one_line(shown)
    assert "Tier none, points, worth ." in told["zoe@example.com"]


def test_a_field_that_is_not_there_is_said_before_anything_is_sent(alice: Member) -> None:
    tier = make("text", "Tier", key="tier")
    content = Content.from_json("Hello {{ contact.fields.tier }}", world.BLOCKS, "")
    assert problems(content) == []

    defining.delete(field=tier, by=alice.user)

    assert [problem.field for problem in problems(content)] == ["subject"]


def test_a_field_that_some_roles_do_not_see_is_none_for_messages() -> None:
    make("text", "Salary", key="salary", visible_to=[Role.SALES])
    content = Content.from_json("You earn {{ contact.fields.salary }}", world.BLOCKS, "")

    assert [problem.field for problem in problems(content)] == ["subject"]


def test_who_deletes_a_field_hears_of_the_campaigns_that_speak_of_it(alice: Member) -> None:
    tier, other = make("text", "Tier", key="tier"), make("text", "Other", key="tie")
    world.campaign(name="Teatime", blocks=[{"kind": "text", "id": "b1", "html": "<p>{{ contact.fields.tier }}</p>"}])

    assert "Teatime" in alice.get("delete_field", tier.pk).content.decode()
    assert "Teatime" not in alice.get("delete_field", other.pk).content.decode()


def test_the_picker_offers_them(alice: Member) -> None:
    make("text", "Favourite shop", key="shop")
    campaign = world.campaign()

    page = alice.get("edit_content", campaign.pk, "en").content.decode()

    assert "Favourite shop" in page


def _in_one_line(html: str) -> str:
    """A line end means a blank."""
    return " ".join(html.split())


@pytest.mark.parametrize("clock", ["UTC", "Asia/Tokyo"])
def test_the_other_kinds_and_an_instant_by_the_clock_of_the_workspace(ana: Contact, clock: str) -> None:
    """A worker has no clock of its own, a colleague another one: the words are those of the preview."""
    make("text", "Note", key="note")
    make("choices", "Likes", key="likes")
    make("datetime", "Visit", key="visit")
    make("person", "Friend", key="friend")
    make("company", "Supplier", key="supplier")
    world.person("zoe@example.com", name="Zoe")
    get_or_create_companies(["Casa Verde"])
    values = {
        "note": "a < b",
        "likes": ["gold", "silver"],
        "visit": "2026-07-01T09:30:00+00:00",
        "friend": "zoe@example.com",
        "supplier": "Casa Verde",
    }
    fields.write("contact", {ana.pk: values}, by=None)
    with timezone.override(clock):
        told = dict(own_fields.pairs([ana.pk], list(values), "en")[ana.pk])
    assert told == {
        "contact.fields.note": "a < b",
        "contact.fields.likes": "Gold, Silver",
        "contact.fields.visit": "2026-07-01T10:30:00",
        "contact.fields.friend": "Zoe",
        "contact.fields.supplier": "Casa Verde",
    }
