"""Who may do what with a case. Capabilities say what a role may do; this says to which case."""

from __future__ import annotations

from cases.models import Case, State, Told
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, TeamMember, User
from ecrm.tenancy.roles import Capability, Sight


def may_answer(membership: Membership, case: Case) -> bool:
    """A closed case is over; what comes later opens one that follows it."""
    return membership.may(Capability.CASES_ANSWER) and case.state != State.CLOSED


def may_assign_to(user: User) -> bool:
    """Only members whose roles let them answer."""
    membership = Membership.objects.filter(tenant_id=require_tenant_id(), user=user).first()
    return membership is not None and membership.may(Capability.CASES_ANSWER)


def assignable() -> list[User]:
    """Everybody a case can be given to, by name. One query."""
    memberships = Membership.objects.filter(tenant_id=require_tenant_id(), user__is_active=True)
    able = [each.user for each in memberships.select_related("user") if each.may(Capability.CASES_ANSWER)]
    return sorted(able, key=lambda user: str(user).casefold())


def told_of_new(told: str, *, owner_id: int | None, team_id: int | None) -> list[int]:
    """The members (user ids) who hear of a new case nobody has: its team's, else those the workspace chose
    (``Told``), and of these who see cases of a person whom ``owner_id`` owns. At most three queries.
    """
    if team_id is not None:
        return list(TeamMember.objects.filter(team=team_id).values_list("user_id", flat=True))
    if told == Told.NOBODY:
        return []
    needed = Capability.CASES_MANAGE if told == Told.MANAGERS else Capability.CASES_ANSWER
    members = Membership.objects.filter(tenant_id=require_tenant_id(), user__is_active=True)
    able = [each for each in members if each.may(needed)]
    if owner_id is None or all(each.sight is Sight.ALL for each in able):
        return [each.user_id for each in able]
    teams = TeamMember.objects.filter(user=owner_id).values("team")
    mates = {owner_id, *TeamMember.objects.filter(team__in=teams).values_list("user_id", flat=True)}
    return [each.user_id for each in able if _sees(each, owner_id, mates)]


def _sees(membership: Membership, owner_id: int, mates: set[int]) -> bool:
    if membership.sight is Sight.TEAM:
        return membership.user_id in mates
    return membership.sight is Sight.ALL or membership.user_id == owner_id
