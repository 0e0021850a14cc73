from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import history, notices, policies
from cases.models import Case, State
from cases.services.states import move
from ecrm.tenancy.models import Team, User


@transaction.atomic
def assign_case(*, case: Case, to: User | None, by: User | None, at: datetime | None = None) -> bool:
    """Gives a case to a member, or to nobody. False when it is theirs already.

    Raises ``ValidationError`` for somebody who could not answer it.
    """
    if to is not None and not policies.may_assign_to(to):
        raise ValidationError({"assignee": _("%(name)s may not answer cases.") % {"name": to}})
    at = at or timezone.now()
    someone_else = Q(assignee__isnull=False) if to is None else ~Q(assignee=to) | Q(assignee=None)
    if not Case.objects.filter(someone_else, pk=case.pk).update(assignee=to):
        return False
    case.assignee = to
    if to is not None:
        move(case, to=State.OPEN, sources={State.NEW})
        history.tell(history.ASSIGNED, case, by=by, at=at, assignee=str(to))
    history.note(history.ASSIGNED, case, by=by, fields=("assignee",), at=at)
    notices.assigned(case, by=by, at=at)
    return True


@transaction.atomic
def set_team(*, case: Case, team: Team | None, by: User) -> bool:
    """Puts a case before a team: its members see it among theirs and are told of replies."""
    if case.team_id == (team.pk if team else None):
        return False
    case.team = team
    case.save(update_fields=["team"])
    history.note(history.CHANGED, case, by=by, fields=("team",))
    return True


@transaction.atomic
def assign_cases(*, cases: Sequence[Case], to: User | None, by: User) -> dict[int, int | None]:
    """Assigns several; answers who had each that changed hands, for the undo."""
    former = {case.pk: case.assignee_id for case in cases}
    return {case.pk: former[case.pk] for case in cases if assign_case(case=case, to=to, by=by)}
