"""Who may do what with a case. Capabilities say what a role may do; this says to which case."""

from __future__ import annotations

from cases.models import Case, State
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.roles import Capability


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
