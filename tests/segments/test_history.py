"""Who was in on a date, who came and left between two, and why: read back from the intervals."""

from collections.abc import Callable
from datetime import date, timedelta

from django.utils import timezone

from contacts import dirty, events, services
from contacts.models import Contact, Segment, SegmentMembership
from contacts.models.segments import Cause
from contacts.segments import recalculation, story, trend
from contacts.segments.services import change_rule, create_segment, recalculate, refresh_dirty
from ecrm.jobs import outbox
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.segments.conftest import condition

PORTUGAL = condition("country", "any_of", ["PT"])
RECENT = condition("event:page.viewed", "in_last", 5)


def everything(_capability: str) -> bool:
    return True


def why(segment: Segment, contact: Contact, side: str) -> str:
    stays = SegmentMembership.objects.filter(segment=segment, contact=contact, **{f"{side}_at__isnull": False})
    return story.Words(segment, everything).of(stays.latest(f"{side}_at", "pk"), side)


def test_says_which_condition_moved_whom(person: Callable[..., Contact], segment_of: Callable[..., Segment]) -> None:
    ana, bea = person("Ana", country="PT", at=timezone.now()), person("Bea", country="DE", at=timezone.now())
    rule = {"all": [condition("stage", "none_of", ["lapsed"]), {"any": [PORTUGAL, condition("tag", "known")]}]}
    segment = segment_of(rule)
    assert why(segment, ana, "entered") == "The segment was made"
    services.add_tags(contact_ids=[bea.pk], names=["tea"], by=None)
    services.edit_contact(contact=ana, by=None, stage="lapsed", job_title="Buyer")
    refresh_dirty()
    assert why(segment, bea, "entered") == "Has a tag"
    assert why(segment, ana, "left") == "Stage is none of Lapsed"
    services.bin_contact(contact=bea, by=None)
    refresh_dirty()
    assert why(segment, bea, "left") == Cause.BIN.label


