"""What members are told about notes and follow-ups."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import ContactNote, FollowUp
from ecrm.notices import kinds
from ecrm.notices.kinds import NoticeKind
from ecrm.notices.models import Notification
from ecrm.notices.services import notify
from ecrm.tenancy.models import User
from ecrm.tenancy.roles import Capability

MENTIONED, DUE, GIVEN = "note.mentioned", "follow_up.due", "follow_up.given"


def register() -> None:
    for kind in _KINDS:
        kinds.register(kind)


def mentioned(note: ContactNote, user_ids: Iterable[int], *, by: User) -> None:
    notify(
        MENTIONED,
        to=user_ids,
        url=f"/contacts/notes/{note.pk}/",
        facts={"name": str(note.contact), "who": str(by)},
        subject=note,
        by=by,
        key=f"{MENTIONED}:{note.pk}",
    )


def due(follow_up: FollowUp) -> None:
    _tell(DUE, follow_up, by=None)


def given(follow_up: FollowUp, *, by: User) -> None:
    """Somebody else planned it for its owner."""
    _tell(GIVEN, follow_up, by=by)


def _tell(kind: str, follow_up: FollowUp, *, by: User | None) -> None:
    notify(
        kind,
        to=[follow_up.owner_id],
        url=f"/contacts/{follow_up.contact_id}/",
        facts={"text": follow_up.text, "name": str(follow_up.contact), "who": str(by or "")},
        subject=follow_up,
        by=by,
        # Once for each day it is put off to.
        key=f"{kind}:{follow_up.pk}:{follow_up.due_on}",
    )


def _mentioned(notice: Notification) -> str:
    return _("%(who)s mentioned you in a note") % {"who": notice.facts.get("who") or _("Somebody")}


def _due(notice: Notification) -> str:
    return _("Due today: %(text)s") % {"text": notice.facts.get("text", "")}


def _given(notice: Notification) -> str:
    who = notice.facts.get("who") or _("Somebody")
    return _("%(who)s gave you a task: %(text)s") % {"who": who, "text": notice.facts.get("text", "")}


def _person(notice: Notification) -> str:
    return str(notice.facts.get("name", ""))


_KINDS = (
    NoticeKind(
        MENTIONED, gettext_lazy("Somebody mentions you in a note on a person"), "at-sign", _mentioned,
        note=_person, capability=Capability.CONTACTS_VIEW, is_answer=True,
    ),
    NoticeKind(
        DUE, gettext_lazy("A task of yours is due"), "alarm-clock", _due,
        note=_person, capability=Capability.CONTACTS_VIEW,
    ),
    NoticeKind(
        GIVEN, gettext_lazy("Somebody gives you a task"), "list-todo", _given,
        note=_person, capability=Capability.CONTACTS_VIEW,
    ),
)  # fmt: skip
