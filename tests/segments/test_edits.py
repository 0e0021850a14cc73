"""Putting a rule in order, finding conditions, and suggestions: what the buttons and fields answer."""

from collections.abc import Callable
from typing import Any

import pytest

from contacts import criteria
from contacts.criteria import Scope
from contacts.models import Contact, Segment
from contacts.segments import builder, drafts, edits, tree
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.segments.conftest import condition, visit
from tests.segments.test_pages import Form

A, B, C = (condition("country", "any_of", [code]) for code in ("PT", "ES", "DE"))
D = condition("stage", "any_of", ["lead"])


def after(rule: Any, edit: str) -> Any:
    scope = Scope.current()
    found, errors = drafts.as_tree(edits.edited(drafts.from_rule(rule, scope), edit), scope)
    assert not errors
    return tree.as_json(found)


@pytest.mark.parametrize(
    ("rule", "edit", "expected"),
    [
        ([A, B, C], "shift:0:2", [B, C, A]),
        ([A, B, C], "shift:2:0", [C, A, B]),
        ([A, {"any": [B, C]}], "shift:0:1.1", [{"any": [B, A, C]}]),
        ([A, {"any": [B, C]}], "shift:1.0:0", [B, A, {"any": [C]}]),
        ([A, {"any": [B, C]}], "shift:1:1.0", [A, {"any": [B, C]}]),
        ([A, {"any": [B, C]}], "shift:0:1.end", [{"any": [B, C, A]}]),
        ([A, {"any": [B, C]}], "shift:1.0:1.end", [A, {"any": [C, B]}]),
        ([{"any": [A]}, {"any": [B, {"none": [C]}]}], "shift:1.1:0.0", [{"any": [{"none": [C]}, A]}, {"any": [B]}]),
        ([A, {"any": [B, C]}], "shift:1:1.end", [A, {"any": [B, C]}]),
        ([A, B], "shift:0:1.end", [A, B]),
        ([A, B], "shift:0:9", [A, B]),
        ([{"any": [B, C]}, A], "into:1", [{"any": [B, C, A]}]),
        ([A, B], "into:1", [A, B]),
        ([A, {"any": [B, C]}, D], "out:1.0", [A, {"any": [C]}, B, D]),
        ([A, {"any": [B]}], "out:1.0", [A, B]),
        ([A], "out:0", [A]),
        ([A], "use:stage", None),
        ([A], "use:no such thing", [A]),
        ([A, B], "nonsense", [A, B]),
    ],
)
def test_edits(in_acme: Tenant, rule: Any, edit: str, expected: Any) -> None:
    if expected is None:
        scope = Scope.current()
        added = edits.edited(drafts.from_rule({"all": rule}, scope), edit).parts[-1]
        assert isinstance(added, drafts.DraftCondition)
        assert added.criterion is criteria.get("stage")
    else:
        assert after({"all": rule}, edit) == {"all": expected}


def test_no_edit_makes_a_rule_deeper_than_it_may_be(in_acme: Tenant) -> None:
    deep: Any = B
    for _level in range(tree.MAX_DEPTH):
        deep = {"any": [deep]}
    rule = {"all": [{"all": [A]}, deep]}
    for edit in ("shift:0:1.0.0.0.0.0", "shift:1:0.0", "into:1"):
        tree.parse(after(rule, edit))


def test_conditions_are_found_by_their_words(in_acme: Tenant) -> None:
    offered = builder.offered(lambda _capability: True)

    def labels(text: str) -> list[str]:
        return [str(each.label) for each in edits.found(text, offered)]

    assert labels("city") == ["City"]
    assert "Order placed" in labels("order")
    assert "Place on the map" in labels("place within")
    assert labels("no such thing at all") == []
    assert labels("  ") == []


