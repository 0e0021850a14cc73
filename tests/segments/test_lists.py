"""Segments by hand: people are put on a list, taken off, copied from elsewhere; nobody moves by themselves."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from contacts import services
from contacts.models import Contact, Segment, SegmentMembership, SegmentPick
from contacts.models.segments import Cause
from contacts.segments import lists
from contacts.segments.services import change_rule, create_segment, members, refresh_dirty
from ecrm.jobs import outbox
from ecrm.jobs.models import Job
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.segments.conftest import condition

PORTUGAL = condition("country", "any_of", ["PT"])


@pytest.fixture
def people(alice: Member, person: Callable[..., Contact]) -> list[Contact]:
    return [
        person("Ana", emails=["ana@example.com"], country="PT"),
        person("Bea", emails=["bea@example.com"], country="PT"),
        person("Carl", emails=["carl@example.com"], country="DE"),
    ]


def names(segment: Segment) -> list[str]:
    return sorted(members(segment).values_list("name", flat=True))


def causes(segment: Segment, side: str) -> set[int]:
    stays = SegmentMembership.objects.filter(segment=segment, **{f"{side}_at__isnull": False})
    return set(stays.values_list(f"{side}_cause", flat=True))


def test_a_list_is_made_from_addresses_and_names_those_nobody_has(alice: Member, people: list[Contact]) -> None:
    form = {"name": "Guests", "people": "ANA@example.com, nobody@example.com\ncarl@example.com"}
    assert alice.post("create_list", form=form).status_code == 302
    assert "nobody@example.com" in alice.get("segment_list").content.decode()
    with tenant_context(alice.tenant):
        outbox.drain()
        segment = Segment.objects.get(name="Guests")
        assert names(segment) == ["Ana", "Carl"]
        assert segment.member_count == 2
        assert causes(segment, "entered") == {Cause.HAND}


def test_a_list_without_a_name_or_with_a_taken_one_is_refused_with_what_was_written(
    alice: Member, people: list[Contact]
) -> None:
    answer = alice.post("create_list", form={"name": " ", "people": "ana@example.com"})
    assert answer.status_code == 422
    assert "ana@example.com" in answer.content.decode()
    with tenant_context(alice.tenant):
        assert not Segment.objects.exists()


def test_people_are_put_on_and_taken_off_and_come_back_by_undo(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        segment = lists.create_static(name="Guests", by=alice.user)
        outbox.drain()
    for _twice in range(2):
        assert alice.post("add_to_segment", segment.pk, form={"people": "bea@example.com"}).status_code == 302
    with tenant_context(alice.tenant):
        outbox.drain()
        assert names(segment) == ["Bea"]
        assert SegmentPick.objects.get().picked_by == alice.user
    assert alice.post("remove_from_segment", segment.pk, form={"contact": people[1].pk}).status_code == 302
    with tenant_context(alice.tenant):
        outbox.drain()
        assert names(segment) == []
        assert causes(segment, "left") == {Cause.HAND}
    undo = f"{alice.url('add_to_segment', segment.pk)}?ids={people[1].pk}"
    assert f'action="{undo}"' in alice.get("segment_members", segment.pk).content.decode()
    assert alice.client.post(undo).status_code == 302
    with tenant_context(alice.tenant):
        outbox.drain()
        assert names(segment) == ["Bea"]
        assert segment.refreshed().member_count == 1


def test_nobody_enters_or_leaves_a_list_by_themselves_but_the_bin_hides(alice: Member, people: list[Contact]) -> None:
    segment = lists.create_static(name="Guests", by=None, people=[people[0].pk])
    outbox.drain()
    services.edit_contact(contact=people[0], by=None, country="DE", stage="lapsed")
    refresh_dirty()
    assert names(segment) == ["Ana"]
    services.bin_contact(contact=people[0], by=None)
    refresh_dirty()
    assert segment.refreshed().member_count == 0
    assert causes(segment, "left") == {Cause.BIN}
    services.restore_contact(contact=people[0], by=None)
    refresh_dirty()
    assert names(segment) == ["Ana"]


def test_a_frozen_copy_stays_when_the_rule_finds_others(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        source = create_segment(name="Portugal", rule=PORTUGAL, by=None)
        outbox.drain()
    answer = alice.post("freeze_segment", source.pk, form={"name": "Portugal in spring"})
    assert answer.status_code == 302
    with tenant_context(alice.tenant):
        services.edit_contact(contact=people[0], by=None, country="DE")
        outbox.drain()
        refresh_dirty()
        copy = Segment.objects.get(name="Portugal in spring")
        assert names(source) == ["Bea"]
        assert names(copy) == ["Ana", "Bea"]
        assert causes(copy, "entered") == {Cause.COPY}
    assert "Copy of “Portugal” as it was on" in alice.get("segment_list").content.decode()


def test_rules_combine_lists(alice: Member, people: list[Contact]) -> None:
    guests = lists.create_static(name="Guests", by=None, people=[people[0].pk])
    outbox.drain()
    rule = {"all": [PORTUGAL, {"none": [condition("segment", "in", guests.pk)]}]}
    others = create_segment(name="Others", rule=rule, by=None)
    outbox.drain()
    assert names(others) == ["Bea"]
    lists.add_people(segment=guests, people=[people[1].pk], by=None)
    refresh_dirty()
    assert names(others) == []


def test_a_list_has_no_rule_and_a_rule_has_no_list(alice: Member, people: list[Contact]) -> None:
    guests = lists.create_static(name="Guests", by=None)
    ruled = create_segment(name="Portugal", rule=PORTUGAL, by=None)
    with pytest.raises(ValidationError):
        change_rule(segment=guests, rule=PORTUGAL, by=None)
    with pytest.raises(ValidationError):
        lists.add_people(segment=ruled, people=[people[0].pk], by=None)


def test_only_those_who_may_edit_segments_fill_lists(
    alice: Member, vera: Member, charlie: Member, people: list[Contact]
) -> None:
    with tenant_context(alice.tenant):
        segment = lists.create_static(name="Guests", by=None)
    for verb in ("add_to_segment", "remove_from_segment", "change_list", "freeze_segment", "recalculate_segment"):
        assert vera.post(verb, segment.pk).status_code == 403
        assert charlie.post(verb, segment.pk).status_code == 404


def test_calculating_on_demand_is_a_job_that_ends(alice: Member, people: list[Contact]) -> None:
    with tenant_context(alice.tenant):
        inner = create_segment(name="Portugal", rule=PORTUGAL, by=None)
        create_segment(name="Outer", rule=condition("segment", "in", inner.pk), by=None)
        outbox.drain()
        # Somebody changed the rows behind our back.
        Contact.objects.filter(pk=people[2].pk).update(country="PT")
    for _twice in range(2):
        assert alice.post("recalculate_segment", inner.pk).status_code == 302
    with tenant_context(alice.tenant):
        outbox.drain()
        job = Job.objects.get()
        assert (job.state, job.done, job.total, job.failed) == (Job.State.DONE, 2, 2, 0)
        assert names(inner) == ["Ana", "Bea", "Carl"]
        assert Segment.objects.get(name="Outer").member_count == 3
