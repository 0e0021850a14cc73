"""Teams: people who see each other's records."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ecrm.audit import services as audit
from ecrm.tenancy.models import Membership, Team, TeamMember, User
from ecrm.tenancy.roles import Sight


@transaction.atomic
def create_team(*, name: str, by: User) -> Team:
    if Team.objects.filter(name=name).exists():
        raise ValidationError({"name": _("There is a team of this name already.")})
    team = Team.objects.create(name=name)
    audit.record("team.created", by=by, subject=team)
    return team


@transaction.atomic
def set_members(*, team: Team, users: Sequence[User], by: User) -> None:
    TeamMember.objects.filter(team=team).exclude(user__in=users).delete()
    TeamMember.objects.bulk_create([TeamMember(team=team, user=user) for user in users], ignore_conflicts=True)
    audit.record("team.changed", by=by, subject=team, fields=["members"])


@transaction.atomic
def remove_team(*, team: Team, by: User) -> None:
    audit.record("team.removed", by=by, subject=team)
    team.delete()


def with_members() -> QuerySet[Team]:
    return Team.objects.order_by("name").prefetch_related("members__user")


def names_of(user_id: int) -> list[str]:
    """The teams somebody is in."""
    teams = Team.objects.filter(members__user=user_id).order_by("name")
    return list(teams.values_list("name", flat=True))


def visible_owner_ids(membership: Membership) -> list[int] | None:
    """Whose records this member sees: None means everybody's. Unowned records are everybody's too."""
    if membership.sight is Sight.ALL:
        return None
    mine = {membership.user_id}
    if membership.sight is Sight.TEAM:
        teams = TeamMember.objects.filter(user=membership.user_id).values("team")
        mine |= set(TeamMember.objects.filter(team__in=teams).values_list("user_id", flat=True))
    return sorted(mine)
