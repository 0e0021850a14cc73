"""Membership, counts and explanations come from one definition; a naive model checks that definition."""

import math
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.criteria import Scope
from contacts.models import (
    Contact,
    EmailAddress,
    Event,
    Identity,
    PhoneNumber,
    PostalAddress,
    Segment,
    SegmentMembership,
    Tag,
    Tagging,
)
from contacts.segments import counting, tree
from tests.segments.conftest import NOW, ago, condition

DAYS = st.sampled_from([1, 19, 20, 21, 30, 60, 89, 90, 91, 365, 500])
COUNTRIES = st.lists(st.sampled_from(["PT", "ES", "DE", "PL"]), min_size=1, max_size=3, unique=True)
STAGES = st.lists(st.sampled_from(["visitor", "lead", "customer", "lapsed"]), min_size=1, max_size=2, unique=True)
PLAIN = ("known", "unknown")
DATES = st.sampled_from(["2025-03-12", "2025-12-22", "2026-01-11", "2026-03-02", "2026-03-11", "2026-03-12"])
AGES = st.integers(30, 50)
WORDS = st.sampled_from(["/tea", "/TEA", "tea", "/", "%"])
FIGURES = st.sampled_from(["2", "2.5", "10", "-1"])
PLACES = st.sampled_from(
    [
        {"lat": 41.15, "lng": -8.61, "name": "Porto"},
        {"lat": 38.72, "lng": -9.13, "name": "Lisboa"},
        {"lat": 52.52, "lng": 13.4, "name": ""},
        {"lat": 0.0, "lng": 179.99, "name": "The date line"},
        {"lat": 89.9, "lng": 0, "name": "Nearly the pole"},
    ]
)


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
        leaf("event:page.viewed", ["between", "not_between"], st.fixed_dictionaries({"first": DATES, "last": DATES})),
        leaf("event:order.placed", ["before", "not_before", "since", "not_since"], DATES),
        leaf("event:order.placed", ["after_joining", "not_after_joining"], DAYS),
        leaf("event:shelf.cleaned", ["ever", "never"]),
        leaf("event:order.placed", ["in_last", "not_in_last", "after_joining", "not_after_joining"], more(DAYS)),
        leaf("event:page.viewed", ["ever", "never"], more(st.none())),
        leaf("tag", ["tagged_in"], st.fixed_dictionaries({"days": DAYS, "value": tags})),
        leaf("tag", PLAIN),
        leaf("segment", ["ever_in"], st.sampled_from(segment_ids)),
        leaf("birthday", ["aged"], st.fixed_dictionaries({"lowest": AGES, "highest": AGES})),
        leaf("birthday", ["born_from", "born_before"], st.sampled_from(["1980-03-14", "1992-03-01"])),
        leaf("near", ["within", "not_within"], st.fixed_dictionaries({"km": st.integers(1, 1200), "place": PLACES})),
        leaf("identity", ["any_of", "none_of"], st.sampled_from([["shop"], ["shop", "till"]])),
        leaf("identity", PLAIN),
        leaf("email", ["domain", "domain_none_of"], st.just(["Example.com"])),
    )