def test_a_look_at_everybody_that_comes_first_says_why_all_the_same(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana, bea = person("Ana", country="DE"), person("Bea", country="PT")
    segment = segment_of({"all": [PORTUGAL, {"none": [condition("stage", "any_of", ["lapsed"])]}]})
    refresh_dirty()
    services.edit_contact(contact=ana, by=None, country="PT", stage="lead")
    services.bin_contact(contact=bea, by=None)
    recalculate(segment)
    refresh_dirty()
    assert why(segment, ana, "entered") == "Country is any of Portugal"
    assert why(segment, bea, "left") == Cause.BIN.label


def test_the_clock_is_named_where_it_moved_somebody(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    now = timezone.now()
    ana = person("Ana", at=now - timedelta(days=40))
    events.record("page.viewed", contact=ana, at=now - timedelta(days=4, hours=23))
    refresh_dirty()
    segment = segment_of(RECENT)
    later = now + timedelta(hours=2)
    recalculation.follow_clock(segment, now=later)
    refresh_dirty(now=later)
    assert why(segment, ana, "left").startswith("Time passed: Page viewed in the last 5 days")


def test_a_condition_is_said_as_it_stood_then(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana, bea = person("Ana", country="PT"), person("Bea", country="DE")
    segment = segment_of(PORTUGAL)
    services.edit_contact(contact=ana, by=None, country="ES")
    refresh_dirty()
    change_rule(segment=segment, rule=condition("country", "any_of", ["DE"]), by=None)
    outbox.drain()
    assert why(segment, ana, "left") == "Country is any of Portugal"
    assert why(segment, bea, "entered") == "Its rule was changed"


def test_another_segment_is_named_as_the_reason(
    person: Callable[..., Contact], segment_of: Callable[..., Segment]
) -> None:
    ana = person("Ana", country="DE")
    inner = segment_of(PORTUGAL, "Inner")
    outer = segment_of({"all": [condition("segment", "in", inner.pk), condition("stage", "any_of", ["lead"])]}, "Outer")
    services.edit_contact(contact=ana, by=None, country="PT")
    refresh_dirty()
    assert why(outer, ana, "entered") == "In segment Inner"


def test_the_story_of_a_period_adds_up(person: Callable[..., Contact], in_acme: Tenant) -> None:
    now = timezone.now()
    people = [person(f"Person {number}", country="PT") for number in range(3)]
    segment = create_segment(name="Portugal", rule=PORTUGAL, by=None, at=now - timedelta(days=20))
    recalculate(segment, at=now - timedelta(days=20))
    Contact.objects.filter(pk=people[0].pk).update(country="DE")
    dirty.mark([people[0].pk], reason="field:country")
    refresh_dirty(now=now - timedelta(days=3))
    today = timezone.localdate()
    told = story.story(
        segment.refreshed(), story.Period(today - timedelta(days=10), today), story.Words(segment, everything)
    )
    assert (told.at_start, told.entered, told.left, told.at_end) == (3, 0, 1, 2)
    assert [(reason.words, reason.entered, reason.left) for reason in told.reasons] == [
        ("Country is any of Portugal", 0, 1)
    ]
    assert list(told.growth.series[0].values) == [3] * 7 + [2] * 4
    whole = story.story(
        segment, story.Period(today - timedelta(days=25), today), story.Words(segment.refreshed(), everything)
    )
    assert (whole.at_start, whole.entered, whole.left, whole.at_end) == (0, 3, 1, 2)


def test_pages_tell_who_was_in_on_a_day_and_who_left(alice: Member, person: Callable[..., Contact]) -> None:
    now = timezone.now()
    ana = person("Ana Then", country="PT")
    person("Bea Still", country="PT")
    segment = create_segment(name="Portugal", rule=PORTUGAL, by=None, at=now - timedelta(days=9))
    recalculate(segment, at=now - timedelta(days=9))
    services.edit_contact(contact=ana, by=None, country="DE")
    refresh_dirty(now=now - timedelta(days=2))
    day = (timezone.localdate() - timedelta(days=5)).isoformat()
    then = alice.get("segment_members", segment.pk, query={"on": day}).content.decode()
    today = alice.get("segment_members", segment.pk).content.decode()
    assert "Ana Then" in then
    assert "Ana Then" not in today
    assert "Bea Still" in today
    left = alice.get("segment_history", segment.pk, query={"show": "left"}).content.decode()
    assert "Ana Then" in left
    assert "Bea Still" not in left
    assert "Country is any of Portugal" in left
    early = alice.get("segment_history", segment.pk, query={"from": "2001-01-01", "to": "2001-02-01"})
    assert "Nobody in these days" in early.content.decode()
    assert alice.get("segment_history", segment.pk, query={"from": "x", "to": "2026-99-99"}).status_code == 200


def test_the_overlap_counts_people_in_both(alice: Member, person: Callable[..., Contact]) -> None:
    person("Ana", country="PT", stage="customer")
    person("Bea", country="PT")
    first = create_segment(name="Portugal", rule=PORTUGAL, by=None)
    create_segment(name="Customers", rule=condition("stage", "any_of", ["customer"]), by=None)
    outbox.drain()
    page = alice.get("segment_overlap", first.pk).content.decode()
    assert "Customers" in page
    assert "50.0%" in page
    with tenant_context(alice.tenant):
        both = Segment.objects.values_list("pk", flat=True)
    made = alice.get("create_segment", query={"in": list(both)}).content.decode()
    assert "1 in segment" in made


def test_days_are_read_from_addresses() -> None:
    assert story.read_day("2026-02-30") is None
    assert story.read_day("2026-02-28") == date(2026, 2, 28)
    period = story.period_of("2026-03-05", "2026-03-01")
    assert period.first <= period.last
    assert trend.start_of_day(date(2026, 3, 1)).tzinfo is not None
