"""Memberships follow the rule, the person and the clock; the history tells who came and left."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from contacts import criteria, dirty, events, services
from contacts.models import Contact, DirtyContact, Event, Segment, SegmentMembership, Tag
from contacts.segments import recalculation
from contacts.segments.services import (
    archive_segment,
    change_rule,
    members,
    recalculate,
    refresh_dirty,
    restore_segment,
)
from ecrm.jobs import outbox
from tests.segments.conftest import condition

PORTUGAL = condition("country", "any_of", ["PT"])


def names(segment: Segment) -> list[str]:
    return sorted(members(segment).values_list("name", flat=True))


def told(contact: Contact) -> list[str]:
    events_ = Event.objects.filter(contact_id=contact.pk, name__startswith="segment.").order_by("occurred_at", "id")
    return list(events_.values_list("name", flat=True))


def catch_up() -> None:
    while refresh_dirty():
        pass


def full(segment: Segment) -> set[int]:
    """What a calculation of everybody from nothing would find."""
    return set(recalculation.counting.matching(segment.rule, criteria.Scope.current()).values_list("pk", flat=True))


def test_a_new_segment_has_its_members_and_they_have_it_in_their_history(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana, bob = person("Ana", country="PT"), person("Bob", country="DE")
    segment = segment_of(PORTUGAL)
    assert names(segment) == ["Ana"]
    assert segment.member_count == 1
    assert segment.calculated_version == segment.rule_version
    assert told(ana) == ["segment.entered"]
    assert told(bob) == []


def test_a_changed_person_enters_and_leaves_by_the_next_refresh(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana = person("Ana", country="DE")
    segment = segment_of(PORTUGAL)
    catch_up()
    services.edit_contact(contact=ana, by=None, country="PT")
    catch_up()
    assert (names(segment), segment.refreshed().member_count) == (["Ana"], 1)
    services.edit_contact(contact=ana.refreshed(), by=None, country="ES")
    catch_up()
    assert (names(segment), segment.refreshed().member_count) == ([], 0)
    assert told(ana) == ["segment.entered", "segment.left"]
    stay = SegmentMembership.objects.get(contact=ana)
    assert stay.entered_at <= stay.left_at
    assert not DirtyContact.objects.exists()


def test_a_person_in_the_bin_leaves_and_comes_back(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana = person("Ana", country="PT")
    segment = segment_of(PORTUGAL)
    services.bin_contact(contact=ana, by=None)
    catch_up()
    assert segment.refreshed().member_count == 0
    services.restore_contact(contact=ana.refreshed(), by=None)
    catch_up()
    assert names(segment) == ["Ana"]
    assert told(ana) == ["segment.entered", "segment.left", "segment.entered"]


def test_membership_can_be_asked_of_any_instant(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana = person("Ana", country="PT")
    segment = segment_of(PORTUGAL)
    entered = timezone.now()
    services.edit_contact(contact=ana, by=None, country="ES")
    catch_up()
    left = timezone.now()
    answers = [members(segment, at=at).exists() for at in (entered - timedelta(hours=1), entered, left)]
    assert answers == [False, True, False]


def test_a_second_refresh_changes_nothing(person: Callable[..., Contact], segment_of: Callable[..., Segment]) -> None:
    ana = person("Ana", country="PT")
    segment = segment_of(PORTUGAL)
    dirty.mark([ana.pk, ana.pk])
    catch_up()
    recalculate(segment)
    assert SegmentMembership.objects.count() == 1
    assert told(ana) == ["segment.entered"]


def test_a_changed_rule_replaces_the_members(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    person("Ana", country="PT"), person("Bob", country="DE")
    segment = segment_of(PORTUGAL)
    assert change_rule(segment=segment, rule=condition("country", "any_of", ["DE"]), by=None)
    outbox.drain()
    assert names(segment) == ["Bob"]
    segment = segment.refreshed()
    assert segment.calculated_version == segment.rule_version == 2


def test_the_clock_alone_moves_people_when_their_hour_has_come(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana, bob = person("Ana"), person("Bob")
    now = timezone.now()
    for contact, days in ((ana, 29.999), (bob, 10)):
        events.record("page.viewed", contact=contact, at=now - timedelta(days=days))
    recent = segment_of(condition("event:page.viewed", "in_last", 30), "Recent")
    quiet = segment_of({"none": [condition("segment", "in", recent.pk)]}, "Quiet")
    catch_up()
    assert names(recent) == ["Ana", "Bob"]
    # Ana's visit will be thirty days old in about a minute and a half.
    due = recent.next_boundary_at
    assert now < due < now + timedelta(minutes=3)
    later = now + timedelta(minutes=10)
    assert recalculation.follow_clock(recent, now=later) == 1
    refresh_dirty(now=later)
    assert names(recent) == ["Bob"]
    assert names(quiet) == ["Ana"]
    assert recent.refreshed().next_boundary_at > now + timedelta(days=19)


def test_segments_follow_the_segments_they_refer_to(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana = person("Ana", country="DE")
    # Made in this order, so that the identity order is not the order of calculation.
    outer = segment_of(condition("stage", "any_of", ["customer"]), "Outer")
    inner = segment_of(PORTUGAL, "Inner")
    change_rule(segment=outer, rule=condition("segment", "in", inner.pk), by=None)
    outbox.drain()
    services.edit_contact(contact=ana, by=None, country="PT")
    catch_up()
    assert names(inner) == names(outer) == ["Ana"]
    change_rule(segment=inner, rule=condition("country", "any_of", ["ES"]), by=None)
    outbox.drain()
    assert names(inner) == names(outer) == []
    assert outer.refreshed().member_count == 0


def test_a_broken_rule_keeps_the_last_good_members_and_says_so(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    person("Ana", country="PT")
    inner = segment_of(PORTUGAL, "Inner")
    outer = segment_of(condition("segment", "in", inner.pk), "Outer")
    archive_segment(segment=inner, by=None)
    outbox.drain()
    bob = person("Bob", country="PT")
    catch_up()
    outer = outer.refreshed()
    assert "“Inner”" in outer.broken_reason
    assert names(outer) == ["Ana"]
    assert told(bob) == []
    restore_segment(segment=inner.refreshed(), by=None)
    outbox.drain()
    assert outer.refreshed().broken_reason == ""
    assert names(outer) == ["Ana", "Bob"]


def test_restoring_closes_no_circle(person: Callable[..., Contact], segment_of: Callable[..., Segment]) -> None:
    last = segment_of(PORTUGAL, "Last")
    first = segment_of(condition("segment", "in", last.pk), "First")
    middle = segment_of(condition("segment", "in", first.pk), "Middle")
    archive_segment(segment=first, by=None)
    change_rule(segment=last, rule=condition("segment", "in", middle.pk), by=None)
    with pytest.raises(ValidationError, match="circles"):
        restore_segment(segment=first.refreshed(), by=None)
    assert first.refreshed().archived_at is not None


def test_a_rule_that_cannot_be_read_breaks_only_its_own_segment(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana = person("Ana", country="PT")
    good, bad = segment_of(PORTUGAL, "Good"), segment_of(PORTUGAL, "Bad")
    overflowing = condition("tag", "any_of", [2**63])
    Segment.objects.filter(pk=bad.pk).update(rule={"all": [overflowing]}, rule_version=2)
    recalculate(bad)
    services.edit_contact(contact=ana, by=None, country="ES")
    catch_up()
    assert names(good) == []
    assert names(bad) == ["Ana"]
    assert bad.refreshed().broken_reason


def test_a_rule_the_database_refuses_breaks_only_its_own_segment(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    """All rules are one question about the people who were touched: one that fails spoils no other's answer."""
    ana, bob = person("Ana", country="PT"), person("Bob", country="DE")
    good, bad = segment_of(PORTUGAL, "Good"), segment_of(PORTUGAL, "Bad")
    inner = condition("segment", "in", good.pk)
    follows = segment_of(inner, "Follows")
    overflowing = condition("tag", "any_of", [2**63])
    Segment.objects.filter(pk=bad.pk).update(rule={"all": [overflowing]})
    services.edit_contact(contact=ana, by=None, country="ES")
    services.edit_contact(contact=bob, by=None, country="PT")
    catch_up()
    assert (names(good), names(follows)) == (["Bob"], ["Bob"])
    assert names(bad) == ["Ana"]
    assert bad.refreshed().broken_reason
    assert not good.refreshed().broken_reason


