"""What the contact list shows of each person.

A page is found first (ids in their order, an index away) and read second: one statement for the
people, one for each registered column.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol, cast

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from contacts import events, places
from contacts.facts import Fact
from contacts.fields.kinds import day_text
from contacts.models import Company, Contact, EmailAddress, Event, PhoneNumber, Tag, Tagging
from contacts.models.people import Stage
from contacts.panels import ListColumn
from contacts.querysets import ContactQuerySet
from ecrm import prepared
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.urls import plain_url
from ecrm.ui import formats
from ecrm.ui.pages import CAP, Count, Page, counted_page, keyset_page
from ecrm.ui.templatetags import ui

TAGS_SHOWN = 2
SHAPES = {
    Stage.VISITOR: "draft",
    Stage.LEAD: "live",
    Stage.PROSPECT: "half",
    Stage.CUSTOMER: "done",
    Stage.LAPSED: "off",
}


class Found(Protocol):
    """A person whose row is wanted: what ``page`` finds, or a ``Contact``."""

    @property
    def id(self) -> int: ...

    @property
    def active_at(self) -> datetime: ...

    @property
    def last_active_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the list shows them."""

    id: str
    url: str
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
    phone: str
    company: str
    job_title: str
    language: str
    source: str
    birthday: str
    created: str


def page(
    people: ContactQuerySet,
    *,
    order: Sequence[str],
    cursor: str | None,
    count: Count | None = None,
    cap: int = CAP,
    along: Sequence[str] = (),
    is_estimated: bool = False,
) -> tuple[Page[Any], Count]:
    """Whom to show, and of how many: rows of id, ``active_at``, ``last_active_at`` and what they are ordered by.

    Give the ``count`` where it is known; else it goes no further than ``cap``, estimated beyond it
    if ``is_estimated`` (see ``capped_count``).
    """
    fields = dict.fromkeys(["id", "active_at", "last_active_at", *(key.removeprefix("-") for key in order)])
    if count is None:
        return counted_page(
            people,
            fields=list(fields),
            cap=cap,
            along=along,
            is_estimated=is_estimated,
            order=order,
            cursor=cursor,
        )
    return keyset_page(people.values_list(*fields, named=True), order=order, cursor=cursor), count


def rows(
    request: MemberRequest, found: Sequence[Found], columns: Sequence[ListColumn], *, own: Collection[str] = ()
) -> list[Row]:
    """In the order of ``found``. Phone, company, language, birthday and the first day stay empty unless in ``own``."""
    if not found:
        return []
    ids = [person.id for person in found]
    desk = _Desk(
        first_url=plain_url("contact_list"),
        cells=[(column.cell_classes, column.load(request, ids)) for column in columns],
        stages={stage: stage_status(stage) for stage in Stage.values},
        sees={kind.capability: request.membership.may(kind.capability) for kind in events.kinds()},
        now=timezone.now(),
        joined=_("Joined"),
        own=frozenset(own),
    )
    read = {row[0]: row for row in prepared.fetch_all(*statement(found, own))}
    return [_row(person, read[person.id], desk) for person in found if person.id in read]


def stage_status(stage: str) -> SafeString:
    known = Stage(stage)
    return ui.status(str(known.label), SHAPES[known])


@dataclass(frozen=True, slots=True)
class _Desk:
    """What is the same for every row of a page, found once."""

    first_url: str
    cells: Sequence[tuple[str, Mapping[int, SafeString]]]
    stages: Mapping[str, SafeString]
    sees: Mapping[str, bool]
    now: datetime
    joined: str
    own: frozenset[str]


