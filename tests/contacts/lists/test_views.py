"""Saved views: the address is the view, who sees it, where somebody begins."""

from __future__ import annotations

from typing import Any

import pytest

from contacts import fields
from contacts.fields import defining
from contacts.models import Contact, SavedView
from ecrm.tenancy import teams
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Membership, Team, Tenant
from tests.cast import Member
from tests.contacts.conftest import add


@pytest.fixture
def people(acme: Tenant) -> None:
    add(acme, name="Ana", stage="lead", country="PT")
    add(acme, name="Rui", stage="customer", country="PT")


pytestmark = pytest.mark.usefixtures("people")


def test_a_view_is_saved_shown_and_shared(alice: Member, vera: Member) -> None:
    view = save(alice, "Leads", "stage=lead&sort=name", "everyone")

    for member in (alice, vera):
        page = member.get("contact_list", query={"view": view.pk})
        assert [row.name for row in page.context["rows"]] == ["Ana"]
        assert page.context["query"].sort == "name"
        assert page.context["views"].current.name == "Leads"
        assert not page.context["views"].is_changed


def test_private_views_are_the_owners_and_team_views_the_teams(alice: Member, bob: Member, vera: Member) -> None:
    with tenant_context(alice.tenant):
        team = teams.create_team(name="North", by=alice.user)
        teams.set_members(team=team, users=[alice.user, bob.user], by=alice.user)
    private, shared = save(alice, "Private", "stage=lead", "mine"), save(alice, "Ours", "stage=lead", "team")

    assert tabs(alice) == ["Ours", "Private"]
    assert tabs(bob) == ["Ours"]
    assert tabs(vera) == []
    page = vera.get("contact_list", query={"view": shared.pk})
    assert "Part of the filter means nothing" in page.content.decode()
    assert len(page.context["rows"]) == 2
    assert bob.post("delete_view", private.pk).status_code == 404


def test_a_team_is_offered_to_those_who_are_in_one(alice: Member) -> None:
    form = alice.get("save_view", query={"stage": "lead"}).content.decode()
    assert 'value="everyone"' in form
    assert 'value="team"' not in form, "nobody else would see it"
    refused = alice.client.post(alice.url("save_view") + "?stage=lead", {"name": "Ours", "audience": "team"})
    assert refused.status_code == 422
    assert "in no team" in refused.content.decode()

    with tenant_context(alice.tenant):
        team = teams.create_team(name="North", by=alice.user)
        teams.set_members(team=team, users=[alice.user], by=alice.user)
    assert "My team: North" in alice.get("save_view", query={"stage": "lead"}).content.decode()


def test_a_view_of_a_team_that_was_left_can_still_be_renamed(alice: Member, bob: Member, vera: Member) -> None:
    view = save_of_a_team(bob)
    leave(bob)

    form = bob.get("edit_view", view.pk).content.decode()
    assert 'value="team" checked' in form
    assert "You are in no team" in form
    assert bob.post("edit_view", view.pk, form={"name": "Ours, later", "audience": "team"}).status_code == 302
    assert bob.client.post(bob.url("update_view", view.pk) + "?stage=customer").status_code == 302
    assert tabs(bob) == ["Ours, later"]
    assert tabs(vera) == []


def test_a_view_that_no_team_sees_any_more_is_its_owners_and_the_admins(
    alice: Member, bob: Member, mara: Member
) -> None:
    view = save_of_a_team(bob)
    assert tabs(alice) == [], "a team she is not in"
    leave(bob)

    assert tabs(alice) == ["Ours"]
    assert tabs(mara) == [], "who does not change settings sees no view of a team that is not hers"
    assert mara.get("edit_view", view.pk).status_code == 404
    form = alice.get("edit_view", view.pk).content.decode()
    assert "its owner is in no team" in form
    with tenant_context(bob.tenant):
        Membership.objects.get(user=bob.user, tenant=bob.tenant).delete()
    assert alice.post("edit_view", view.pk, form={"name": "North's", "audience": "team"}).status_code == 302
    assert tabs(alice) == ["North's"]
    assert alice.post("edit_view", view.pk, form={"name": "North's", "audience": "everyone"}).status_code == 302
    assert tabs(mara) == ["North's"]


def save_of_a_team(member: Member) -> SavedView:
    with tenant_context(member.tenant):
        teams.set_members(team=teams.create_team(name="North", by=member.user), users=[member.user], by=member.user)
    return save(member, "Ours", "stage=lead", "team")


def leave(member: Member) -> None:
    with tenant_context(member.tenant):
        teams.set_members(team=Team.objects.get(name="North"), users=[], by=member.user)


def test_changes_are_shown_and_kept_or_saved_as_another(alice: Member, vera: Member) -> None:
    view = save(alice, "Leads", "stage=lead", "everyone")

    changed = alice.client.get(alice.url("contact_list") + f"?view={view.pk}&stage=customer")
    assert changed.context["views"].is_changed
    assert "Changed since saved" in changed.content.decode()
    assert [row.name for row in changed.context["rows"]] == ["Rui"]

    alice.client.post(alice.url("update_view", view.pk) + "?stage=customer")
    page = vera.get("contact_list", query={"view": view.pk})
    assert [row.name for row in page.context["rows"]] == ["Rui"]
    assert vera.client.post(vera.url("update_view", view.pk) + "?stage=lead").status_code == 404