def test_marks_of_another_tenant_are_left_alone(
    person: Callable[..., Contact], segment_of: Callable[..., Segment], globex: Any
) -> None:
    from ecrm.tenancy.context import tenant_context

    catch_up()
    with tenant_context(globex):
        services.create_contact(by=None, name="Charlie's customer", country="PT")
        marks = DirtyContact.objects.count()
    assert marks
    segment = segment_of(PORTUGAL)
    catch_up()
    assert names(segment) == []
    with tenant_context(globex):
        assert DirtyContact.objects.count() == marks


@pytest.mark.slow
def test_after_many_random_changes_the_members_are_those_of_a_full_calculation(
    crowd: list[Contact], segment_of: Callable[..., Segment]
) -> None:
    import random

    rng = random.Random(7)
    vip = Tag.objects.get(name="vip")
    rules = [
        PORTUGAL,
        {"all": [condition("tag", "any_of", [vip.pk]), {"none": [condition("stage", "any_of", ["lead"])]}]},
        {"any": [condition("event:page.viewed", "at_least", {"times": 2, "days": 90}), PORTUGAL]},
        condition("spent", "spent", {"amount": {"minor": 500, "currency": "EUR"}, "days": 30}),
        condition("event:order.placed", "not_in_last", 5),
    ]
    segments = [segment_of(rule, f"Segment {number}") for number, rule in enumerate(rules)]
    segments.append(segment_of({"none": [condition("segment", "in", segments[3].pk)]}, "Nested"))
    for _step in range(150):
        contact = rng.choice(crowd).refreshed()
        _change_something(rng, contact)
        if rng.random() < 0.3:
            catch_up()
    catch_up()
    for segment in segments:
        open_stays = SegmentMembership.objects.filter(segment=segment, left_at=None)
        assert set(open_stays.values_list("contact", flat=True)) == full(segment), segment.name
        assert segment.refreshed().member_count == len(full(segment))
        assert open_stays.count() == len(full(segment))
    with connection.cursor() as cursor:
        # Nobody is in twice at the same time, and no stay ends before it began.
        cursor.execute(
            "SELECT count(*) FROM contacts_segmentmembership a JOIN contacts_segmentmembership b"
            " ON a.contact_id = b.contact_id AND a.segment_id = b.segment_id AND a.id < b.id"
            " WHERE a.left_at < a.entered_at"
            " OR tstzrange(a.entered_at, a.left_at) && tstzrange(b.entered_at, b.left_at)"
        )
        assert cursor.fetchone() == (0,)


def _change_something(rng: Any, contact: Contact) -> None:
    match rng.randrange(5):
        case 0:
            services.edit_contact(contact=contact, by=None, country=rng.choice(["PT", "ES", ""]))
        case 1:
            services.add_tags(contact_ids=[contact.pk], names=[rng.choice(["vip", "tea"])], by=None)
        case 2:
            services.remove_tags(contact_ids=[contact.pk], names=[rng.choice(["vip", "tea"])], by=None)
        case 3:
            at = timezone.now() - timedelta(days=rng.choice([1, 10, 40]))
            events.record("order.placed", contact=contact, at=at, amount=rng.choice([100, 900]), currency="EUR")
        case 4:
            events.record("page.viewed", contact=contact, at=timezone.now() - timedelta(days=rng.choice([1, 100])))