def more(bare: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The value of an operator with what may be left empty filled in."""
    pages = {"detail": st.just("path"), "how": st.sampled_from(["is", "is_not", "contains"]), "what": WORDS}
    numbers = {"detail": st.just("weight"), "how": st.sampled_from(["at_least", "at_most"]), "what": FIGURES}
    given_ = st.one_of(
        st.fixed_dictionaries({"times": st.integers(1, 3)}),
        st.fixed_dictionaries(pages),
        st.fixed_dictionaries(numbers, optional={"times": st.integers(1, 2)}),
        st.fixed_dictionaries({"detail": st.sampled_from(["path", "weight"])}),
    )
    return st.fixed_dictionaries({"of": bare, "with": given_})


def rules(tag_ids: list[int], segment_ids: list[int]) -> st.SearchStrategy[dict[str, Any]]:
    def groups(nodes: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        parts = st.lists(nodes, min_size=1, max_size=3)
        return st.builds(lambda kind, found: {kind: found}, st.sampled_from(tree.KINDS), parts)

    return st.recursive(leaves(tag_ids, segment_ids), groups, max_leaves=6)


@pytest.fixture
def known(rich_crowd: list[Contact], segment_of: Callable[..., Segment]) -> tuple[list[int], list[int]]:
    """Tag ids and segment ids that rules may speak of."""
    iberia = segment_of(condition("country", "any_of", ["PT", "ES"]), "Iberia")
    tagged = list(Tag.objects.values_list("pk", flat=True))
    assert len(tagged) == 2
    assert iberia.member_count == 4
    return tagged, [iberia.pk]


@pytest.mark.slow
def test_counts_membership_and_explanations_are_what_a_naive_reading_says(
    crowd: list[Contact], known: tuple[list[int], list[int]], strangers: list[Contact]
) -> None:
    """150 rules for each of 16 people are 2,400 answers, each given by the code in four ways."""
    people = crowd + strangers
    scope = Scope(NOW, ZoneInfo("Europe/Lisbon"), "EUR")
    model = Model()
    seen = set()

    @settings(
        max_examples=int(os.environ.get("ECRM_RULE_EXAMPLES", "150")),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(rules(*known))
    def check(rule: dict[str, Any]) -> None:
        found = set(counting.matching(rule, scope).values_list("pk", flat=True))
        expected = {contact.pk for contact in people if model.holds(rule, contact.pk)}
        assert found == expected
        drop_off = counting.drop_off(rule, scope=scope)
        assert drop_off.total == len(expected)
        assert drop_off.everybody == len(people)
        for place, part in parts_of(tree.parse(rule)):
            assert drop_off.alone[place] == sum(model.holds(part, contact.pk) for contact in people)
        half = [contact.pk for contact in people[::2]]
        of_half = counting.drop_off(rule, scope=scope, base=Contact.objects.filter(pk__in=half))
        assert (of_half.everybody, of_half.total) == (len(half), len(expected & set(half)))
        explained = {contact.pk for contact in people if counting.explain(rule, contact, scope=scope).holds}
        assert explained == expected
        among = [contact.pk for contact in people[::2]]
        touched = counting.matching(rule, Scope(NOW, scope.zone, scope.currency, among=among)).filter(pk__in=among)
        assert set(touched.values_list("pk", flat=True)) == expected & set(among)
        seen.add(len(expected))

    check()
    # The rules were not all trivially for everybody or nobody.
    assert len(seen) > 3


def parts_of(group: tree.Group) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of a rule with its place, as JSON."""
    for part in group.parts:
        yield part.place, tree.as_json(part)
        if isinstance(part, tree.Group):
            yield from parts_of(part)


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
        self.tags = {
            (contact, tag): at for contact, tag, at in Tagging.objects.values_list("contact", "tag", "created_at")
        }
        self.stays = set(SegmentMembership.objects.filter(left_at=None).values_list("contact", "segment"))
        self.ever = set(SegmentMembership.objects.values_list("contact", "segment"))
        self.facts = list(Event.objects.values("contact_id", "name", "occurred_at", "amount", "currency", "properties"))
        self.names = set(Identity.objects.values_list("contact", "namespace"))
        self.addresses = list(EmailAddress.objects.values_list("contact", "address_norm"))
        spots = PostalAddress.objects.filter(latitude__isnull=False).values_list("contact", "latitude", "longitude")
        self.spots: dict[int, list[tuple[float, float]]] = {}
        for contact, latitude, longitude in spots:
            self.spots.setdefault(contact, []).append((latitude or 0, longitude or 0))
        self.reachable = {
            "email": set(EmailAddress.objects.values_list("contact", flat=True)),
            "phone": set(PhoneNumber.objects.values_list("contact", flat=True)),
        }

    def holds(self, node: dict[str, Any], pk: int) -> bool:
        if "criterion" in node:
            return self.answers(node["criterion"], node["operator"], node.get("value"), pk)
        ((kind, parts),) = node.items()
        answers = [self.holds(part, pk) for part in parts]
        return {"all": all(answers), "any": any(answers), "none": not any(answers)}[kind]

    def answers(self, criterion: str, operator: str, value: Any, pk: int) -> bool:  # noqa: C901
        person = self.people[pk]
        if criterion.startswith("event:"):
            return self.did(criterion.removeprefix("event:"), operator, value, pk)
        if criterion == "spent":
            return self.spent(operator, value, pk)
        if criterion == "tag":
            if operator in PLAIN:
                return any(contact == pk for contact, _tag in self.tags) == (operator == "known")
            if operator == "tagged_in":
                return any(self.tags.get((pk, tag), ago(10_000)) >= ago(value["days"]) for tag in value["value"])
            has = [(pk, tag) in self.tags for tag in value]
            return {"any_of": any(has), "all_of": all(has), "none_of": not any(has)}[operator]
        if criterion == "near":
            return self.is_near(value, pk) == (operator == "within")
        if criterion == "identity":
            known = {namespace for contact, namespace in self.names if contact == pk}
            answer = bool(known) if operator in PLAIN else bool(known & set(value))
            return answer == (operator in ("known", "any_of"))
        if criterion == "email" and operator.startswith("domain"):
            return any(c == pk and a.endswith("@example.com") for c, a in self.addresses) == (operator == "domain")
        if operator == "ever_in":
            return (pk, value) in self.ever
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
            case "born_from" | "born_before":
                return stored is not None and (stored >= date.fromisoformat(value)) == (operator == "born_from")
            case "aged":
                lowest, highest = sorted([value["lowest"], value["highest"]])
                return stored is not None and lowest <= age(stored) <= highest
            case "from" | "before":
                start = datetime.fromisoformat(value).replace(tzinfo=ZoneInfo("Europe/Lisbon"))
                return (stored >= start) == (operator == "from")
            case "in_month":
                return stored is not None and stored.month in value
            case "in_next":
                return stored is not None and any(celebrates(stored, day) for day in days_from_today(value))
        raise AssertionError(operator)

    def is_near(self, value: dict[str, Any], pk: int) -> bool:
        person = self.people[pk]
        towns_ = [(38.7167, -9.1333)] if person.city == "Lisboa" else []
        where = self.spots.get(pk) or towns_
        centre = (value["place"]["lat"], value["place"]["lng"])
        return any(kilometres(centre, spot) <= value["km"] for spot in where)

    def did(self, name: str, operator: str, value: Any, pk: int) -> bool:
        bare, given_ = (value["of"], value["with"]) if isinstance(value, dict) and "with" in value else (value, {})
        person = self.people[pk]
        theirs = [fact for fact in self.facts if fact["contact_id"] == pk and fact["name"] == name]
        instants = [fact["occurred_at"] for fact in theirs if says(fact["properties"], given_)]
        if operator == "last_between":
            nearest, farthest = sorted([bare["nearest"], bare["farthest"]])
            return bool(instants) and ago(farthest) <= max(instants) < ago(nearest)
        since, until, is_wanted = span(operator, bare, person)
        often = bare["times"] if operator == "at_least" else given_.get("times", 1)
        return (sum(since <= at < until for at in instants) >= often) == is_wanted

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


def span(operator: str, value: Any, person: Contact) -> tuple[datetime, datetime, bool]:
    """From when, until when, and whether it must have happened."""
    start, end, zone = ago(100_000), NOW + timedelta(days=1), ZoneInfo("Europe/Lisbon")
    is_wanted, plain = not operator.startswith("not_"), operator.removeprefix("not_")
    if plain in ("in_last", "at_least"):
        return ago(value["days"] if operator == "at_least" else value), end, is_wanted
    if plain == "between":
        first, last = sorted([value["first"], value["last"]])
        midnight = datetime.fromisoformat(last).replace(tzinfo=zone) + timedelta(days=1)
        return datetime.fromisoformat(first).replace(tzinfo=zone), midnight, is_wanted
    if plain in ("before", "since"):
        day = datetime.fromisoformat(value).replace(tzinfo=zone)
        return (start, day, is_wanted) if plain == "before" else (day, end, is_wanted)
    if plain == "after_joining":
        return person.created_at, person.created_at + timedelta(days=value), is_wanted
    return start, end, operator == "ever"


def says(properties: dict[str, Any], asked: dict[str, Any]) -> bool:  # noqa: C901
    if "detail" not in asked:
        return True
    text = str(properties.get(asked["detail"], ""))
    if "what" not in asked:
        return text != ""
    match asked.get("how", "is"):
        case "is":
            return text.lower() == asked["what"].lower()
        case "is_not":
            return text not in ("",) and text.lower() != asked["what"].lower()
        case "contains":
            return asked["what"].lower() in text.lower()
        case "at_least":
            return text != "" and is_number(text) and float(text) >= float(asked["what"])
    return text != "" and is_number(text) and float(text) <= float(asked["what"])


def is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isdigit()


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """By the angle between two directions from the middle of the earth, not by the formula of the code."""
    return 6371.0088 * math.acos(max(-1.0, min(1.0, sum(a * b for a, b in zip(ray(*one), ray(*other), strict=True)))))


def ray(latitude: float, longitude: float) -> tuple[float, float, float]:
    north, east = math.radians(latitude), math.radians(longitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


@cache
def age(born: date) -> int:
    birthdays = (day for day in days_between(born, NOW.date()) if day.year > born.year and celebrates(born, day))
    return sum(1 for _day in birthdays)


def days_between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def days_from_today(count: int) -> Iterator[date]:
    return (NOW.date() + timedelta(days=ahead) for ahead in range(count + 1))


def celebrates(born: date, day: date) -> bool:
    if (born.month, born.day) == (2, 29) and day.year % 4:
        return (day.month, day.day) == (2, 28)
    return (born.month, born.day) == (day.month, day.day)
