"""Stages by rule and by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts import events, provenance, services
from contacts.events import NewEvent
from contacts.models import Contact, Event, StageRule
from contacts.stages import rules
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add, fresh, told


def on(event: str, stage: str, from_stage: str = "") -> StageRule:
    return rules.add_rule(kind="event", event_name=event, stage=stage, from_stage=from_stage, by=None)


def test_an_event_moves_whoever_has_not_come_so_far(in_acme: Tenant, ines: Contact) -> None:
    rule = on("order.placed", "customer")

    events.record("order.placed", contact=ines, amount=1000, currency="EUR")

    assert fresh(ines).stage == "customer"
    moved = Event.objects.get(name="contact.stage_changed")
    assert moved.properties == {"from": "lead", "to": "customer", "rule_id": rule.pk}
    assert provenance.of(ines.pk)["stage"].source_type == "rule"
    events.record("order.placed", contact=ines, amount=1000, currency="EUR")
    assert told(ines).count("contact.stage_changed") == 1


@pytest.mark.parametrize(
    ("stage", "target", "from_stage", "moves"),
    [
        ("visitor", "lead", "", True),
        ("customer", "lead", "", False),
        ("lapsed", "customer", "", True),
        ("customer", "lapsed", "", True),
        ("lead", "customer", "prospect", False),
        ("prospect", "customer", "prospect", True),
    ],
)
def test_from_which_stages(acme: Tenant, stage: str, target: str, from_stage: str, moves: bool) -> None:
    rui = add(acme, name="Rui", stage=stage)
    with tenant_context(acme):
        on("form.submitted", target, from_stage)
        events.record("form.submitted", contact=rui)
    assert (fresh(rui).stage == target) is moves


def test_names_that_other_systems_made_up_are_heard(in_acme: Tenant, ines: Contact) -> None:
    on("contract.signed", "customer")
    events.record_many([NewEvent("contract.signed", ines.pk, is_custom=True), NewEvent("page.viewed", ines.pk)])
    assert fresh(ines).stage == "customer"


def test_silence_moves_those_who_have_been_quiet(acme: Tenant, owner: User) -> None:
    ago = timezone.now() - timedelta(days=200)
    quiet, lively = (
        add(acme, name="Quiet", stage="customer", at=ago),
        add(acme, name="Lively", stage="customer", at=ago),
    )
    lead, back = add(acme, name="Lead", stage="lead", at=ago), add(acme, name="Back", stage="lapsed", at=ago)
    with tenant_context(acme):
        events.record("page.viewed", contact=lively)
        services.edit_contact(contact=back, by=owner, stage="customer")
        rules.add_rule(kind="silence", days=180, from_stage="customer", stage="lapsed", by=owner)

        assert rules.follow_silence() == 1
        assert rules.follow_silence() == 0
    assert [fresh(one).stage for one in (quiet, lively, lead, back)] == ["lapsed", "customer", "lead", "customer"]


def test_many_move_in_a_few_statements(acme: Tenant, owner: User) -> None:
    people = [add(acme, name=f"P{number}") for number in range(3)]
    with tenant_context(acme):
        moved = services.set_stage(contact_ids=[one.pk for one in people], stage="prospect", by=owner)
        assert moved == [one.pk for one in people]
        assert services.set_stage(contact_ids=moved, stage="prospect", by=owner) == []


def test_the_page_adds_and_removes_rules(alice: Member, acme: Tenant) -> None:
    sent = {"kind": "event", "event-event_name": "order.placed", "event-stage": "customer", "event-from_stage": ""}
    assert alice.post("stage_rules", form=sent).status_code == 302
    assert alice.post("stage_rules", form=sent).status_code == 422
    quiet = {"kind": "silence", "silence-days": "90", "silence-stage": "lapsed", "silence-from_stage": "customer"}
    assert alice.post("stage_rules", form=quiet).status_code == 302
    page = alice.get("stage_rules").content.decode()
    assert "Customer → Lapsed after 90 days without activity" in page
    assert "Customer on “Order placed”" in page

    with tenant_context(acme):
        rule = StageRule.objects.get(kind="event")
    alice.post("remove_stage_rule", rule.pk)
    with tenant_context(acme):
        assert StageRule.objects.get().kind == "silence"


@pytest.mark.parametrize("name", ["order placed", "contact.stage_changed", "segment.entered", ""])
def test_what_cannot_be_listened_to(alice: Member, name: str) -> None:
    sent = {"kind": "event", "event-event_name": name, "event-stage": "customer"}
    assert alice.post("stage_rules", form=sent).status_code == 422


def test_who_may(bob: Member, charlie: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        rule = on("order.placed", "customer")
    assert bob.get("stage_rules").status_code == 403
    assert bob.post("remove_stage_rule", rule.pk).status_code == 403
    assert charlie.post("remove_stage_rule", rule.pk).status_code == 404
