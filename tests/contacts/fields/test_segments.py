"""Custom fields in segments: who is in, why, when the clock moves them, and that indexes answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from contacts import criteria, fields
from contacts.criteria import Scope
from contacts.fields import defining
from contacts.models import Company, Contact, CustomField, Segment
from contacts.segments import counting, tree
from contacts.segments.services import create_segment
from ecrm.jobs import outbox
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role
from tests.cast import Member
from tests.contacts.conftest import add
from tests.contacts.fields.conftest import make

NOW = datetime.fromisoformat("2026-03-10T12:00:00+00:00")
EUR = "EUR"


def condition(key: str, operator: str, value: Any = None) -> dict[str, Any]:
    found = {"criterion": key, "operator": operator}
    return {"all": [found if value is None else {**found, "value": value}]}


def who(rule: Any, now: datetime = NOW) -> list[str]:
    scope = Scope.current(now=now)
    return sorted(Contact.objects.filter(tree.compile_rule(rule, scope)).values_list("name", flat=True))


@pytest.fixture
def people(in_acme: Tenant, alice: Member) -> dict[str, Contact]:
    """Ana has a value everywhere, Rui another, Zoe none."""
    found = {name: add(in_acme, name=name, emails=[f"{name}@example.com"]) for name in ("Ana", "Rui", "Zoe")}
    Company.objects.create(name="Globo", name_norm="globo")
    for kind in CustomField.Kind.values:
        make(kind, key=kind)
    ana = {
        "text": "São João  da Madeira",
        "number": 40,
        "money": {"amount": 50_00, "currency": EUR},
        "date": "2026-03-08",
        "datetime": "2026-03-10T09:00:00+00:00",
        "boolean": True,
        "choice": "gold",
        "choices": ["gold", "silver"],
        "link": "https://example.com/ana",
        "person": "rui@example.com",
        "company": "Globo",
    }
    rui = {
        "text": "Porto",
        "number": -2.5,
        "money": {"amount": 900_00, "currency": "PLN"},
        "date": "2026-03-12",
        "datetime": "2026-03-12T09:00:00+00:00",
        "boolean": False,
        "choice": "silver",
        "choices": ["silver"],
        "link": "https://elsewhere.example",
    }
    fields.write("contact", {found["Ana"].pk: ana, found["Rui"].pk: rui}, by=alice.user)
    return found


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("key", "operator", "value", "names"),
    [
        ("text", "any_of", ["sao joao da madeira"], ["Ana"]),
        ("text", "none_of", ["porto"], ["Ana", "Zoe"]),
        ("text", "contains", "JOÃO", ["Ana"]),
        ("text", "contains", "%", []),
        ("text", "starts", "Por", ["Rui"]),
        ("text", "known", None, ["Ana", "Rui"]),
        ("text", "unknown", None, ["Zoe"]),
        ("number", "at_least", 40, ["Ana"]),
        ("number", "at_most", -2.5, ["Rui"]),
        ("number", "is", 40, ["Ana"]),
        ("number", "between", {"from": -10, "to": 39.9}, ["Rui"]),
        ("money", "at_least", {"minor": 50_00, "currency": EUR}, ["Ana"]),
        ("money", "at_most", {"minor": 49_99, "currency": EUR}, []),
        ("date", "in_last", 3, ["Ana"]),
        ("date", "in_last", 2, []),
        ("date", "not_in_last", 3, ["Rui", "Zoe"]),
        ("date", "in_next", 2, ["Rui"]),
        ("date", "from", "2026-03-12", ["Rui"]),
        ("date", "before", "2026-03-12", ["Ana"]),
        ("datetime", "in_last", 1, ["Ana"]),
        ("datetime", "in_next", 2, ["Rui"]),
        ("datetime", "before", "2026-03-11", ["Ana"]),
        ("boolean", "yes", None, ["Ana"]),
        ("boolean", "no", None, ["Rui"]),
        ("boolean", "unknown", None, ["Zoe"]),
        ("choice", "any_of", ["gold", "bronze"], ["Ana"]),
        ("choice", "none_of", ["gold"], ["Rui", "Zoe"]),
        ("choices", "any_of", ["gold", "silver"], ["Ana", "Rui"]),
        ("choices", "all_of", ["gold", "silver"], ["Ana"]),
        ("link", "contains", "example.com", ["Ana"]),
        ("person", "any_of", ["RUI@example.com"], ["Ana"]),
        ("person", "known", None, ["Ana"]),
        ("company", "any_of", [" globo"], ["Ana"]),
        ("company", "none_of", ["globo"], ["Rui", "Zoe"]),
    ],
)
def test_a_condition_finds_whom_it_says(key: str, operator: str, value: Any, names: list[str]) -> None:
    assert who(condition(f"field:{key}", operator, value)) == names


def test_the_explanation_agrees_and_names_the_value(people: dict[str, Contact]) -> None:
    rule = condition("field:number", "at_least", 40)

    answers = {name: counting.explain(rule, one, scope=Scope.current(now=NOW)) for name, one in people.items()}

    assert {name: answer.holds for name, answer in answers.items()} == {"Ana": True, "Rui": False, "Zoe": False}
    assert [answer.parts[0].value for answer in answers.values()] == ["40", "−2.5", "not known"]


def test_fields_of_a_company_are_asked_of_its_people(in_acme: Tenant, alice: Member) -> None:
    make("text", "Sector", key="sector", entity="company")
    add(in_acme, name="Ana", company="Globo")
    add(in_acme, name="Zoe")
    fields.write("company", {Company.objects.get().pk: {"sector": "Media"}}, by=alice.user)

    assert who(condition("field:company.sector", "any_of", ["media"])) == ["Ana"]
    assert who(condition("field:company.sector", "unknown")) == ["Zoe"]


def test_a_deleted_field_breaks_the_rule_and_says_so(people: dict[str, Contact], alice: Member) -> None:
    field = fields.by_key("contact")["number"]
    defining.delete(field=field, by=alice.user)

    with pytest.raises(tree.InvalidRule, match="The field “Number” was deleted"):
        tree.parse(condition("field:number", "is", 1))

    defining.restore(field=CustomField.objects.get(pk=field.pk), by=alice.user)
    assert who(condition("field:number", "is", 40)) == ["Ana"]


@pytest.mark.usefixtures("people")
def test_a_segment_says_at_once_that_its_field_is_gone(alice: Member) -> None:
    segment = create_segment(name="Forties", rule=condition("field:number", "is", 40), by=None)
    outbox.drain()
    field = fields.by_key("contact")["number"]

    defining.delete(field=field, by=alice.user)
    outbox.drain()
    broken = segment.refreshed()
    assert (broken.member_count, "was deleted" in broken.broken_reason) == (1, True)

    defining.restore(field=CustomField.objects.get(pk=field.pk), by=alice.user)
    outbox.drain()
    assert segment.refreshed().broken_reason == ""


def test_whom_a_field_is_hidden_from_is_not_offered_it(in_acme: Tenant, bob: Member, mara: Member) -> None:
    make("text", "Salary", key="salary", visible_to=[Role.MARKETER])
    (asked,) = [one for one in criteria.every() if one.key == "field:salary"]
    assert asked.capability

    allowed = [member.user.name for member in (bob, mara) if _membership(member).may(asked.capability)]

    assert allowed == ["Mara"]


def test_no_form_made_by_hand_asks_what_is_hidden(in_acme: Tenant, alice: Member, mara: Member) -> None:
    make("number", "Salary", key="salary", visible_to=[Role.SALES])
    asked = {"c.0": "field:salary", "p.0": "field:salary", "o.0": "at_least", "v.0.value": "100"}

    assert "Salary" in alice.post("draft_segment", form={**asked, "do": ""}).content.decode()
    assert "Salary" not in mara.post("draft_segment", form={**asked, "do": ""}).content.decode()
    assert "Salary" not in mara.post("draft_segment", form={"do": "use:field:salary"}).content.decode()
    assert mara.post("create_segment", form={**asked, "name": "Rich"}).status_code == 422
    assert not Segment.objects.exists()


def test_what_others_asked_stays_when_somebody_renames_the_segment(in_acme: Tenant, mara: Member) -> None:
    make("number", "Salary", key="salary", visible_to=[Role.SALES])
    segment = Segment.objects.create(name="Rich", rule=condition("field:salary", "at_least", 100))
    form = {"c.0": "kept:0", "name": "Well off"}

    answer = mara.post("change_segment", segment.pk, form=form)

    assert answer.status_code == 302
    assert (segment.refreshed().name, segment.rule) == ("Well off", condition("field:salary", "at_least", 100))


def _membership(member: Member) -> Any:
    return member.user.memberships.get(tenant=member.tenant)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("key", "operator", "value"),
    [
        *(("date", operator, 2) for operator in ("in_last", "not_in_last", "in_next")),
        *(("datetime", operator, 2) for operator in ("in_last", "not_in_last", "in_next")),
    ],
)
def test_the_clock_misses_nobody(key: str, operator: str, value: Any) -> None:
    """Hour by hour: whoever is in or out afterwards but not before was named by the window."""
    rule = tree.parse(condition(f"field:{key}", operator, value))
    (asked,) = tree.conditions(rule)
    window = asked.criterion.window
    assert window is not None
    moved = 0
    for since, until in _hours(NOW - timedelta(days=6), days=12):
        scope = Scope.current(now=since)
        crossed = window.crossed(operator, value, since, until, Scope.current(now=until))
        assert crossed is not None
        named = set(Contact.objects.filter(crossed).values_list("name", flat=True))
        changed = set(who(rule, since)) ^ set(who(rule, until))
        assert changed <= named
        if changed:
            moved += 1
            due = window.next_at(operator, value, scope)
            assert due is not None
            assert due <= until
    assert moved


def _hours(start: datetime, *, days: int) -> Iterator[tuple[datetime, datetime]]:
    step = timedelta(hours=6)
    for number in range(days * 4):
        yield start + number * step, start + (number + 1) * step


@pytest.fixture
def _crowd(in_acme: Tenant, alice: Member) -> None:
    """Two fields beside the one asked for, so that an index by field alone is not enough."""
    for kind in CustomField.Kind.values:
        make(kind, key=kind)
    make("number", "Other", key="other")
    people = Contact.objects.bulk_create([Contact(name=f"Person {number}") for number in range(400)])
    fields.write(
        "contact",
        {
            one.pk: {
                "text": f"word {number}",
                "number": number,
                "other": number,
                "money": {"amount": number, "currency": EUR},
                "date": f"2026-01-{number % 28 + 1:02}",
                "datetime": f"2026-01-{number % 28 + 1:02}T00:00:00+00:00",
                "boolean": number % 40 == 0,
                "choice": ["gold", "silver", "bronze"][number % 3],
                "person": people[0].pk,
            }
            for number, one in enumerate(people)
        },
        by=alice.user,
    )
    with connection.cursor() as cursor:
        # Asked person by person, any join is right; asked for everybody, the values are read first.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_nestloop = off")
        # A merge would read a person's values in the order of people, which only a small base affords.
        cursor.execute("SET LOCAL enable_mergejoin = off")


@pytest.mark.usefixtures("_crowd")
@pytest.mark.parametrize(
    ("key", "operator", "value", "index", "asked"),
    [
        ("text", "any_of", ["word 7"], "custom_value_text", "text_norm"),
        ("text", "starts", "word 7", "custom_value_text", "text_norm"),
        ("number", "at_least", 390, "custom_value_number", "number_value"),
        ("money", "at_least", {"minor": 390, "currency": EUR}, "custom_value_money", "money_value"),
        ("date", "in_last", 5, "custom_value_date", "date_value"),
        ("datetime", "in_last", 5, "custom_value_at", "at_value"),
        ("boolean", "yes", None, "custom_value_bool", "bool_value"),
        ("choice", "any_of", ["gold"], "custom_value_choice", "choice_id"),
    ],
)
def test_row_security_leaves_each_question_its_index(
    key: str, operator: str, value: Any, index: str, asked: str
) -> None:
    found = fields.by_key("contact")[key]
    rule = condition(f"field:{key}", operator, value)

    plan = counting.matching(rule, Scope.current(now=NOW)).explain()

    lines = plan.splitlines()
    place = next((number for number, line in enumerate(lines) if index in line), None)
    assert place is not None, plan
    asked_of_index = lines[place + 1]
    assert "Index Cond" in asked_of_index, plan
    assert f"field_id = {found.pk}" in asked_of_index, plan
    assert asked in asked_of_index, plan
