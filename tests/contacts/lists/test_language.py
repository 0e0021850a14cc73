"""Filters as addresses: what is written reads back, old addresses mean what they meant."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from contacts.criteria import Scope
from contacts.lists import language
from contacts.lists.query import ListQuery, encoded
from contacts.models import Contact, Segment, Tag
from contacts.segments import tree
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add

RULES: list[dict[str, Any]] = [
    {"criterion": "country", "operator": "any_of", "value": ["PT", "ES"]},
    {"criterion": "country", "operator": "none_of", "value": ["PT"]},
    {"criterion": "city", "operator": "any_of", "value": ["São Pedro, do Sul", "12", "true", 'a "b" \\ c', " x"]},
    {"criterion": "city", "operator": "known"},
    {"criterion": "owner", "operator": "unassigned"},
    {"criterion": "last_active_at", "operator": "in_last", "value": 30},
    {"criterion": "last_active_at", "operator": "in_last", "value": 12},
    {"criterion": "created_at", "operator": "before", "value": "2026-03-12"},
    {"criterion": "name", "operator": "contains", "value": "a,b:c.d"},
    {"criterion": "company", "operator": "any_of", "value": ["Luz, Lda"]},
    {"any": [{"criterion": "city", "operator": "known"}, {"none": [{"criterion": "email", "operator": "known"}]}]},
    {"all": [{"criterion": "city", "operator": "known"}]},
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_what_is_written_reads_back(in_acme: Tenant, rule: dict[str, Any]) -> None:
    address = encoded(language.parameters_of(language.parts_of(_query(rule))[0]))

    parts, is_faulty = language.parts_of(QueryDict(address))

    assert not is_faulty
    assert [part.json for part in parts] == [rule]


def test_two_conditions_of_one_kind_stay_two(in_acme: Tenant) -> None:
    text = "country=PT&where=country.any_of:ES,"

    parts, _faulty = language.parts_of(QueryDict(text))

    assert [part.json["value"] for part in parts] == [["PT"], ["ES"]]
    assert encoded(language.parameters_of(parts)) == text


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "country",
        "country.any_of",
        "country.any_of:",
        "king.is:3",
        "{",
        '{"all":[]',
        "[1]",
        '{"any":3}',
        "a.b:{",
        "\x00",
    ],
)
def test_nonsense_is_left_out_and_said(alice: Member, ines: Contact, text: str) -> None:
    page = alice.get("contact_list", query={"where": text})

    assert page.status_code == 200
    assert [row.name for row in page.context["rows"]] == ["Inês Prata"]
    assert "Part of the filter means nothing" in page.content.decode()


def test_a_rule_in_the_address_narrows_the_list(alice: Member, acme: Tenant) -> None:
    add(acme, name="Ana", country="PT", city="Porto")
    add(acme, name="Rui", country="ES", city="Vigo")
    add(acme, name="Zoe", country="FR")

    assert _names(alice, {"where": "country.none_of:FR,"}) == ["Ana", "Rui"]
    assert _names(alice, {"where": ["city.known", "country.any_of:ES,PT"], "sort": "-name"}) == ["Ana", "Rui"]
    in_porto = {"criterion": "city", "operator": "any_of", "value": ["porto"]}
    either = language.written({"any": [in_porto, {"criterion": "country", "operator": "any_of", "value": ["FR"]}]})
    assert _names(alice, {"where": either}) == ["Ana", "Zoe"]


def test_each_filter_is_a_sentence_that_can_go(alice: Member, acme: Tenant) -> None:
    add(acme, name="Ana", country="PT", stage="customer")
    query = {"stage": "customer", "where": "country.none_of:ES,", "owner": "me", "sort": "name"}

    page = alice.get("contact_list", query=query)
    labels = [chip.label for chip in page.context["chips"]]

    assert labels == ["Owner is me", "Stage is any of Customer", "Country is none of Spain"]
    without_owner = alice.client.get(alice.url("contact_list") + page.context["chips"][0].remove_url)
    assert [row.name for row in without_owner.context["rows"]] == ["Ana"]
    assert "sort=name" in page.context["chips"][2].remove_url
    assert "where" not in page.context["chips"][2].remove_url


def test_what_a_member_may_not_ask_is_left_out(bob: Member, acme: Tenant) -> None:
    """Revenue is not bob's to see, so he cannot sort people by it either."""
    with tenant_context(acme):
        guarded = next(
            each for each in _criteria() if each.capability and not bob.user.memberships.get().may(each.capability)
        )
    operator = next((each for each in guarded.operators if not each.inputs), None)
    if operator is None:
        operator = guarded.operators[0]
        value: Any = {given.name: given.initial for given in operator.inputs}
        text = f"{guarded.key}.{operator.key}:{language._write(next(iter(value.values())))}"
    else:
        text = f"{guarded.key}.{operator.key}"
    add(acme, name="Ana")

    page = bob.get("contact_list", query={"where": text})

    assert "Part of the filter means nothing" in page.content.decode()
    assert [row.name for row in page.context["rows"]] == ["Ana"]


