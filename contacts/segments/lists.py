"""Static segments: people put on a list by hand, by an import, or as a frozen copy of another segment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import dirty
from contacts.models import Contact, EmailAddress, Segment, SegmentPick
from contacts.models.segments import Cause, SegmentKind
from contacts.segments import kept, services
from contacts.segments.belonging import PICKED
from contacts.segments.membership import members
from ecrm.audit import services as audit
from ecrm.jobs.outbox import enqueue
from ecrm.mail.addresses import normalise
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User
from ecrm.ui import formats

People = QuerySet[Contact] | Collection[int]
# So many are looked at at once; more are worth a calculation of the whole list.
FEW = 5_000
MOST_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Named:
    """Whom addresses name: ids in, and the addresses nobody has."""

    contact_ids: Sequence[int]
    unknown: Sequence[str]


@transaction.atomic
def create_static(
    *, name: str, by: User | None, description: str = "", people: People = (), cause: Cause = Cause.HAND
) -> Segment:
    """A segment whose people somebody names. Raises ``ValidationError`` (``name``)."""
    segment = services.new_segment(name=name, rule={"all": []}, by=by, description=description, kind=SegmentKind.STATIC)
    rule = {"all": [{"criterion": PICKED, "operator": "in", "value": segment.pk}]}
    services.set_first_rule(segment, rule, by=by)
    add_people(segment=segment, people=people, by=by, cause=cause)
    enqueue("segments.recalculate", segment_id=segment.pk)
    return segment


@transaction.atomic
def freeze_segment(*, segment: Segment, name: str, by: User | None, at: datetime | None = None) -> Segment:
    """Today's members (or those of an instant) as a static segment that no rule changes any more."""
    said = _("Copy of “%(name)s” as it was on %(day)s") % {
        "name": segment.name,
        "day": formats.day(at or timezone.now(), year=True),
    }
    return create_static(name=name, by=by, description=said, people=members(segment, at=at), cause=Cause.COPY)


@transaction.atomic
def add_people(
    *, segment: Segment, people: People, by: User | None, cause: Cause = Cause.HAND, at: datetime | None = None
) -> int:
    """Puts people on the list of a static segment, set-based; answers how many are new. Members within seconds.

    Unknown ids are left out. Raises ``ValidationError`` for a segment that has a rule or is archived.
    """
    _check_static(segment)
    sql, parameters = kept.select_ids(people)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SegmentPick.table()} (tenant_id, segment_id, contact_id, cause, picked_at, picked_by_id)"
            f" SELECT %s, %s, person.id, %s, %s, %s FROM {Contact.table()} person"
            f" WHERE person.tenant_id = %s AND person.id IN ({sql}) ORDER BY person.id"
            " ON CONFLICT (tenant_id, segment_id, contact_id) DO NOTHING RETURNING contact_id",
            [
                *(require_tenant_id(), segment.pk, int(cause), at or timezone.now(), by.pk if by else None),
                *(require_tenant_id(), *parameters),
            ],
        )
        added = [row[0] for row in cursor.fetchall()]
    _follow(segment, added, "segment.people_added", by=by, at=at)
    return len(added)


@transaction.atomic
def remove_people(*, segment: Segment, people: People, by: User | None, at: datetime | None = None) -> list[int]:
    """Takes people off the list; answers who was on it, for an undo."""
    _check_static(segment)
    sql, parameters = kept.select_ids(people)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {SegmentPick.table()} pick WHERE pick.tenant_id = %s AND pick.segment_id = %s"
            f" AND pick.contact_id IN ({sql}) RETURNING pick.contact_id",
            [require_tenant_id(), segment.pk, *parameters],
        )
        removed = [row[0] for row in cursor.fetchall()]
    _follow(segment, removed, "segment.people_removed", by=by, at=at)
    return removed


def named_by(text: str) -> Named:
    """Reads e-mail addresses, separated by lines, commas, semicolons or spaces. Raises ``ValidationError``."""
    words = text.replace("\0", " ").replace(",", " ").replace(";", " ").split()
    written = list(dict.fromkeys(word.strip("<>\"'") for word in words if "@" in word))
    if not written:
        raise ValidationError({"people": _("Give at least one email address.")})
    if len(written) > MOST_ADDRESSES:
        raise ValidationError(
            {"people": _("Give at most %(count)s addresses. An import takes more.") % {"count": MOST_ADDRESSES}}
        )
    norms = {normalise(address): address for address in written}
    rows = EmailAddress.objects.filter(address_norm__in=norms, binned_at=None).values_list("address_norm", "contact_id")
    found = dict(rows)
    return Named(sorted(set(found.values())), [address for norm, address in norms.items() if norm not in found])


def open_lists() -> QuerySet[Segment]:
    """Static segments that people can be put on, by name."""
    return Segment.objects.filter(kind=SegmentKind.STATIC, archived_at=None).order_by("name", "id")


def _check_static(segment: Segment) -> None:
    if segment.kind != SegmentKind.STATIC:
        raise ValidationError(_("“%(name)s” finds its people by a rule.") % {"name": segment.name})
    if segment.archived_at is not None:
        raise ValidationError(_("“%(name)s” is archived.") % {"name": segment.name})


def _follow(segment: Segment, ids: Sequence[int], action: str, *, by: User | None, at: datetime | None) -> None:
    if not ids:
        return
    audit.record(action, by=by, subject=segment, count=len(ids), at=at)
    if len(ids) > FEW:
        enqueue("segments.recalculate", segment_id=segment.pk)
        return
    dirty.mark(ids, reason=f"picked:{segment.pk}")
    enqueue("segments.refresh")
