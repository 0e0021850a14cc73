"""What the writer of a letter is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import Letter
from ecrm.notices import kinds
from ecrm.notices.kinds import NoticeKind
from ecrm.notices.models import Notification
from ecrm.notices.services import notify
from ecrm.tenancy.roles import Capability

REPLIED, FAILED = "letter.replied", "letter.failed"


def register() -> None:
    kinds.register(
        NoticeKind(
            REPLIED, gettext_lazy("Somebody answers your email"), "reply", _replied,
            note=_subject, capability=Capability.CONTACTS_VIEW, is_answer=True,
        )
    )  # fmt: skip
    kinds.register(
        NoticeKind(
            FAILED, gettext_lazy("Your email could not be delivered"), "triangle-alert", _failed,
            note=_subject, capability=Capability.CONTACTS_VIEW, mail="now",
        )
    )  # fmt: skip


def replied(letter: Letter, who: str, *, at: datetime, path: str = "") -> None:
    """``path`` is where the answer stands, when not in the letter's own conversation."""
    _tell(REPLIED, letter, path=path, at=at, who=who or str(letter.contact))


def failed(letter: Letter) -> None:
    _tell(FAILED, letter, at=timezone.now(), who=str(letter.contact))


def path_of(letter_id: int) -> str:
    """Inside the tenant, as notices keep it."""
    return f"/contacts/letters/{letter_id}/"


def _tell(kind: str, letter: Letter, *, at: datetime, path: str = "", **facts: Any) -> None:
    if letter.author_id is None:
        return
    notify(
        kind,
        to=[letter.author_id],
        url=path or path_of(letter.pk),
        facts={"subject": letter.subject, **facts},
        subject=letter,
        key=f"{kind}:{letter.root_id or letter.pk}",
        at=at,
    )


def _replied(notice: Notification) -> str:
    return _("%(who)s answered your email") % {"who": notice.facts.get("who") or _("Somebody")}


def _failed(notice: Notification) -> str:
    return _("Your email to %(who)s could not be delivered") % {"who": notice.facts.get("who", "")}


def _subject(notice: Notification) -> str:
    return str(notice.facts.get("subject", ""))
