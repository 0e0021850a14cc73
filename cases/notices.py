"""Whom a case concerns, and what they are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import policies
from cases.models import Case, CaseMessage, CaseSettings
from ecrm.notices import kinds
from ecrm.notices.kinds import NoticeKind
from ecrm.notices.models import Notification
from ecrm.notices.services import notify
from ecrm.tenancy.models import TeamMember, User
from ecrm.tenancy.roles import Capability

OPENED, ASSIGNED, REPLIED = "case.opened", "case.assigned", "case.replied"
MENTIONED, FAILED = "case.mentioned", "case.mail_failed"

OLD_NEWS = timedelta(days=1)  # what is written down afterwards (imports, samples) alarms nobody


def register() -> None:
    for kind in _KINDS:
        kinds.register(kind)


def opened(case: Case, *, by: User | None, at: datetime) -> None:
    """A case that was born with an assignee is news to them, else to those who may take it."""
    if case.assignee_id is not None:
        assigned(case, by=by, at=at)
    else:
        unclaimed([case], by=by, at=at)


def unclaimed(cases: Sequence[Case], *, by: User | None, at: datetime) -> None:
    """New cases that nobody has. Until it is read, one notice tells of all of them and leads to the newest,
    beside the list of those nobody has.
    """
    told, alike = CaseSettings.of_tenant().told_of_new, defaultdict(list)
    for case in cases:
        alike[case.contact.owner_id if case.contact else None, case.team_id].append(case)
    for (owner_id, team_id), group in alike.items():
        to = policies.told_of_new(told, owner_id=owner_id, team_id=team_id)
        _tell(OPENED, group[-1], to, by=by, at=at, key=OPENED, query="?view=unassigned", times=len(group))


def assigned(case: Case, *, by: User | None, at: datetime) -> None:
    if case.assignee_id is not None:
        _tell(ASSIGNED, case, [case.assignee_id], by=by, at=at, who=str(by) if by else "")


def replied(case: Case, message: CaseMessage) -> None:
    """The assignee, or while there is none the team."""
    to = [case.assignee_id] if case.assignee_id else _team(case)
    _tell(REPLIED, case, to, at=message.at, who=message.sender_name or str(case.contact or ""))


def mentioned(case: Case, users: Iterable[User], *, by: User, at: datetime) -> None:
    _tell(MENTIONED, case, [user.pk for user in users], by=by, at=at, who=str(by))


def failed(case: Case, message: CaseMessage, at: datetime) -> None:
    """Whoever wrote an answer that could not be delivered."""
    if message.author_id is not None:
        _tell(FAILED, case, [message.author_id], at=at)


def path_of(case: Case) -> str:
    """Inside the tenant, as notices keep it; workers have no request to reverse for."""
    return f"/cases/{case.pk}/"


def _tell(
    kind: str,
    case: Case,
    to: Iterable[int],
    *,
    at: datetime,
    by: User | None = None,
    key: str = "",
    query: str = "",
    times: int = 1,
    **facts: Any,
) -> None:
    if timezone.now() - at > OLD_NEWS:
        return
    notify(
        kind,
        to=to,
        url=f"{path_of(case)}{query}",
        facts={"number": case.number, "subject": case.subject, **facts},
        subject=case,
        by=by,
        key=key or f"{kind}:{case.pk}",
        at=at,
        times=times,
    )


def _team(case: Case) -> list[int]:
    if case.team_id is None:
        return []
    return list(TeamMember.objects.filter(team=case.team_id).values_list("user_id", flat=True))


def _opened(notice: Notification) -> str:
    words = ngettext("A new case that nobody has yet", "%(count)s new cases that nobody has yet", notice.times)
    return words % {"count": notice.times}


def _assigned(notice: Notification) -> str:
    who = notice.facts.get("who")
    return _("%(who)s assigned a case to you") % {"who": who} if who else _("A case was assigned to you")


def _replied(notice: Notification) -> str:
    who = notice.facts.get("who")
    return _("%(who)s replied") % {"who": who} if who else _("A customer replied")


def _mentioned(notice: Notification) -> str:
    return _("%(who)s mentioned you") % {"who": notice.facts.get("who") or _("Somebody")}


def _failed(notice: Notification) -> str:
    return _("Your answer could not be delivered")


def _case(notice: Notification) -> str:
    return _("Case %(number)s, %(subject)s") % {
        "number": notice.facts.get("number", ""),
        "subject": notice.facts.get("subject", ""),
    }


_KINDS = (
    NoticeKind(
        OPENED, gettext_lazy("A new case comes in that nobody has"), "mail", _opened, mail="never",
        note=_case, capability=Capability.CASES_ANSWER, is_counting=True,
    ),
    NoticeKind(
        ASSIGNED, gettext_lazy("A case is assigned to you"), "inbox", _assigned,
        note=_case, capability=Capability.CASES_VIEW,
    ),
    NoticeKind(
        REPLIED, gettext_lazy("A customer replies to your case"), "reply", _replied,
        note=_case, capability=Capability.CASES_VIEW, is_answer=True,
    ),
    NoticeKind(
        MENTIONED, gettext_lazy("Somebody mentions you in a note"), "at-sign", _mentioned,
        note=_case, capability=Capability.CASES_VIEW, is_answer=True,
    ),
    NoticeKind(
        FAILED, gettext_lazy("Your answer could not be delivered"), "triangle-alert", _failed,
        note=_case, capability=Capability.CASES_VIEW, mail="now",
    ),
)  # fmt: skip
