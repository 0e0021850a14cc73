"""Verbs on segments. Each asks for the calculation it makes necessary."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Segment, SegmentRule
from contacts.models.segments import SegmentKind
from contacts.segments import tree
from contacts.segments.membership import members
from contacts.segments.recalculation import recalculate, refresh_dirty
from contacts.segments.tree import InvalidRule
from ecrm.audit import services as audit
from ecrm.jobs.outbox import enqueue
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

__all__ = [
    "archive_segment",
    "change_rule",
    "create_segment",
    "dependents",
    "members",
    "recalculate",
    "refresh_dirty",
    "rename_segment",
    "restore_segment",
]


@transaction.atomic
def create_segment(
    *, name: str, rule: Any, by: User | None, description: str = "", at: datetime | None = None
) -> Segment:
    """Saves a rule under a name and has its members calculated soon.

    Raises ``InvalidRule`` or ``ValidationError`` (``name``).
    """
    _lock_rules()
    checked = tree.as_json(tree.parse(rule))
    _check_references(checked, None)
    segment = new_segment(name=name, rule=checked, by=by, description=description, at=at)
    _ask(segment)
    return segment


def new_segment(
    *,
    name: str,
    rule: dict[str, Any],
    by: User | None,
    description: str = "",
    kind: SegmentKind = SegmentKind.RULE,
    at: datetime | None = None,
) -> Segment:
    """The row and the first version of its rule; calculated when somebody asks. Raises ``ValidationError``."""
    now = at or timezone.now()
    segment = Segment(
        name=_free_name(name, None),
        description=description.strip()[:300],
        kind=kind,
        rule=rule,
        created_by=by,
        created_at=now,
        updated_at=now,
    )
    segment.save()
    SegmentRule.objects.create(segment=segment, version=segment.rule_version, rule=rule, saved_at=now, saved_by=by)
    audit.record("segment.created", by=by, subject=segment, at=at)
    return segment


def set_first_rule(segment: Segment, rule: dict[str, Any], *, by: User | None) -> None:
    """For a rule that names the segment itself, which has to be there first."""
    segment.rule = rule
    segment.save(update_fields=["rule"])
    SegmentRule.objects.filter(segment=segment, version=segment.rule_version).update(rule=rule)


@transaction.atomic
def change_rule(
    *, segment: Segment, rule: Any, by: User | None, expected_version: int | None = None, at: datetime | None = None
) -> bool:
    """Replaces the rule; False when it was so already.

    Raises ``InvalidRule``, or ``ValidationError`` when the rule is no longer ``expected_version``.
    """
    _lock_rules()
    checked = tree.as_json(tree.parse(rule))
    _check_references(checked, segment)
    segment.refresh_from_db()
    if checked == segment.rule and not segment.broken_reason:
        return False
    if expected_version is not None and expected_version != segment.rule_version:
        raise ValidationError(_("Somebody changed this rule while you were at it. Yours is below and not saved yet."))
    if segment.kind == SegmentKind.STATIC:
        raise ValidationError(_("The people of this segment are named by hand. It has no rule to change."))
    now = at or timezone.now()
    Segment.objects.filter(pk=segment.pk).update(rule=checked, rule_version=F("rule_version") + 1, updated_at=now)
    segment.refresh_from_db()
    SegmentRule.objects.create(segment=segment, version=segment.rule_version, rule=checked, saved_at=now, saved_by=by)
    audit.record("segment.changed", by=by, subject=segment, fields=["rule"], at=at)
    _ask(segment)
    return True


@transaction.atomic
def rename_segment(
    *, segment: Segment, name: str, by: User | None, description: str | None = None, at: datetime | None = None
) -> bool:
    """False when nothing differs. Raises ``ValidationError`` (``name``)."""
    changes = {"name": _free_name(name, segment)}
    if description is not None:
        changes["description"] = description.strip()[:300]
    differing = {field for field, value in changes.items() if getattr(segment, field) != value}
    if not differing:
        return False
    Segment.objects.filter(pk=segment.pk).update(**changes, updated_at=at or timezone.now())
    segment.refresh_from_db()
    audit.record("segment.changed", by=by, subject=segment, fields=differing, at=at)
    return True


@transaction.atomic
def archive_segment(*, segment: Segment, by: User | None, at: datetime | None = None) -> bool:
    """Takes a segment out of use: its memberships stay as they are, as a record.

    Segments that refer to it keep their members too, and say that their rule is broken. False when
    it was archived already.
    """
    changed = Segment.objects.filter(pk=segment.pk, archived_at=None).update(archived_at=at or timezone.now())
    if changed:
        audit.record("segment.archived", by=by, subject=segment, at=at)
        _ask_all(dependents(segment))
    return bool(changed)


@transaction.atomic
def restore_segment(*, segment: Segment, by: User | None, at: datetime | None = None) -> bool:
    """Back into use. Raises ``ValidationError`` when another took the name or now refers to this one."""
    _lock_rules()
    _free_name(segment.name, segment)
    _check_circle(segment)
    changed = Segment.objects.filter(pk=segment.pk, archived_at__isnull=False).update(archived_at=None)
    if changed:
        audit.record("segment.restored", by=by, subject=segment, at=at)
        _ask_all([segment, *dependents(segment)])
    return bool(changed)


def dependents(segment: Segment) -> list[Segment]:
    """Live segments whose rules refer to this one directly."""
    others = Segment.objects.filter(archived_at=None).exclude(pk=segment.pk).order_by("name")
    return [other for other in others if segment.pk in tree.segments_in(other.rule)]


def _free_name(name: str, segment: Segment | None) -> str:
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": _("Give the segment a name.")})
    if len(name) > 120:
        raise ValidationError({"name": _("Give a name of at most 120 characters.")})
    others = Segment.objects.filter(name=name, archived_at=None)
    if segment is not None:
        others = others.exclude(pk=segment.pk)
    if "\0" in name or others.exists():
        raise ValidationError({"name": _("There is a segment of this name already.")})
    return name


def _check_references(rule: Any, segment: Segment | None) -> None:
    """Raises ``InvalidRule`` at the condition that names a missing segment or closes a circle."""
    known = {found.pk: found for found in Segment.objects.filter(archived_at=None)}
    errors = {}
    for condition in tree.conditions(tree.parse(rule)):
        refers_to = condition.criterion.refers_to
        for wanted in refers_to(condition.value) if refers_to else ():
            if wanted not in known:
                errors[condition.place] = _("This segment does not exist (any more).")
            elif segment is not None and _reaches(wanted, segment.pk, known):
                errors[condition.place] = _("“%(name)s” refers to this segment itself. That would go in circles.") % {
                    "name": known[wanted].name
                }
    if errors:
        raise InvalidRule(errors)


def _check_circle(segment: Segment) -> None:
    """While it was out of use, a segment it refers to may have come to refer to it."""
    known = {found.pk: found for found in Segment.objects.filter(archived_at=None)}
    known[segment.pk] = segment
    for wanted in tree.segments_in(segment.rule) & known.keys():
        if _reaches(wanted, segment.pk, known):
            words = _("“%(name)s” refers to this segment itself. That would go in circles.")
            raise ValidationError(words % {"name": known[wanted].name})


def _reaches(start: int, goal: int, known: dict[int, Segment]) -> bool:
    waiting, seen = [start], set()
    while waiting:
        current = waiting.pop()
        if current == goal:
            return True
        if current not in seen and current in known:
            seen.add(current)
            waiting.extend(tree.segments_in(known[current].rule))
    return False


def _ask(segment: Segment) -> None:
    enqueue("segments.recalculate", segment_id=segment.pk)


def _ask_all(segments: Iterable[Segment]) -> None:
    for segment in segments:
        _ask(segment)


def _lock_rules() -> None:
    """Two people who save at once could each close half of a circle."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"segment-rules:{require_tenant_id()}"]
        )
