"""What the page of one case needs of the case and of what hangs on it, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.http import Http404
from django.utils.dateparse import parse_datetime

from cases import history
from cases.models import Case, CaseDraft, CaseSettings
from cases.services.answering import in_order, writers
from contacts.models import EmailAddress, Event
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.models import Membership

MOST_CASES, MOST_FACTS = 5, 100
BETWEEN = (
    *(history.OPENED, history.ASSIGNED, history.SOLVED, history.REOPENED, history.CLOSED),
    *(history.MERGED, history.PARTED),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What ``name`` has begun to write."""

    user_id: int
    name: str
    text: str
    is_note: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened with the case, as the history tells it."""

    name: str
    at: datetime
    properties: dict[str, Any]


class Opened:
    """A case as one member opens it."""

    def __init__(self, case: Any) -> None:
        self.case: Case = case
        self.is_unread: bool = case.is_unread
        self.sender_name: str = case.sender_name or ""
        self._read: Any = case

    @cached_property
    def drafts(self) -> list[Draft]:
        return [
            Draft(each["user"], each["name"] or each["email"], each["text"], each["is_note"], _instant(each["at"]))
            for each in self._read.draft_list
        ]

    @cached_property
    def recipients(self) -> list[str]:
        """As ``services.recipients_of`` has them."""
        heard = [(each["contact"], each["address"]) for each in self._read.writer_list]
        return in_order(self.case, heard, self._read.main_address)

    @cached_property
    def facts(self) -> list[Fact]:
        """Oldest first."""
        return [Fact(each["name"], _instant(each["at"]), each["properties"] or {}) for each in self._read.fact_list]

    @cached_property
    def other_cases(self) -> list[Case]:
        """The person's newest others."""
        return [Case(**each) for each in self._read.other_list]


def find(membership: Membership, case_id: int) -> Opened:
    """Raises ``Http404`` for a case this member does not see."""
    visible = Case.objects.visible_to(membership).with_unread(membership.user_id)
    read = visible.select_related("contact", "assignee", "team", "follows").annotate(
        draft_list=_drafts(),
        writer_list=ArraySubquery(
            writers(OuterRef("pk")).values(json=JSONObject(contact="contact_id", address="sender_address"))
        ),
        main_address=Subquery(
            EmailAddress.objects.filter(contact=OuterRef("contact_id"), binned_at=None)
            .order_by("-is_primary", "pk")
            .values("address")[:1]
        ),
        fact_list=_facts(),
        other_list=_others(),
        sender_name=_sender_name(),
    )
    case = read.filter(pk=case_id).first()
    if case is None:
        raise Http404
    return Opened(case)


def _drafts() -> ArraySubquery:
    begun = CaseDraft.objects.filter(case=OuterRef("pk"))
    shown = JSONObject(
        user="user_id", name="user__name", email="user__email", text="text", is_note="is_note", at="updated_at"
    )
    return ArraySubquery(begun.values(json=shown))


def _facts() -> ArraySubquery:
    told = Event.objects.filter(
        contact_id=OuterRef("contact_id"), name__in=BETWEEN, source_type=history.SOURCE, source_id=OuterRef("pk")
    )
    shown = JSONObject(name="name", at="occurred_at", properties="properties")
    return ArraySubquery(told.order_by("occurred_at", "pk").values(json=shown)[:MOST_FACTS])


def _others() -> ArraySubquery:
    theirs = Case.objects.filter(contact=OuterRef("contact_id"), merged_into=None).exclude(pk=OuterRef("pk"))
    shown = JSONObject(**{name: F(name) for name in ("id", "number", "subject", "state")})
    return ArraySubquery(theirs.order_by("-opened_at", "-pk").values(json=shown)[:MOST_CASES])


def _sender_name() -> Coalesce:
    """Whom answers come from: the chosen sender, else the first."""
    chosen = CaseSettings.objects.exclude(identity=None).values("identity__name")[:1]
    return Coalesce(Subquery(chosen), Subquery(SendingIdentity.objects.order_by("pk").values("name")[:1]))


def _instant(text: str) -> datetime:
    found = parse_datetime(text)
    assert found is not None
    return found
