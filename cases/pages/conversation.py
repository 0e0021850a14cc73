"""What was said and what happened between, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cases import history
from cases.models import (
    CaseFile,
    CaseMessage,
    Direction,
    Doubt,
    Handover,
    HandoverState,
)
from cases.pages import presence
from cases.pages.opened import Draft, Fact, Opened
from contacts import events
from ecrm.mail.posting import marks
from ecrm.tenancy.models import User
from ecrm.ui import formats

MOST = 100
WRITING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Travel:
    """How an answer fares on its way."""

    state: str
    recipient: str
    reason: str
    is_undoable: bool

    @property
    def words(self) -> str:
        return str(HandoverState(self.state).label)

    @property
    def is_trouble(self) -> bool:
        return self.state in (HandoverState.FAILED, HandoverState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Said:
    """One message as it is shown. ``kind`` is the class of its bubble: empty, agent or note."""

    message: CaseMessage
    kind: str
    name: str
    html: SafeString
    files: Sequence[dict[str, Any]]
    travel: Travel | None
    doubt: str
    is_guest: bool

    @property
    def at(self) -> datetime:
        return self.message.at

    @property
    def has_remote_pictures(self) -> bool:
        """Ones that wait to be asked for."""
        return " data-remote-src=" in self.message.html


@dataclass(frozen=True, slots=True)
class Happened:
    """A line between the messages."""

    sentence: str
    at: datetime


class Conversation:
    """Of one case, for one reader. One query, whatever was said."""

    def __init__(self, opened: Opened, user: User, *, is_whole: bool = False) -> None:
        self.opened = opened
        self.case = opened.case
        self.user = user
        self.now = timezone.now()
        self.is_whole = is_whole

    @cached_property
    def items(self) -> list[Said | Happened]:
        """What happened stands before what was said in the same instant."""
        return sorted([*self._happened, *self._said], key=lambda item: item.at)

    @cached_property
    def has_earlier(self) -> bool:
        return not self.is_whole and len(self._messages) > MOST

    @cached_property
    def newest_id(self) -> int:
        """What the reader has seen when they begin to write."""
        return max((message.pk for message in self._messages), default=0)

    @cached_property
    def draft(self) -> Draft | None:
        """What the reader has begun to write."""
        return next((draft for draft in self.opened.drafts if draft.user_id == self.user.pk), None)

    @cached_property
    def others(self) -> list[str]:
        """Who else is here, in words."""
        recent = self.now - WRITING
        drafts = self.opened.drafts
        writing = [each.name for each in drafts if each.user_id != self.user.pk and each.updated_at > recent]
        looking = [name for name in presence.others(self.case.pk, self.user) if name not in writing]
        return [_("%(name)s is writing an answer") % {"name": name} for name in writing] + [
            _("%(name)s is looking at this too") % {"name": name} for name in looking
        ]

    @property
    def facts(self) -> tuple[object, ...]:
        """Whatever a live part shows, to tell whether it has changed."""
        said = [(each.message.pk, each.travel) for each in self._said]
        return (said, len(self._happened), self.others, self.case.state)

    @cached_property
    def _messages(self) -> list[Any]:
        """The newest ones, oldest first, with their files and their way in the same query."""
        found = CaseMessage.objects.filter(case=self.case).select_related("author", "contact")
        newest = found.annotate(file_list=_files(), travels=_travels()).order_by("-at", "-pk")
        rows = list(newest if self.is_whole else newest[: MOST + 1])
        return rows[::-1]

    @cached_property
    def _said(self) -> list[Said]:
        shown = self._messages if self.is_whole else self._messages[-MOST:]
        return [self._as_said(message) for message in shown]

    @cached_property
    def _happened(self) -> list[Happened]:
        since = self._said[0].at if self.has_earlier and self._said else None
        told = [fact for fact in self.opened.facts if not since or fact.at >= since]
        return [Happened(_sentence(fact), fact.at) for fact in told]

    def _as_said(self, message: Any) -> Said:
        is_in = message.direction == Direction.IN
        return Said(
            message,
            {Direction.IN: "", Direction.OUT: "agent", Direction.NOTE: "note"}[Direction(message.direction)],
            _name(message),
            marks.html_of(message.text),
            message.file_list,
            self._travel(message),
            str(Doubt(message.doubt).label) if message.doubt else "",
            is_in and bool(message.contact_id) and message.contact_id != self.case.contact_id,
        )

    def _travel(self, message: Any) -> Travel | None:
        if not message.travels:
            return None
        found = message.travels[0]
        is_undoable = (
            found["state"] == HandoverState.WAITING and not found["attempts"] and message.author_id == self.user.pk
        )
        return Travel(found["state"], found["recipient"], found["reply_text"], is_undoable)


def _files() -> ArraySubquery:
    rows = CaseFile.objects.filter(message=OuterRef("pk")).order_by("pk")
    facts = JSONObject(id="file_id", name="file__name", size="file__size", kind="file__content_type")
    return ArraySubquery(rows.values(json=facts))


def _travels() -> ArraySubquery:
    rows = Handover.objects.filter(message=OuterRef("pk"))
    facts = {name: F(name) for name in ("state", "recipient", "reply_text", "attempts")}
    return ArraySubquery(rows.values(json=JSONObject(**facts)))


def _name(message: CaseMessage) -> str:
    if message.direction == Direction.OUT and message.is_automatic:
        return _("Confirmation")
    if message.direction != Direction.IN:
        return str(message.author) if message.author else _("A former member")
    known = message.contact.name if message.contact else ""
    return known or message.sender_name or message.sender_address or _("Unknown sender")


def _sentence(fact: Fact) -> str:
    """The timeline's own title is short enough for a line between messages."""
    told = fact.properties
    title = {
        history.ASSIGNED: _("Assigned to %(name)s") % {"name": told.get("assignee", "")},
        history.MERGED: _("Case %(number)s merged into this one") % {"number": told.get("other", "")},
        history.PARTED: _("Case %(number)s parted from this one") % {"number": told.get("other", "")},
    }.get(fact.name) or str(events.kind(fact.name).title)
    return _("%(what)s, %(when)s") % {"what": title, "when": formats.full(fact.at)}
