"""History against a chronicle: whatever people do and colleagues change, it answers who was in, when and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st

from consent import purposes
from consent import services as consent
from contacts import events, services
from contacts.fields.writing import write
from contacts.models import Contact, DirtyContact, Segment, SegmentMembership
from contacts.models.segments import Cause
from contacts.segments import lists, recalculation, story
from contacts.segments.services import change_rule, create_segment, members, recalculate, refresh_dirty
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.contacts.fields.conftest import make as make_field
from tests.segments.chronicle import Chronicle, part_at
from tests.segments.conftest import condition

PEOPLE = 4
# All that happens happens on a full ten minutes; what is asked lies five minutes off.
BEAT, BETWEEN, DAY = timedelta(minutes=10), timedelta(minutes=5), timedelta(days=1)
TAGS = ("tea", "vip")
DAYS = st.sampled_from([1, 2, 5])
PAID = {"amount": 100, "currency": "EUR"}
EVENTS = st.sampled_from(["page.viewed", "order.placed"])


def leaf(criterion: Any, operators: list[str], values: Any = None) -> st.SearchStrategy[dict[str, Any]]:
    criterion = criterion if isinstance(criterion, st.SearchStrategy) else st.just(criterion)
    return st.builds(condition, criterion, st.sampled_from(operators), values if values is not None else st.none())


LEAVES = st.one_of(
    leaf("country", ["any_of", "none_of"], st.sampled_from([["PT"], ["PT", "ES"]])),
    leaf("stage", ["any_of", "none_of"], st.sampled_from([["lead"], ["customer", "prospect"]])),
    leaf("tag", ["any_of", "all_of", "none_of"], st.sampled_from([["tea"], ["tea", "vip"]])),
    leaf("field:tier", ["any_of", "none_of"], st.sampled_from([["gold"], ["gold", "silver"]])),
    leaf("consent", ["granted", "refused", "unasked"], st.just("newsletter")),
    leaf(EVENTS.map("event:{}".format), ["in_last", "not_in_last"], DAYS),
    leaf(EVENTS.map("event:{}".format), ["ever", "never"]),
    leaf("event:page.viewed", ["at_least"], st.fixed_dictionaries({"times": st.integers(1, 2), "days": DAYS})),
)
RULES = st.recursive(
    LEAVES,
    lambda nodes: st.builds(
        lambda kind, parts: {kind: parts},
        st.sampled_from(["all", "any", "none"]),
        st.lists(nodes, min_size=1, max_size=3),
    ),
    max_leaves=4,
)
ACTS = st.one_of(
    st.tuples(st.just("country"), st.sampled_from(["PT", "ES", "DE", ""])),
    st.tuples(st.just("stage"), st.sampled_from(["lead", "prospect", "customer"])),
    st.tuples(st.just("tag"), st.sampled_from(TAGS)),
    st.tuples(st.just("field:tier"), st.sampled_from(["gold", "silver", None])),
    st.tuples(st.just("consent"), st.sampled_from(["granted", "refused"])),
    st.tuples(st.just("event"), EVENTS),
    st.tuples(st.just("event"), EVENTS),
    st.tuples(st.just("picked"), st.booleans()),
    st.tuples(st.just("binned"), st.booleans()),
    st.tuples(st.just("binned"), st.booleans()),
    st.tuples(st.just("rule"), RULES),
)
STEPS = st.lists(
    st.tuples(
        st.integers(1, 200).map(lambda beats: beats * BEAT),
        st.lists(st.tuples(st.integers(0, PEOPLE - 1), ACTS), min_size=1, max_size=4),
    ),
    min_size=3,
    max_size=8,
)


# Of every cause one: a rule's start and change, an act, the clock, the list, the bin.
EVERY_CAUSE = (
    (condition("country", "any_of", ["PT"]), condition("event:page.viewed", "not_in_last", 5)),
    [
        (BEAT, [(0, ("country", "PT")), (1, ("event", "page.viewed")), (2, ("picked", True))]),
        (BEAT, [(0, ("rule", condition("event:page.viewed", "in_last", 1)))]),
        (2 * DAY, [(1, ("event", "page.viewed")), (2, ("binned", True)), (3, ("picked", True))]),
        (2 * DAY, [(2, ("binned", False)), (3, ("picked", False))]),
    ],
    [0.1, 0.4, 0.6, 0.9],
)


@pytest.mark.slow
def test_history_answers_what_the_chronicle_says(in_acme: Tenant) -> None:
    moved: set[Cause] = set()

    @settings(
        max_examples=15,
        phases=[Phase.explicit, Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @example(*EVERY_CAUSE)
    @given(st.tuples(RULES, RULES), STEPS, st.lists(st.floats(0, 1), min_size=4, max_size=4))
    def live(rules: tuple[Any, Any], steps: list[Any], moments: list[float]) -> None:
        with transaction.atomic():
            world = World(rules)
            for wait, acts in steps:
                world.go_on(wait, acts)
            for segment in world.segments:
                note(f"{segment.pk} {segment.name} {world.told.rules[segment.pk]}")
                instants = [world.start - BETWEEN, *map(world.instant, sorted(moments)), world.clock]
                for at in instants:
                    assert ids(members(segment, at=at)) - world.binned_at(at) == world.expected(segment, at)
                for since, until in pairwise(instants):
                    check_difference(world, segment, since, until)
                moved.update(check_causes(world, segment))
                check_story(world, segment)
            transaction.set_rollback(True)

    live()
    assert moved >= {Cause.START, Cause.RULE, Cause.CHANGE, Cause.CLOCK, Cause.HAND, Cause.BIN}


class World:
    """Four people, a segment whose rule is edited, a list by hand, and a segment that refers to both.

    The clock is followed as the ticks do: when a segment is due, and everybody once a day.
    """

    def __init__(self, rules: tuple[Any, Any]) -> None:
        self.told = Chronicle()
        self.clock = self.start = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=60)
        make_field("choice", key="tier")
        self.tag_ids = {tag: make.TagFactory(name=tag).pk for tag in TAGS}
        self.people = [
            services.create_contact(by=None, at=self.start - DAY, name=f"Person {number}").pk
            for number in range(PEOPLE)
        ]
        for person in self.people:
            for name, value in (("country", ""), ("stage", Contact.objects.get(pk=person).stage)):
                self.told.note(person, name, value, self.start - DAY)
        DirtyContact.objects.all().delete()
        self.list = lists.create_static(name="By hand", by=None)
        self.ruled = self._segment("Ruled", rules[0])
        both = {"any": [condition("segment", "in", self.ruled.pk), condition("segment", "in", self.list.pk)]}
        self.nested = self._segment("Nested", {"all": [both, rules[1]]})
        Segment.objects.filter(pk=self.list.pk).update(created_at=self.start)
        recalculate(self.list, at=self.start)
        self.told.ruled(self.list.pk, condition("picked", "is", self.list.pk), self.start)
        self.segments = [self.list, self.ruled, self.nested]

    def _segment(self, name: str, rule: Any) -> Segment:
        made = create_segment(name=name, rule=self._named(rule), by=None, at=self.start)
        recalculate(made, at=self.start)
        self.told.ruled(made.pk, rule, self.start)
        return made

    def go_on(self, wait: timedelta, acts: list[Any]) -> None:
        """A rule is edited at an instant of its own, so that its effect can be told from that of acts."""
        self._wait(wait)
        done: set[tuple[int, str]] = set()
        for number, (act, value) in acts:
            # Twice the same at one instant has no order that a ledger could keep.
            if act != "rule" and (number, act) not in done:
                done.add((number, act))
                self._act(self.people[number], act, value)
        self._tick(self.clock)
        for _number, (act, value) in acts:
            if act == "rule":
                self._wait(BEAT)
                self._edit(value)
                self._tick(self.clock)

    def _wait(self, wait: timedelta) -> None:
        until = self.clock + wait
        while (due := self._next_due()) is not None and due < until:
            self._tick(due)
        self.clock = until

    def _edit(self, rule: Any) -> None:
        if change_rule(segment=self.ruled, rule=self._named(rule), by=None, at=self.clock):
            recalculate(self.ruled, at=self.clock)
            self.told.ruled(self.ruled.pk, rule, self.clock)

    def _act(self, person: int, act: str, value: Any) -> None:  # noqa: C901
        at = self.clock
        contact = Contact.objects.get(pk=person)
        if act == "picked":
            put = lists.add_people if value else lists.remove_people
            put(segment=self.list, people=[person], by=None, at=at)
            self.told.note(person, f"picked {self.list.pk}", value, at)
        elif act == "binned":
            put_away = services.bin_contacts if value else services.restore_contacts
            put_away(contact_ids=[person], by=None, at=at)
            self.told.note(person, "binned", value, at)
        elif contact.binned_at is not None:
            return
        elif act == "event":
            events.record(value, contact=contact, at=at, **(PAID if value == "order.placed" else {}))
            self.told.happened(person, value, at)
        elif act == "consent":
            say = consent.grant if value == "granted" else consent.withdraw
            purpose = purposes.by_key("newsletter")
            assert purpose is not None
            say(contact=contact, purpose=purpose, source="staff", evidence={"origin": "phone"}, at=at)
            self.told.note(person, "consent", value, at)
        elif act == "tag":
            has = self.told.value(person, "tag", at) or frozenset()
            change = services.remove_tags if value in has else services.add_tags
            change(contact_ids=[person], names=[value], by=None, at=at)
            self.told.note(person, "tag", has ^ {value}, at)
        elif act == "field:tier":
            write("contact", {person: {"tier": value}}, by=None, at=at)
            self.told.note(person, act, value, at)
        else:
            services.edit_contact(contact=contact, by=None, at=at, **{act: value})
            self.told.note(person, act, value, at)

    def _named(self, rule: Any) -> Any:
        """With the numbers of tags for their names."""
        if "criterion" not in rule:
            ((kind, parts),) = rule.items()
            return {kind: [self._named(part) for part in parts]}
        is_tag = rule["criterion"] == "tag"
        return {**rule, "value": [self.tag_ids[tag] for tag in rule["value"]]} if is_tag else rule

    def _next_due(self) -> datetime | None:
        due = [each for segment in Segment.objects.all() for each in _due(segment)]
        return min((max(each, self.clock) for each in due), default=None)

    def _tick(self, at: datetime) -> None:
        for segment in Segment.objects.order_by("pk"):
            if segment.reconciled_at is None or segment.reconciled_at + DAY <= at:
                recalculate(segment, at=at)
            elif segment.next_boundary_at is not None and segment.next_boundary_at <= at:
                recalculation.follow_clock(segment, now=at)
        while refresh_dirty(now=at):
            pass

    def instant(self, share: float) -> datetime:
        """Somewhere in the time told, where nothing can have happened."""
        beats = (self.clock - self.start) // BEAT
        return self.start + int(share * (beats - 1)) * BEAT + BETWEEN

    def expected(self, segment: Segment, at: datetime) -> set[int]:
        return self.told.members(segment.pk, self.people, at)

    def binned_at(self, at: datetime) -> set[int]:
        return {person for person in self.people if self.told.value(person, "binned", at)}


def _due(segment: Segment) -> list[datetime]:
    nightly = segment.reconciled_at + DAY if segment.reconciled_at else None
    return [at for at in (nightly, segment.next_boundary_at) if at is not None]


def check_difference(world: World, segment: Segment, since: datetime, until: datetime) -> None:
    stays = SegmentMembership.objects.filter(segment=segment)
    came = list(stays.filter(entered_at__gt=since, entered_at__lte=until).values_list("contact", flat=True))
    went = list(stays.filter(left_at__gt=since, left_at__lte=until).values_list("contact", flat=True))
    for person in world.people:
        was, is_ = (world.told.is_in(segment.pk, person, at) for at in (since, until))
        assert was + came.count(person) - went.count(person) == is_


def check_causes(world: World, segment: Segment) -> set[Cause]:
    """Each stay began and ended when the chronicle says, and for what had changed then."""
    words, seen = story.Words(segment, lambda _capability: True), set()
    for stay in SegmentMembership.objects.filter(segment=segment):
        for side in story.SIDES:
            at = getattr(stay, f"{side}_at")
            if at is not None:
                seen.add(check_cause(world, segment, stay, side, at))
                assert words.of(stay, side)
    return seen


def check_cause(world: World, segment: Segment, stay: SegmentMembership, side: str, at: datetime) -> Cause:
    told, person = world.told, stay.contact_id
    cause, place = Cause(getattr(stay, f"{side}_cause")), getattr(stay, f"{side}_place")
    note(f"{segment.name}: person {person} {side} at {at} for {cause!r} {place}")
    assert told.is_in(segment.pk, person, at) == (side == "entered")
    assert told.is_in(segment.pk, person, at - BETWEEN) != (side == "entered")
    rule, former = told.rule(segment.pk, at), told.rule(segment.pk, at - BETWEEN)
    if former is None:
        assert cause == Cause.START
    elif former is not rule:
        assert cause == Cause.RULE
    elif bool(told.value(person, "binned", at)) != bool(told.value(person, "binned", at - BETWEEN)):
        assert cause == Cause.BIN
    elif segment == world.list:
        assert cause == Cause.HAND
    elif place:
        blamed = part_at(rule, place)
        assert told.holds(blamed, person, at) != told.holds(blamed, person, at - BETWEEN), blamed
        asked = blamed["criterion"]
        has_happened = at in told.events[person, asked.removeprefix("event:")]
        assert cause == (Cause.CLOCK if asked.startswith("event:") and not has_happened else Cause.CHANGE)
        assert cause == Cause.CLOCK or asked == "segment" or (person, at) in told.touched
    else:
        assert cause == Cause.CHANGE
    return cause


def check_story(world: World, segment: Segment) -> None:
    """The days in the middle of what is told: members at their beginning and end, moves between."""
    first, last = (timezone.localdate(world.instant(share)) for share in (0.3, 0.7))
    period = story.Period(first, last)
    told = story.story(segment, period, story.Words(segment, lambda _capability: True))
    assert told.at_start == len(world.expected(segment, period.since - BETWEEN))
    assert told.at_end == len(world.expected(segment, period.until - BETWEEN))
    assert told.at_start + told.entered - told.left == told.at_end
    assert sum(reason.entered for reason in told.reasons) == told.entered


def ids(people: Any) -> set[int]:
    return set(people.values_list("pk", flat=True))
