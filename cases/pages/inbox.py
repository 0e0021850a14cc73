"""The list at the left: views, filters, order, and where one goes from a case that is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, DateTimeField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Left
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases import figures
from cases.models import Case, CaseMessage, Channel, Direction, State
from cases.querysets import CaseQuerySet
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui.pages import Page, keyset_page

SIZE = 30
EXCERPT = 120
LONGEST_TERM = 200
DEFAULT_VIEW, DEFAULT_SORT = "open", "newest"
KEPT = ("view", "team", "channel", "sort", "q")
ORDERS: dict[str, tuple[str, ...]] = {
    "newest": ("-last_message_at", "-id"),
    "longest": ("waits_from", "id"),
    "priority": ("-priority", "-last_message_at", "-id"),
}
SORTS: dict[str, str | Promise] = {
    "newest": _("Newest message"),
    "longest": _("Waiting longest"),
    "priority": _("Priority"),
}


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at the cases. ``is_hot`` ones have a red count: something is late there.

    ``empty`` and ``purpose`` are what an empty list says: that it is, and what will stand there.
    """

    key: str
    label: str | Promise
    q: Callable[[Inbox], Q]
    empty: str | Promise
    purpose: str | Promise
    is_hot: bool = False
    has_count: bool = True


VIEWS: tuple[View, ...] = (
    View(
        "mine", _("Assigned to me"), lambda inbox: inbox.awake & Q(assignee=inbox.user),
        _("No case is yours"), _("Cases you take, answer first or are given stand here until they are solved."),
    ),
    View(
        "unassigned", _("Unassigned"), lambda inbox: inbox.awake & Q(assignee=None),
        _("Every case has somebody"), _("New cases stand here until a member takes or answers them."),
    ),
    View(
        "overdue", _("Overdue"), lambda inbox: inbox.awake & Q(waiting_since__lt=inbox.late_since),
        _("Nobody waits too long"), _("Cases stand here when an answer is later than your workspace promises."),
        is_hot=True,
    ),
    View(
        "waiting", _("Waiting on customer"), lambda inbox: inbox.awake & Q(state=State.ON_CUSTOMER),
        _("No customer has to answer"), _("Cases you have answered stand here until the customer replies."),
    ),
    View(
        "snoozed", _("Snoozed"), lambda inbox: Q(solved_at=None, snoozed_until__gt=inbox.now),
        _("Nothing is put off"), _("Cases you snooze wait here, and come back at their time or when somebody replies."),
    ),
    View(
        "open", _("All open"), lambda _inbox: Q(solved_at=None),
        _("No open case"), "",
    ),
    View(
        "solved", _("Solved"), lambda _inbox: Q(solved_at__isnull=False),
        _("Nothing solved yet"), _("Solved and closed cases stand here, to be read again or taken up once more."),
        has_count=False,
    ),
)  # fmt: skip
_BY_KEY = {view.key: view for view in VIEWS}


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the views: what it leads to and how many are there (None: not counted)."""

    label: str | Promise
    url: str
    is_current: bool
    count: int | None = None
    is_hot: bool = False
    icon: str = ""


class Inbox:
    """The list as one request asks for it. Counting and listing run when they are first looked at."""

    def __init__(self, request: MemberRequest) -> None:
        self.membership: Membership = request.membership
        self.user: User = request.user
        self.now: datetime = timezone.now()
        self.asked: QueryDict = request.GET
        self.view = _BY_KEY.get(self.asked.get("view", ""), _BY_KEY[DEFAULT_VIEW])
        self.sort = self.asked.get("sort", "") if self.asked.get("sort") in ORDERS else DEFAULT_SORT
        self.channel = self.asked.get("channel", "") if self.asked.get("channel") in Channel.values else ""
        self.team_id = _number(self.asked.get("team", ""))
        self.term = self.asked.get("q", "").replace("\x00", "").strip()[:LONGEST_TERM]
        self.is_picking = "pick" in self.asked

    @property
    def awake(self) -> Q:
        """Open, and not put off until later."""
        return Q(solved_at=None) & (Q(snoozed_until=None) | Q(snoozed_until__lte=self.now))

    @property
    def late_since(self) -> datetime:
        """What waits for longer than this is overdue."""
        return self.now - figures.goal()

    @cached_property
    def query(self) -> str:
        """What of the address keeps the list as it is, from page to page."""
        kept = QueryDict(mutable=True)
        for name in KEPT:
            if value := self.asked.get(name, "").replace("\x00", ""):
                kept[name] = value
        return kept.urlencode()

    @cached_property
    def is_filtered(self) -> bool:
        return bool(self.channel or self.term or self.team_id)

    @cached_property
    def page(self) -> Page[Case]:
        listed = with_excerpt(self.cases).with_unread(self.user.pk).select_related("contact", "assignee", "team")
        return keyset_page(
            listed, order=ORDERS[self.sort], cursor=self.asked.get("cursor", "").replace("\x00", ""), size=SIZE
        )

    @property
    def cases(self) -> CaseQuerySet:
        """Everything in the list, on every page."""
        found = self._visible.filter(self.view.q(self))
        if self.team_id:
            found = found.filter(team=self.team_id)
        if self.channel:
            found = found.filter(channel=self.channel)
        if self.term:
            found = found.matching(self.term, membership=self.membership)
        waits_from = Coalesce("waiting_since", "last_message_at", output_field=DateTimeField())
        return found.annotate(waits_from=waits_from)

    def next_after(self, case: Case) -> Case | None:
        """The case below this one in the list, else the first: where to go when this one is done."""
        ids = list(self.cases.order_by(*ORDERS[self.sort]).values_list("pk", flat=True)[: SIZE * 4])
        others = [pk for pk in ids if pk != case.pk]
        below = ids[ids.index(case.pk) + 1 :] if case.pk in ids else []
        chosen = (below or others)[:1]
        return Case.objects.filter(pk__in=chosen).first()

    @property
    def facts(self) -> tuple[object, ...]:
        """Whatever the list shows, to tell whether it has changed."""
        rows: list[Any] = self.page.rows
        shown = [(row.pk, row.last_message_at, row.state, row.priority, row.assignee_id, row.is_unread) for row in rows]
        return (shown, self._counts)

    @cached_property
    def views(self) -> list[Link]:
        """One query, with the teams: the open cases are counted once for every view."""
        return [
            Link(
                view.label,
                self._url(view=view.key),
                view is self.view and not self.team_id,
                self._counts[view.key] if view.has_count else None,
                view.is_hot and self._counts[view.key] > 0,
            )
            for view in VIEWS
        ]

    @cached_property
    def teams(self) -> list[Link]:
        """Those with open cases."""
        named = [(row["team__name"], row["team"], row[DEFAULT_VIEW]) for row in self._counted if row["team"]]
        return [
            Link(name, self._url(view=DEFAULT_VIEW, team=pk), pk == self.team_id, count)
            for name, pk, count in sorted(named)
        ]

    @cached_property
    def channels(self) -> list[Link]:
        return [
            Link(label, self._url(view=self.view.key, channel=key), key == self.channel, icon=CHANNEL_ICONS[key])
            for key, label in Channel.choices
        ]

    @cached_property
    def sorts(self) -> list[Link]:
        return [Link(label, self._url(sort=key, view=self.view.key), key == self.sort) for key, label in SORTS.items()]

    @property
    def _visible(self) -> CaseQuerySet:
        return Case.objects.visible_to(self.membership).filter(merged_into=None)

    @cached_property
    def _counts(self) -> dict[str, int]:
        return {view.key: sum(row[view.key] for row in self._counted) for view in VIEWS if view.has_count}

    @cached_property
    def _counted(self) -> list[dict[str, Any]]:
        """The open cases of every view, for each team."""
        counted = {view.key: Count("pk", filter=view.q(self)) for view in VIEWS if view.has_count}
        rows: Any = self._visible.filter(solved_at=None).order_by().values("team", "team__name").annotate(**counted)
        return list(rows)

    def _url(self, **changes: Any) -> str:
        query = QueryDict(mutable=True)
        query.update({name: str(value) for name, value in changes.items()})
        return f"?{query.urlencode()}"


CHANNEL_ICONS: dict[str, str] = {
    Channel.EMAIL: "mail",
    Channel.PHONE: "phone",
    Channel.FORM: "globe",
    Channel.OTHER: "user-round",
}


def with_excerpt(cases: CaseQuerySet) -> CaseQuerySet:
    """``excerpt``: the beginning of what a person said last, notes left out."""
    by_people = ~Q(direction=Direction.NOTE) & ~Q(direction=Direction.OUT, is_automatic=True)
    said = CaseMessage.objects.filter(by_people, case=OuterRef("pk")).order_by("-at", "-pk")
    return cases.annotate(excerpt=Subquery(said.annotate(short=Left("text", EXCERPT)).values("short")[:1]))


def ticked(request: HttpRequest, membership: Membership) -> list[Case]:
    """The cases whose boxes are ticked, as far as the member sees them."""
    ids = [number for text in request.POST.getlist("case")[: SIZE * 4] if (number := _number(text))]
    found = Case.objects.visible_to(membership).filter(pk__in=ids).select_related("contact", "assignee")
    return list(found.order_by("pk"))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