# The last fact is what the person did at ``last_active_at``, an exact instant; between the earliest
# and the latest of a page, so that the planner looks at their months only.
_PEOPLE = f"""
    SELECT person.id, person.name, person.stage, person.city, person.country,
           owner.name, owner.email,
           (SELECT address FROM {EmailAddress.table()} email
             WHERE email.tenant_id = person.tenant_id AND email.contact_id = person.id
             ORDER BY email.is_primary DESC, email.id LIMIT 1),
           ARRAY(SELECT tag.name FROM {Tagging.table()} tagging
                   JOIN {Tag.table()} tag ON tag.tenant_id = tagging.tenant_id AND tag.id = tagging.tag_id
                  WHERE tagging.tenant_id = person.tenant_id AND tagging.contact_id = person.id ORDER BY tag.name),
           CASE WHEN %s THEN (
               SELECT written FROM {PhoneNumber.table()} phone
                WHERE phone.tenant_id = person.tenant_id AND phone.contact_id = person.id
                ORDER BY phone.is_primary DESC, phone.id LIMIT 1) END,
           CASE WHEN %s AND person.company_id IS NOT NULL THEN (
               SELECT company.name FROM {Company.table()} company
                WHERE company.tenant_id = person.tenant_id AND company.id = person.company_id) END,
           person.job_title, person.language, person.source, person.birthday, person.created_at,
           fact.name, fact.properties, fact.amount, fact.currency, fact.source_type
      FROM {Contact.table()} person
      LEFT JOIN {User._meta.db_table} owner ON owner.id = person.owner_id
      LEFT JOIN LATERAL (
            SELECT * FROM {Event.table()} event
             WHERE event.tenant_id = person.tenant_id AND event.contact_id = person.id
               AND event.occurred_at = person.last_active_at AND event.occurred_at BETWEEN %s AND %s
               AND NOT event.name = ANY (%s)
             ORDER BY event.id DESC LIMIT 1) fact ON true
     WHERE person.tenant_id = %s AND person.id = ANY (%s)"""


def statement(found: Sequence[Found], own: Collection[str] = ()) -> tuple[str, list[Any]]:
    """What reads the people of a page. Written out: through the ORM, making it cost as much as running it."""
    seen = [person.last_active_at for person in found if person.last_active_at] or [timezone.now()]
    others = [kind.name for kind in events.kinds() if not kind.is_activity]
    ids = [person.id for person in found]
    return _PEOPLE, ["phone" in own, "company" in own, min(seen), max(seen), others, require_tenant_id(), ids]


def _row(person: Found, read: tuple[Any, ...], desk: _Desk) -> Row:
    pk, name, stage, city, country, owner_name, owner_email, email, tags, *further = read
    phone, company, job_title, language, source, birthday, created_at, *fact = further
    at = person.active_at
    owner = owner_name or owner_email or ""
    return Row(
        id=str(pk),
        url=f"{desk.first_url}{pk}/",
        name=name,
        avatar=_avatar(name, name or email or str(pk)),
        email=email or "",
        place=", ".join(filter(None, (city, country))),
        owner=owner,
        owner_avatar=_avatar(owner, owner_email) if owner else SafeString(""),
        stage=desk.stages[stage],
        tags=tags[:TAGS_SHOWN],
        more_tags=", ".join(tags[TAGS_SHOWN:]),
        activity=_activity(Fact.read(at, *fact), desk) if fact[0] else desk.joined,
        instant=at.isoformat(),
        at=formats.when(at, now=desk.now),
        cells=[(classes, loaded.get(pk, "")) for classes, loaded in desk.cells],
        phone=phone or "",
        company=company or "",
        job_title=job_title,
        language=places.language_name(language) if language and "language" in desk.own else "",
        source=source,
        birthday=day_text(birthday.isoformat()) if birthday and "birthday" in desk.own else "",
        created=formats.when(created_at, now=desk.now) if "created" in desk.own else "",
    )


def _activity(fact: Fact, desk: _Desk) -> str:
    kind = events.shown_as(fact.name)
    is_visible = desk.sees.get(kind.capability, True)
    return kind.sentence(cast(Event, fact)) if is_visible else str(kind.title)


@lru_cache(maxsize=4096)
def _avatar(name: str, key: str) -> SafeString:
    return ui.avatar(name, key=key)
