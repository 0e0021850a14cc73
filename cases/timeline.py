"""How cases read on a person's timeline."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import history
from contacts import events
from contacts.event_links import numbered
from contacts.events import EventKind, Link
from contacts.models import Event
from ecrm.tenancy.roles import Capability


def register() -> None:
    for kind in (
        _kind(history.OPENED, gettext_lazy("Case opened"), "inbox", _opened, is_activity=True),
        _kind(history.REPLIED, gettext_lazy("Replied to a case"), "reply", _replied, is_activity=True),
        _kind(history.ANSWERED, gettext_lazy("Case answered"), "send", _answered),
        _kind(history.ASSIGNED, gettext_lazy("Case assigned"), "user-round", _assigned),
        _kind(history.SOLVED, gettext_lazy("Case solved"), "circle-check", _solved, tone="good"),
        _kind(history.REOPENED, gettext_lazy("Case reopened"), "undo-2", _reopened),
        _kind(history.CLOSED, gettext_lazy("Case closed"), "archive", _closed),
        _kind(history.MERGED, gettext_lazy("Cases merged"), "git-merge", _merged),
        _kind(history.PARTED, gettext_lazy("Cases parted again"), "undo-2", _parted),
    ):
        events.register(kind)


def _kind(
    name: str,
    title: Promise,
    icon: str,
    sentence: Callable[[Event], str],
    *,
    tone: str = "",
    is_activity: bool = False,
) -> EventKind:
    return EventKind(
        name, title, icon, sentence,
        capability=Capability.CASES_VIEW, group="case", tone=tone, is_activity=is_activity, link=_case_of,
    )  # fmt: skip


def _case_of(event: Event) -> Link | None:
    told = event.properties
    return Link(numbered("case_page", event.object_id), str(told.get("subject") or "")) if event.object_id else None


def _opened(event: Event) -> str:
    return _("Opened case %(number)s: %(subject)s") % _words(event) if _words(event)["number"] else _("Opened a case")


def _replied(event: Event) -> str:
    return _("Replied to case %(number)s") % _words(event)


def _answered(event: Event) -> str:
    return _("Got an answer to case %(number)s: %(subject)s") % _words(event)


def _assigned(event: Event) -> str:
    return _("Case %(number)s was given to %(assignee)s") % _words(event)


def _solved(event: Event) -> str:
    return _("Case %(number)s solved: %(subject)s") % _words(event)


def _reopened(event: Event) -> str:
    return _("Case %(number)s taken up again") % _words(event)


def _closed(event: Event) -> str:
    return _("Case %(number)s closed") % _words(event)


def _merged(event: Event) -> str:
    return _("Case %(other)s was merged into case %(number)s") % _words(event)


def _parted(event: Event) -> str:
    return _("Case %(other)s was parted from case %(number)s") % _words(event)


def _words(event: Event) -> dict[str, object]:
    """Empty where erasure has blanked the facts, or another system told of a case by name only."""
    told = event.properties
    return {name: told.get(name, "") for name in ("number", "subject", "assignee", "other")}
