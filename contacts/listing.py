"""What the contact list shows of each person: one query for the rows, one for each registered column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from contacts import events
from contacts.events import EventKind
from contacts.models import Contact, EmailAddress, Event, Tagging
from contacts.models.people import Stage
from contacts.panels import ListColumn
from contacts.querysets import ContactQuerySet
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui import formats
from ecrm.ui.templatetags import ui

ORDERS = {"name": ("sort_key", "id"), "created": ("created_at", "id"), "active": ("active_at", "id")}
DEFAULT_ORDER = "-active"
TAGS_SHOWN = 2
SHAPES = {
    Stage.VISITOR: "draft",
    Stage.LEAD: "live",
    Stage.PROSPECT: "half",
    Stage.CUSTOMER: "done",
    Stage.LAPSED: "off",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the list shows them: plain values, so that the template's loop stays cheap."""

    id: str
    url: str
    pick: str
    name: str
    avatar: SafeString
    email: str
    place: str
    owner: str
    owner_avatar: SafeString
    stage: SafeString
    tags: Sequence[str]
    more_tags: str
    activity: str
    instant: str
    at: str
    cells: Sequence[tuple[str, SafeString | str]]


def for_list(people: ContactQuerySet) -> ContactQuerySet:
    """Adds what a row needs; keep the order and the page to ``keyset_page``."""
    return people.select_related("owner").annotate(**_extras())


def rows(request: MemberRequest, people: Sequence[Contact], columns: Sequence[ListColumn]) -> list[Row]:
    if not people:
        return []
    desk = _Desk(
        first_url=reverse("contact_list"),
        cells=[(column.cell_classes, column.load(request, people)) for column in columns],
        stages={stage: stage_status(stage) for stage in Stage.values},
        kinds={kind.name: (kind, request.membership.may(kind.capability)) for kind in events.kinds()},
        now=timezone.now(),
    )
    return [_row(person, desk) for person in people]


def stage_status(stage: str) -> SafeString:
    known = Stage(stage)
    return ui.status(str(known.label), SHAPES[known])


@dataclass(frozen=True, slots=True)
class _Desk:
    """What is the same for every row of a page, found once. ``kinds``: and whether the reader may see it."""

    first_url: str
    cells: Sequence[tuple[str, Mapping[int, SafeString]]]
    stages: Mapping[str, SafeString]
    kinds: Mapping[str, tuple[EventKind, bool]]
    now: datetime


@lru_cache(maxsize=1)
def _extras() -> dict[str, Any]:
    """Expressions, not answers: the tenant is looked up when they become SQL. Building them is what costs."""
    person = OuterRef("pk")
    emails = EmailAddress.objects.filter(contact=person).order_by("-is_primary", "id")
    tags = Tagging.objects.filter(contact=person).order_by("tag__name")
    return {
        "primary_email": Subquery(emails.values("address")[:1]),
        "tag_names": ArraySubquery(tags.values("tag__name")),
        "last_fact": Subquery(_last_facts().values("fact")[:1]),
    }


def _last_facts() -> Any:
    """The event at ``last_active_at``: an exact instant, so that one partition is looked at."""
    activity = [kind.name for kind in events.kinds() if kind.is_activity]
    parts = ("name", "properties", "amount", "currency", "source_type")
    facts = Event.objects.filter(contact_id=OuterRef("pk"), occurred_at=OuterRef("last_active_at"), name__in=activity)
    return facts.order_by("-id").annotate(fact=JSONObject(**{part: part for part in parts}))


def _row(person: Any, desk: _Desk) -> Row:
    email = person.primary_email or ""
    owner = str(person.owner) if person.owner else ""
    at = person.active_at
    return Row(
        id=str(person.pk),
        url=f"{desk.first_url}{person.pk}/",
        pick=_("Select %(name)s") % {"name": person.name or email or _("Unnamed contact")},
        name=person.name,
        avatar=_avatar(person.name, person.name or email or str(person.pk)),
        email=email,
        place=", ".join(filter(None, (person.city, person.country))),
        owner=owner,
        owner_avatar=_avatar(owner, person.owner.email) if person.owner else SafeString(""),
        stage=desk.stages[person.stage],
        tags=person.tag_names[:TAGS_SHOWN],
        more_tags=", ".join(person.tag_names[TAGS_SHOWN:]),
        activity=_activity(person.last_fact, desk),
        instant=at.isoformat(),
        at=formats.when(at, now=desk.now),
        cells=[(classes, loaded.get(person.pk, "")) for classes, loaded in desk.cells],
    )


def _activity(fact: Mapping[str, Any] | None, desk: _Desk) -> str:
    if not fact:
        return _("Joined")
    kind, is_visible = desk.kinds[fact["name"]]
    return kind.sentence(Event(**fact)) if is_visible else str(kind.title)


@lru_cache(maxsize=4096)
def _avatar(name: str, key: str) -> SafeString:
    return ui.avatar(name, key=key)