def test_the_builder_leads_back_to_the_list(alice: Member, acme: Tenant) -> None:
    add(acme, name="Ana", country="PT")
    add(acme, name="Rui", country="ES")
    page = alice.get("filter_contacts", query={"country": "PT", "sort": "name", "q": "a"})
    assert page.status_code == 200

    form = {"others": page.context["others"], "c.0": "country", "p.0": "country", "o.0": "none_of", "v.0.value": "PT"}
    answer = alice.post("apply_filter", form=form)

    assert answer.status_code == 302
    shown = alice.client.get(answer.url)
    assert [chip.label for chip in shown.context["chips"]] == ["Country is none of Portugal"]
    assert shown.context["query"].sort == "name"
    assert shown.context["term"] == "a"


def test_a_half_written_filter_stays_where_it_is(alice: Member, ines: Contact) -> None:
    answer = alice.post("apply_filter", form={"c.0": "country", "p.0": "country", "o.0": "any_of"})

    assert answer.status_code == 422
    assert "1 thing to correct" in answer.content.decode()


def test_a_filter_becomes_a_segment(alice: Member, vera: Member, acme: Tenant) -> None:
    add(acme, name="Ana", country="PT", owner=alice.user)
    url = alice.url("segment_of_list") + "?country=PT&owner=me"

    answer = alice.client.post(url, {"name": "My Portuguese"})

    assert answer.status_code == 302
    with tenant_context(acme):
        segment = Segment.objects.get(name="My Portuguese")
        found = Contact.objects.filter(tree.compile_rule(segment.rule, Scope.current()))
        assert [str(person) for person in found] == ["Ana"]
    assert vera.client.post(vera.url("segment_of_list") + "?country=PT", {"name": "X"}).status_code == 403


def test_a_tag_that_is_gone_is_left_out(alice: Member, acme: Tenant) -> None:
    add(acme, name="Ana", tags=["VIP"])
    with tenant_context(acme):
        tag = Tag.objects.get()
    assert _names(alice, {"tag": str(tag.pk)}) == ["Ana"]

    with tenant_context(acme):
        tag.delete()
    assert "Part of the filter means nothing" in alice.get("contact_list", query={"tag": str(tag.pk)}).content.decode()


def test_reading_and_writing_come_to_rest(in_acme: Tenant, alice: Member) -> None:
    membership = alice.user.memberships.select_related("tenant", "user").get()
    text = "sort=name&where=city.known&stage=lead&q=a&columns=stage,email&density=compact&group=owner"

    once = ListQuery.of_text(text, membership).text()

    assert ListQuery.of_text(once, membership).text() == once


def _criteria() -> list[Any]:
    from contacts import criteria

    return [each for each in criteria.every() if each.is_offered]


def _query(rule: dict[str, Any]) -> QueryDict:
    return QueryDict(encoded([("where", language.written(rule))]))


def _names(member: Member, query: dict[str, Any]) -> list[str]:
    page = member.get("contact_list", query=query)
    assert page.status_code == 200
    return sorted(row.name for row in page.context["rows"])
