"""Own, team, all: whose records a member sees."""

from __future__ import annotations

from ecrm.tenancy import teams
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Team, Tenant
from tests.cast import Member, join, make_user


def test_sales_see_their_team(alice: Member, acme: Tenant) -> None:
    erik, fay = join(make_user("Erik"), acme, "sales"), join(make_user("Fay"), acme, "sales")
    with tenant_context(acme):
        membership = acme.memberships.get(user=erik.user)
        assert teams.visible_owner_ids(membership) == [erik.user.pk]
        team = teams.create_team(name="North", by=alice.user)
        teams.set_members(team=team, users=[erik.user, fay.user], by=alice.user)
        assert teams.visible_owner_ids(membership) == sorted([erik.user.pk, fay.user.pk])
        assert teams.visible_owner_ids(acme.memberships.get(user=alice.user)) is None


def test_a_team_takes_members_of_this_tenant_only(alice: Member, bob: Member, charlie: Member, acme: Tenant) -> None:
    alice.post("add_team", form={"name": "North"})
    with tenant_context(acme):
        team = Team.objects.get()
    alice.post("change_team", team.pk, form={"users": [bob.user.pk, charlie.user.pk, "rubbish"]})
    with tenant_context(acme):
        assert [member.user for member in team.members.all()] == [bob.user]


def test_a_name_is_used_once(alice: Member) -> None:
    assert alice.post("add_team", form={"name": "North"}).status_code == 302
    assert alice.post("add_team", form={"name": "North"}).status_code == 422
