"""Membership, counts and explanations come from one definition; a naive model checks that definition."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.criteria import Scope
from contacts.models import Contact, EmailAddress, Event, PhoneNumber, Segment, SegmentMembership, Tag, Tagging
from contacts.segments import counting, tree
from tests.segments.conftest import NOW, ago, condition

DAYS = st.sampled_from([1, 19, 20, 21, 30, 60, 89, 90, 91, 365, 500])
COUNTRIES = st.lists(st.sampled_from(["PT", "ES", "DE", "PL"]), min_size=1, max_size=3, unique=True)
STAGES = st.lists(st.sampled_from(["visitor", "lead", "customer", "lapsed"]), min_size=1, max_size=2, unique=True)
PLAIN = ("known", "unknown")


def leaf(criterion: str, operators: Any, values: Any = None) -> st.SearchStrategy[dict[str, Any]]:
    values = st.none() if values is None else values
    return st.builds(condition, st.just(criterion), st.sampled_from(operators), values)


def leaves(tag_ids: list[int], segment_ids: list[int]) -> st.SearchStrategy[dict[str, Any]]:
    tags = st.lists(st.sampled_from(tag_ids), min_size=1, max_size=2, unique=True)
    minor = st.sampled_from([0, 100, 79_999, 80_000, 90_000, 189_000])
    amount = st.fixed_dictionaries({"minor": minor, "currency": st.sampled_from(["EUR", "PLN"])})
    return st.one_of(
        leaf("country", ["any_of", "none_of"], COUNTRIES),
        leaf("stage", ["any_of", "none_of"], STAGES),
        leaf("city", ["any_of", "none_of"], st.sampled_from([["PORTO"], ["Vigo", "porto"], ["Lima"]])),
        leaf("name", ["contains", "starts", "is"], st.sampled_from(["a", "ANA", "50%", "_", "Óscar", "dora"])),
        leaf("tag", ["any_of", "all_of", "none_of"], tags),
        leaf("segment", ["in", "not_in"], st.sampled_from(segment_ids)),
        leaf("created_at", ["in_last", "not_in_last"], DAYS),
        leaf("created_at", ["from", "before"], st.sampled_from(["2025-03-12", "2026-02-10", "2026-03-11"])),
        leaf("last_active_at", ["in_last", "not_in_last"], DAYS),
        leaf("last_active_at", ["never"]),
        leaf("birthday", ["in_next"], st.sampled_from([0, 1, 2, 30, 90])),
        leaf("birthday", ["in_month"], st.sampled_from([[2], [3, 4]])),
        leaf("email", PLAIN),
        leaf("phone", PLAIN),
        leaf("country", PLAIN),
        leaf("birthday", PLAIN),
        leaf("event:page.viewed", ["in_last", "not_in_last"], DAYS),
        leaf("event:page.viewed", ["ever", "never"]),
        leaf("event:order.placed", ["at_least"], st.fixed_dictionaries({"times": st.integers(1, 4), "days": DAYS})),
        leaf("event:page.viewed", ["last_between"], st.fixed_dictionaries({"nearest": DAYS, "farthest": DAYS})),
        leaf("spent", ["spent", "spent_less"], st.fixed_dictionaries({"amount": amount, "days": DAYS})),
        leaf("spent", ["spent_ever"], amount),
    )


def rules(tag_ids: list[int], segment_ids: list[int]) -> st.SearchStrategy[dict[str, Any]]:
    def groups(nodes: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        parts = st.lists(nodes, min_size=1, max_size=3)
        return st.builds(lambda kind, found: {kind: found}, st.sampled_from(tree.KINDS), parts)

    return st.recursive(leaves(tag_ids, segment_ids), groups, max_leaves=6)


@pytest.fixture
def known(crowd: list[Contact], segment_of: Callable[..., Segment]) -> tuple[list[int], list[int]]:
    """Tag ids and segment ids that rules may speak of."""
    iberia = segment_of(condition("country", "any_of", ["PT", "ES"]), "Iberia")
    tagged = list(Tag.objects.values_list("pk", flat=True))
    assert len(tagged) == 2
    assert iberia.member_count == 3
    return tagged, [iberia.pk]


@pytest.mark.slow
def test_counts_membership_and_explanations_are_what_a_naive_reading_says(
    crowd: list[Contact], known: tuple[list[int], list[int]]
) -> None:
    scope = Scope(NOW, ZoneInfo("Europe/Lisbon"), "EUR")
    model = Model()
    seen = set()

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rules(*known), st.integers(0, len(crowd) - 1))
    def check(rule: dict[str, Any], chosen: int) -> None:
        found = set(counting.matching(rule, scope).values_list("pk", flat=True))
        expected = {contact.pk for contact in crowd if model.holds(rule, contact.pk)}
        assert found == expected
        drop_off = counting.drop_off(rule, scope=scope)
        assert drop_off.total == len(expected)
        assert drop_off.everybody == len(crowd)
        finding = counting.explain(rule, crowd[chosen], scope=scope)
        assert finding.holds == (crowd[chosen].pk in expected)
        among = Scope(NOW, scope.zone, scope.currency, among=[crowd[chosen].pk])
        touched = counting.matching(rule, among).filter(pk=crowd[chosen].pk)
        assert touched.exists() == finding.holds
        seen.add(len(expected))

    check()
    # The rules were not all trivially for everybody or nobody.
    assert len(seen) > 3


def test_says_the_value_that_decided(crowd: list[Contact]) -> None:
    ana = crowd[0]
    rule = {
        "all": [
            condition("country", "any_of", ["PT"]),
            condition("spent", "spent", {"amount": {"minor": 80_000, "currency": "EUR"}, "days": 90}),
            {"any": [condition("event:page.viewed", "in_last", 90), condition("tag", "any_of", [10**9])]},
        ]
    }
    finding = counting.explain(rule, ana, scope=Scope(NOW, ZoneInfo("Europe/Lisbon"), "EUR"))
    country, spent, group = finding.parts
    assert finding.holds
    assert (country.sentence, country.value) == ("Country is any of Portugal", "Portugal")
    assert spent.value == "€900.00 in 2 orders"
    seen, tagged = group.parts
    assert seen.value.startswith("5 times, last on 11 Mar 2026")
    assert not tagged.holds
    assert not tagged.matters


def test_a_condition_below_none_of_is_fine_when_it_is_false(crowd: list[Contact]) -> None:
    lead, vip = condition("stage", "any_of", ["lead"]), condition("name", "contains", "Ana")
    country = condition("country", "known")
    finding = counting.explain({"all": [{"none": [lead, {"all": [vip, country, lead]}]}]}, crowd[0])
    is_lead, group = finding.parts[0].parts
    assert finding.holds
    assert is_lead.is_fine
    assert group.is_fine
    # All three together would keep her out; that two of them are true does no harm.
    assert [(part.is_fine, part.matters) for part in group.parts] == [(False, False), (False, False), (True, True)]


def test_hides_amounts_from_those_who_may_not_see_revenue(crowd: list[Contact]) -> None:
    rule = condition("spent", "spent_ever", {"minor": 1, "currency": "EUR"})
    finding = counting.explain(rule, crowd[0], may=lambda capability: capability != "revenue.view")
    assert finding.parts[0].is_hidden
    assert finding.parts[0].value == ""


def test_drop_off_says_who_is_left_after_each_part(crowd: list[Contact]) -> None:
    rule = {
        "all": [
            condition("country", "any_of", ["PT", "DE"]),
            condition("stage", "any_of", ["customer"]),
            {"none": [condition("city", "any_of", ["Porto"])]},
        ]
    }
    drop_off = counting.drop_off(rule)
    assert drop_off.everybody == 6
    assert drop_off.left == {"0": 3, "1": 2, "2": 1}
    assert drop_off.alone["1"] == 2
    assert drop_off.alone["2.0"] == 2
    assert counting.count(rule) == 1


class Model:
    """Rules read person by person, from plain rows, with nothing of the compiled form."""

    def __init__(self) -> None:
        self.people = {contact.pk: contact for contact in Contact.objects.select_related("company")}
        self.tags = set(Tagging.objects.values_list("contact", "tag"))
        self.stays = set(SegmentMembership.objects.filter(left_at=None).values_list("contact", "segment"))
        self.facts = list(Event.objects.values("contact_id", "name", "occurred_at", "amount", "currency"))
        self.reachable = {
            "email": set(EmailAddress.objects.values_list("contact", flat=True)),
            "phone": set(PhoneNumber.objects.values_list("contact", flat=True)),
        }

    def holds(self, node: dict[str, Any], pk: int) -> bool:
        if "criterion" in node:
            return self.answers(node["criterion"], node["operator"], node["value"], pk)
        ((kind, parts),) = node.items()
        answers = [self.holds(part, pk) for part in parts]
        return {"all": all(answers), "any": any(answers), "none": not any(answers)}[kind]

    def answers(self, criterion: str, operator: str, value: Any, pk: int) -> bool:
        person = self.people[pk]
        if criterion.startswith("event:"):
            return self.did(criterion.removeprefix("event:"), operator, value, pk)
        if criterion == "spent":
            return self.spent(operator, value, pk)
        if criterion == "tag":
            has = [(pk, tag) in self.tags for tag in value]
            return {"any_of": any(has), "all_of": all(has), "none_of": not any(has)}[operator]
        if criterion == "segment":
            return ((pk, value) in self.stays) == (operator == "in")
        if criterion in self.reachable:
            return (pk in self.reachable[criterion]) == (operator == "known")
        return self.is_so(getattr(person, criterion), operator, value)

    def is_so(self, stored: Any, operator: str, value: Any) -> bool:  # noqa: C901
        folded = stored.upper() if isinstance(stored, str) else stored
        match operator:
            case "known" | "unknown":
                return bool(stored) == (operator == "known")
            case "any_of" | "none_of":
                return (folded in [word.upper() for word in value]) == (operator == "any_of")
            case "contains":
                return value.upper() in folded
            case "starts":
                return folded.startswith(value.upper())
            case "is":
                return folded == value.upper()
            case "never":
                return stored is None
            case "in_last":
                return stored is not None and stored >= ago(value)
            case "not_in_last":
                return stored is None or stored < ago(value)
            case "from" | "before":
                start = datetime.fromisoformat(value).replace(tzinfo=ZoneInfo("Europe/Lisbon"))
                return (stored >= start) == (operator == "from")
            case "in_month":
                return stored is not None and stored.month in value
            case "in_next":
                return stored is not None and any(celebrates(stored, day) for day in days_from_today(value))
        raise AssertionError(operator)

    def did(self, name: str, operator: str, value: Any, pk: int) -> bool:
        instants = [fact["occurred_at"] for fact in self.facts if fact["contact_id"] == pk and fact["name"] == name]
        match operator:
            case "in_last":
                return any(at >= ago(value) for at in instants)
            case "not_in_last":
                return not any(at >= ago(value) for at in instants)
            case "at_least":
                return sum(at >= ago(value["days"]) for at in instants) >= value["times"]
            case "last_between":
                nearest, farthest = sorted([value["nearest"], value["farthest"]])
                return bool(instants) and ago(farthest) <= max(instants) < ago(nearest)
        return bool(instants) == (operator == "ever")

    def spent(self, operator: str, value: Any, pk: int) -> bool:
        amount = value if operator == "spent_ever" else value["amount"]
        since = ago(10_000 if operator == "spent_ever" else value["days"])
        total = sum(
            fact["amount"]
            for fact in self.facts
            if fact["contact_id"] == pk
            and fact["name"] == "order.placed"
            and fact["currency"] == amount["currency"]
            and fact["occurred_at"] >= since
        )
        return (total >= amount["minor"]) == (operator != "spent_less")


def days_from_today(count: int) -> Iterator[date]:
    return (NOW.date() + timedelta(days=ahead) for ahead in range(count + 1))


def celebrates(born: date, day: date) -> bool:
    if (born.month, born.day) == (2, 29) and day.year % 4:
        return (day.month, day.day) == (2, 28)
    return (born.month, born.day) == (day.month, day.day)
