"""What the contact list shows of each person: one query for the rows, one for each registered column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from contacts import events
from contacts.models import Contact, EmailAddress, Event, Tagging
from contacts.models.people import Stage
from contacts.panels import ListColumn
from contacts.querysets import ContactQuerySet
from ecrm.tenancy.models import Membership
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
    at: SafeString
    cells: Sequence[tuple[str, SafeString | str]]


def for_list(people: ContactQuerySet) -> ContactQuerySet:
    """Adds what a row needs; keep the order and the page to ``keyset_page``."""
    person = OuterRef("pk")
    emails = EmailAddress.objects.filter(contact=person).order_by("-is_primary", "id")
    tags = Tagging.objects.filter(contact=person).order_by("tag__name")
    return people.select_related("owner").annotate(
        primary_email=Subquery(emails.values("address")[:1]),
        tag_names=ArraySubquery(tags.values("tag__name")),
        last_fact=Subquery(_last_fact().values("fact")[:1]),
    )


def rows(request: HttpRequest, people: Sequence[Contact], columns: Sequence[ListColumn]) -> list[Row]:
    cells = [(column, column.load(request, people)) for column in columns] if people else []
    first = reverse("contact_list")
    return [_row(person, first, cells, request.membership) for person in people]


def stage_status(stage: str) -> SafeString:
    known = Stage(stage) if stage in Stage.values else Stage.LEAD
    return _status(str(known.label), SHAPES[known])


def _last_fact() -> Any:
    """The event at ``last_active_at``: an exact instant, so that one partition is looked at."""
    activity = [kind.name for kind in events.kinds() if kind.is_activity]
    return (
        Event.objects.filter(contact_id=OuterRef("pk"), occurred_at=OuterRef("last_active_at"), name__in=activity)
        .order_by("-id")
        .annotate(
            fact=JSONObject(
                name="name", properties="properties", amount="amount", currency="currency", source_type="source_type"
            )
        )
    )


def _row(
    person: Any,
    first: str,
    cells: Sequence[tuple[ListColumn, Mapping[int, SafeString]]],
    membership: Membership,
) -> Row:
    email = person.primary_email or ""
    owner = str(person.owner) if person.owner else ""
    return Row(
        id=str(person.pk),
        url=f"{first}{person.pk}/",
        pick=_("Select %(name)s") % {"name": person.name or email or _("Unnamed contact")},
        name=person.name,
        avatar=_avatar(person.name, person.name or email or str(person.pk)),
        email=email,
        place=", ".join(filter(None, (person.city, person.country))),
        owner=owner,
        owner_avatar=_avatar(owner, person.owner.email) if person.owner else SafeString(""),
        stage=stage_status(person.stage),
        tags=person.tag_names[:TAGS_SHOWN],
        more_tags=", ".join(person.tag_names[TAGS_SHOWN:]),
        activity=_activity(person.last_fact, membership),
        at=ui.when(person.active_at, classes="muted"),
        cells=[(column.cell_classes, loaded.get(person.pk, "")) for column, loaded in cells],
    )


def _activity(fact: Mapping[str, Any] | None, membership: Membership) -> str:
    if not fact:
        return _("Joined")
    kind = events.kind(fact["name"])
    if not membership.may(kind.capability):
        return str(kind.title)
    return kind.sentence(Event(**fact))


@lru_cache(maxsize=4096)
def _avatar(name: str, key: str) -> SafeString:
    return ui.avatar(name, key=key)


@lru_cache(maxsize=64)
def _status(label: str, shape: str) -> SafeString:
    return ui.status(label, shape)
