"""A campaign from "send" to the mailbox."""

from __future__ import annotations

import re
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from campaigns.models import Delivery, Link
from campaigns.models.campaign import State
from campaigns.sending import services
from campaigns.sending.addresses import UNSUBSCRIBE
from campaigns.sending.services import NotReady
from ecrm.mail import message_ids
from ecrm.tenancy import tokens
from tests.campaigns.sending import world
from tests.cast import Member
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.usefixtures("in_acme")


def test_those_who_agreed_get_one_message_each(catcher: RunningCatcher, alice: Member) -> None:
    world.people(3)
    world.person("silent@example.com", agreed=False)
    campaign = world.send(world.campaign(), by=alice.user)
    assert sorted(catcher.delivered_to()) == [f"person{number}@example.com" for number in range(3)]
    assert campaign.state == State.SENT
    assert campaign.finished_at is not None
    assert world.reasons(campaign) == {"no_consent": 1}


def test_a_message_is_about_its_person_and_carries_their_way_out(catcher: RunningCatcher) -> None:
    ana = world.person("ana@example.com", given_name="Ana <b>", city="Łódź")
    world.send(world.campaign())
    mail, html = _only_mail(catcher)
    delivery = Delivery.objects.get(contact=ana)
    assert "Hello Ana &lt;b&gt;" in html
    assert "Łódź" in html
    assert message_ids.delivery_id(mail["Message-ID"]) == delivery.pk
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = re.fullmatch(r"<http://[^/]+/p/u/([\w-]+)>", mail["List-Unsubscribe"].replace("\n ", ""))
    assert token is not None
    assert tokens.read(UNSUBSCRIBE, token[1]).object_id == delivery.pk


def test_a_preview_shows_what_is_sent(catcher: RunningCatcher) -> None:
    ana = world.person("ana@example.com", given_name="Ana", city="Porto")
    campaign = world.campaign()
    shown = services.preview(campaign, contact=ana)
    world.send(campaign)
    mail, html = _only_mail(catcher)
    assert shown.subject == mail["Subject"]
    assert _without_addresses(shown.html) == _without_addresses(html)


def test_a_send_is_part_of_the_history(catcher: RunningCatcher) -> None:
    ana = world.person("ana@example.com")
    world.send(world.campaign())
    assert world.event_names(ana)[-1] == "email.sent"


def test_a_second_click_sends_nothing_twice(catcher: RunningCatcher, alice: Member) -> None:
    world.people(2)
    campaign = world.campaign()
    assert services.start(campaign, by=alice.user)
    assert not services.start(campaign, by=alice.user)
    world.run(campaign)
    world.run(campaign)
    assert len(catcher.delivered_to()) == 2


def test_an_unknown_merge_field_stops_a_campaign_before_anybody_is_written_to(catcher: RunningCatcher) -> None:
    world.people(2)
    blocks = [{"kind": "heading", "id": "title", "text": "Hello {{ contact.givenname }}"}]
    campaign = world.campaign(blocks=blocks)
    with pytest.raises(NotReady) as caught:
        services.start(campaign, by=None)
    problem = caught.value.content_problems[0].problem
    assert (problem.block_id, problem.field) == ("title", "text")
    assert "contact.given_name" in problem.message
    assert campaign.refreshed().state == State.DRAFT


def test_a_campaign_without_its_parts_says_what_is_missing() -> None:
    campaign = world.campaign(languages=(), purpose=None, identity=None)
    with pytest.raises(NotReady) as caught:
        services.start(campaign, by=None)
    assert set(caught.value.message_dict) == {"purpose", "identity", "content"}


def test_each_person_gets_the_campaign_in_their_language(catcher: RunningCatcher) -> None:
    for address, language in (("a@example.com", "pt-BR"), ("b@example.com", "pt"), ("c@example.com", "fr")):
        world.person(address, language=language)
    world.send(world.campaign(languages=("pt", "en")))
    subjects = {message["to"]: message["subject"] for message in _listed(catcher)}
    assert subjects == {"a@example.com": "Spring (pt)", "b@example.com": "Spring (pt)", "c@example.com": "Spring (en)"}


def test_links_are_numbered_once_for_a_campaign(catcher: RunningCatcher) -> None:
    world.person("ana@example.com")
    campaign = world.send(world.campaign(languages=("en", "pt")))
    assert [link.url for link in Link.objects.filter(campaign=campaign)] == ["https://shop.example/spring"]


def test_only_those_who_allow_it_get_the_pixel(catcher: RunningCatcher) -> None:
    world.person("seen@example.com", tracked=True)
    world.person("unseen@example.com")
    world.send(world.campaign())
    has_pixel = {message["to"]: "/p/o/" in message["html"] for message in catcher.messages()}
    assert has_pixel == {"seen@example.com": True, "unseen@example.com": False}


def test_a_test_message_goes_to_members_only(catcher: RunningCatcher, alice: Member) -> None:
    ana = world.person("ana@example.com", given_name="Ana")
    campaign = world.campaign()
    services.send_test(campaign, contact=ana, to=alice.user.email, by=alice.user)
    with pytest.raises(services.ValidationError):
        services.send_test(campaign, contact=ana, to="ana@example.com", by=alice.user)
    assert catcher.delivered_to() == [alice.user.email]
    assert _listed(catcher)[0]["subject"].startswith("[Test]")


def _only_mail(catcher: RunningCatcher) -> tuple[EmailMessage, str]:
    (message,) = catcher.messages()
    parsed: Any = message_from_string(message["raw"], policy=default)
    return parsed, message["html"]


def _listed(catcher: RunningCatcher) -> list[dict[str, Any]]:
    return catcher.messages()


def _without_addresses(html: str) -> str:
    """Links of a preview act for nobody, so they differ; nothing else may. A line end means a blank."""
    return " ".join(re.sub(r'(href|src)="[^"]*"', "", html).split())