def test_a_view_without_its_filter_is_changed_and_not_itself(alice: Member) -> None:
    view = save(alice, "Leads", "stage=lead", "mine")
    page = alice.get("contact_list", query={"view": view.pk})

    wider = alice.client.get(alice.url("contact_list") + page.context["chips"][0].remove_url)

    assert len(wider.context["rows"]) == 2
    assert wider.context["views"].is_changed


def test_one_begins_with_a_view_and_stops_again(alice: Member, bob: Member) -> None:
    view = save(alice, "Leads", "stage=lead", "everyone")

    alice.post("begin_with_view", view.pk)
    assert alice.get("contact_list").url.endswith(f"?view={view.pk}&stage=lead")
    assert bob.get("contact_list").status_code == 200

    alice.post("begin_with_view", view.pk)
    assert alice.get("contact_list").status_code == 200


def test_a_role_begins_with_a_view_unless_one_chose_their_own(alice: Member, bob: Member, vera: Member) -> None:
    view = save(alice, "Leads", "stage=lead", "everyone")
    own = save(bob, "Mine", "stage=customer", "mine")
    bob.post("begin_with_view", own.pk)

    form = {"name": "Leads", "audience": "everyone", "roles_shown": "1", "role": ["viewer", "support"]}
    assert alice.post("edit_view", view.pk, form=form).status_code == 302

    assert f"view={view.pk}" in vera.get("contact_list").url
    assert f"view={own.pk}" in bob.get("contact_list").url
    # Everybody's list is one click away.
    assert len(vera.get("contact_list", query={"all": "1"}).context["rows"]) == 2


def test_a_role_cannot_begin_with_what_it_may_not_see(alice: Member, vera: Member) -> None:
    view = save(alice, "Leads", "stage=lead", "everyone")
    form: dict[str, Any] = {"name": "Leads", "audience": "everyone", "roles_shown": "1", "role": ["viewer"]}
    alice.post("edit_view", view.pk, form=form)

    alice.post("edit_view", view.pk, form=form | {"audience": "mine"})

    assert vera.get("contact_list").status_code == 200


def test_renamed_and_deleted(alice: Member) -> None:
    view = save(alice, "Leads", "stage=lead", "mine")

    assert alice.post("edit_view", view.pk, form={"name": " ", "audience": "mine"}).status_code == 422
    alice.post("edit_view", view.pk, form={"name": "New people", "audience": "mine"})
    assert tabs(alice) == ["New people"]
    alice.post("delete_view", view.pk)
    assert tabs(alice) == []


@pytest.mark.parametrize(
    "form", [{"name": "", "audience": "mine"}, {"name": "X", "audience": "king"}, {"name": "x" * 81}]
)
def test_what_is_wrong_is_said(alice: Member, form: dict[str, str]) -> None:
    answer = alice.client.post(alice.url("save_view") + "?stage=lead", form)

    assert answer.status_code == 422
    with tenant_context(alice.tenant):
        assert not SavedView.objects.exists()


def test_other_workspaces_have_their_own(alice: Member, charlie: Member, outsider: Member) -> None:
    view = save(alice, "Leads", "stage=lead", "everyone")

    assert tabs(charlie) == []
    assert charlie.get("edit_view", view.pk).status_code == 404
    assert outsider.get("edit_view", view.pk).status_code == 404


def save(member: Member, name: str, query: str, audience: str) -> SavedView:
    answer = member.client.post(member.url("save_view") + f"?{query}", {"name": name, "audience": audience})
    assert answer.status_code == 302
    with tenant_context(member.tenant):
        return SavedView.objects.get(name=name)


def tabs(member: Member) -> list[str]:
    return [view.name for view in member.get("contact_list", query={"all": "1"}).context["views"].views]


def test_a_view_keeps_its_columns_group_and_density(alice: Member, vera: Member) -> None:
    view = save(alice, "Compact", "country=PT&group=stage&columns=stage,email&density=compact", "everyone")

    query = vera.get("contact_list", query={"view": view.pk}).context["query"]

    assert (query.group, query.columns, query.is_compact) == ("stage", ("stage", "email"), True)


def test_a_view_of_a_deleted_field_says_so_and_is_whole_again_when_it_comes_back(alice: Member) -> None:
    with tenant_context(alice.tenant):
        field = defining.create(entity="contact", kind="text", label="Tier", key="tier", by=None)
        fields.write("contact", {Contact.objects.get(name="Ana").pk: {"tier": "A"}}, by=None)
    view = save(alice, "Tier A", "where=field:tier.any_of:A,&sort=f:tier&columns=f:tier,email", "everyone")

    def opened() -> Any:
        return alice.get("contact_list", query={"view": view.pk})

    assert [row.name for row in opened().context["rows"]] == ["Ana"]
    with tenant_context(alice.tenant):
        defining.delete(field=field, by=alice.user)
    page = opened()
    assert "was left out" in page.content.decode()
    assert not page.context["views"].is_changed
    assert {row.name for row in page.context["rows"]} == {"Ana", "Rui"}
    with tenant_context(alice.tenant):
        defining.restore(field=field, by=alice.user)
    page = opened()
    assert [row.name for row in page.context["rows"]] == ["Ana"]
    assert "was left out" not in page.content.decode()
