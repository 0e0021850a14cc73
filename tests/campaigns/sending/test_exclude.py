"""Who is left out of a send, and why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db.models import Q

from campaigns import exclusions
from campaigns.models import Campaign, Delivery, Exclusion
from campaigns.sending import audience, services
from consent import rules, suppression
from contacts.models import Contact
from tests.campaigns.sending import world
from tests.mail.catching import RunningCatcher

pytestmark = pytest.mark.usefixtures("in_acme")


@pytest.fixture
def mixed() -> dict[str, Contact]:
    """One person for every reason, and one who gets it."""
    found = {
        "": world.person("yes@example.com"),
        "no_consent": world.person("silent@example.com", agreed=False),
        "no_address": world.person("", agreed=True, name="Nobody Home"),
        "withdrawn": world.person("left@example.com"),
        "suppressed": world.person("gone@example.com"),
    }
    world.opt_out(found["withdrawn"])
    suppression.suppress(address_norm="gone@example.com", reason="complaint")
    return found


@pytest.fixture
def no_germans() -> Iterator[None]:
    rule = exclusions.Rule("weekend", "Not on weekends", lambda campaign: Q(country="DE"))
    exclusions.register(rule)
    yield
    exclusions._rules.pop("weekend")


def test_everybody_is_sent_to_or_has_one_reason(mixed: dict[str, Contact], catcher: RunningCatcher) -> None:
    campaign = world.send(world.campaign())
    reasons = dict(Exclusion.objects.filter(campaign=campaign).values_list("contact_id", "reason"))
    assert reasons == {contact.pk: reason for reason, contact in mixed.items() if reason}
    assert catcher.delivered_to() == ["yes@example.com"]


def test_a_rehearsal_counts_what_the_send_does(mixed: dict[str, Contact], catcher: RunningCatcher) -> None:
    campaign = world.campaign()
    rehearsal = services.rehearse(campaign)
    world.send(campaign)
    assert rehearsal.eligible == Delivery.objects.filter(campaign=campaign).count() == 1
    assert rehearsal.exclusions == world.reasons(campaign)
    assert rehearsal.sample == [mixed[""].pk]
    assert list(rehearsal.per_content.values()) == [1]


def test_the_engine_and_consent_have_one_rule(mixed: dict[str, Contact]) -> None:
    purpose = world.newsletter()
    campaign = world.campaign()
    services.start(campaign, by=None)
    list(audience.materialise(campaign.pk))
    reached = set(Delivery.objects.filter(campaign=campaign).values_list("contact_id", flat=True))
    allowed = {contact.pk for contact in mixed.values() if rules.may(contact, purpose).allowed}
    assert reached <= allowed
    assert allowed - reached == {mixed["no_address"].pk, mixed["suppressed"].pk}


def test_a_delivery_names_the_ledger_row_that_allows_it(mixed: dict[str, Contact], catcher: RunningCatcher) -> None:
    world.send(world.campaign())
    delivery = Delivery.objects.get()
    assert delivery.consent_record == rules.may(mixed[""], world.newsletter()).record


def test_upper_rooms_add_reasons(no_germans: None, catcher: RunningCatcher) -> None:
    world.person("hans@example.com", country="DE")
    world.person("ana@example.com", country="PT")
    campaign = world.send(world.campaign())
    assert world.reasons(campaign) == {"weekend": 1}
    assert catcher.delivered_to() == ["ana@example.com"]


def test_a_contract_needs_no_consent_but_a_living_address(catcher: RunningCatcher) -> None:
    world.person("buyer@example.com", agreed=False)
    world.person("gone@example.com", agreed=False)
    suppression.suppress(address_norm="gone@example.com", reason="hard_bounce")
    service = world.purpose("service")
    campaign = world.send(world.campaign(purpose=service))
    assert catcher.delivered_to() == ["buyer@example.com"]
    assert world.reasons(campaign) == {"suppressed": 1}


def test_a_holdout_is_the_same_people_every_time() -> None:
    world.people(40)
    campaign = world.campaign(holdout_percent=30)
    first, second = services.rehearse(campaign), services.rehearse(campaign)
    assert first == second
    assert 0 < first.exclusions["holdout"] < 40


def test_variants_share_the_audience(catcher: RunningCatcher) -> None:
    world.people(30)
    campaign = world.campaign()
    original = campaign.contents.get()
    campaign.contents.create(language="en", variant="B", subject="Other", blocks=original.blocks)
    per_content = services.rehearse(campaign).per_content
    assert sum(per_content.values()) == 30
    assert all(count > 0 for count in per_content.values())
    assert len(per_content) == 2


def test_an_audience_broken_off_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch, catcher: RunningCatcher) -> None:
    monkeypatch.setattr(audience, "FIRST_RANGE", 3)
    monkeypatch.setattr(audience, "LATER_RANGE", 3)
    world.people(8)
    campaign = world.campaign()
    services.start(campaign, by=None)
    broken_off = audience.materialise(campaign.pk)
    next(broken_off)
    broken_off.close()
    assert Delivery.objects.filter(campaign=campaign).count() == 3
    world.run(campaign)
    assert len(catcher.delivered_to()) == len(set(catcher.delivered_to())) == 8


def test_people_who_join_the_segment_later_wait_for_the_next_campaign(catcher: RunningCatcher) -> None:
    world.people(2)
    campaign = world.send(world.campaign())
    world.person("late@example.com")
    world.run(campaign)
    assert "late@example.com" not in catcher.delivered_to()
    assert Campaign.objects.get(pk=campaign.pk).audience_position > 0