def test_a_found_condition_is_added_without_script(alice: Member, person: Callable[..., Contact]) -> None:
    page = alice.post("draft_segment", form={"find": "birthday", "do": "find:"}).content.decode()
    assert Form(page).fields["c.0"] == ["birthday"]
    several = alice.post("draft_segment", form={"find": "name", "do": "find:"}).content.decode()
    assert "use:family_name" in Form(several).buttons or "c.0" in Form(several).fields
    nothing = alice.post("draft_segment", form={"find": "qwertz"}).content.decode()
    assert "Nothing asks about “qwertz”." in nothing


def test_a_found_condition_takes_the_place_of_an_empty_one(alice: Member) -> None:
    """A new segment begins with one; left behind, it would keep the rule from being saved."""
    page = alice.post("draft_segment", form={"c.0": "", "find": "birthday", "do": "find:"}).content.decode()
    assert Form(page).fields["c.0"] == ["birthday"]
    assert "c.1" not in Form(page).fields


def test_enter_in_the_search_field_saves_nothing(alice: Member) -> None:
    answer = alice.post("create_segment", form={"name": "Unfinished", "find": "birthday"})
    assert Form(answer.content.decode()).fields["c.0"] == ["birthday"]
    with tenant_context(alice.tenant):
        assert not Segment.objects.exists()


def test_suggests_what_is_common(alice: Member, person: Callable[..., Contact]) -> None:
    for city in ("Porto", "Porto", "Portimão", "Vigo"):
        person("Somebody", city=city)
    shown = alice.get("suggest_values", query={"about": "city", "field": "v.0.value", "v.0.value": "por"})
    text = shown.content.decode()
    assert text.index("Porto") < text.index("Portimão")
    assert "Vigo" not in text
    more = {"about": "city", "several": "1", "field": "v.0.value", "v.0.value": "Vigo, Portim"}
    assert "Vigo, Portimão" in alice.get("suggest_values", query=more).content.decode()
    place = {"about": "place", "field": "v.0.place", "v.0.place": "lisb"}
    assert "Lisbon, PT" in alice.get("suggest_values", query=place).content.decode()
    assert alice.get("suggest_values", query={"about": "nothing"}).content.decode().strip() == ""


def test_suggests_details_of_events_to_those_who_may_see_them(
    alice: Member, vera: Member, person: Callable[..., Contact]
) -> None:
    visit(person("Ana"), days_ago=1, path="/tea")
    asked = {"about": "detail", "of": "event:page.viewed", "field": "v.0.detail", "v.0.detail": ""}
    assert "path" in alice.get("suggest_values", query=asked).content.decode()
    said = {"about": "what", "of": "event:page.viewed", "field": "v.0.what", "v.0.what": "t", "v.0.detail": "path"}
    assert "/tea" in vera.get("suggest_values", query=said).content.decode()


def test_details_survive_the_form(alice: Member, person: Callable[..., Contact]) -> None:
    value = {"of": 30, "with": {"times": 2, "detail": "path", "how": "contains", "what": "tea"}}
    with tenant_context(alice.tenant):
        from contacts.segments.services import create_segment

        segment = create_segment(name="Tea", rule=condition("event:page.viewed", "in_last", value), by=None)
    form = Form(alice.get("segment", segment.pk).content.decode())
    assert form.fields["v.0.detail"] == ["path"]
    assert alice.post("change_segment", segment.pk, form=form.fields).status_code == 302
    with tenant_context(alice.tenant):
        assert segment.refreshed().rule == {"all": [condition("event:page.viewed", "in_last", value)]}


def test_an_event_nobody_registered_can_be_asked_about(in_acme: Tenant, person: Callable[..., Contact]) -> None:
    from contacts import events
    from contacts.segments import counting

    ana = person("Ana")
    events.record_many([events.NewEvent("shelf.cleaned", ana.pk, is_custom=True)])
    assert "event:shelf.cleaned" in {each.key for each in criteria.every()}
    assert counting.count(condition("event:shelf.cleaned", "ever")) == 1
    assert counting.count(condition("event:never.heard_of", "never")) == 1
