"""Making, changing, ordering, deleting and bringing back fields. Deleting keeps the values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import reading, uses
from contacts.models import CustomChoice, CustomField, CustomValue
from contacts.models.fields import LONGEST_KEY
from ecrm.audit import services as audit
from ecrm.jobs.outbox import enqueue
from ecrm.search.matching import fold
from ecrm.tenancy.models import User

MOST_FIELDS = 300
MOST_CHOICES = 300
KEPT_DAYS = 30
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list as a form gives it; ``id`` None is a new one."""

    label: str
    id: int | None = None
    is_offered: bool = True


@transaction.atomic
def create(
    *,
    entity: str,
    kind: str,
    label: str,
    by: User | None,
    key: str = "",
    note: str = "",
    choices: Iterable[str] = (),
    visible_to: Sequence[str] = (),
    required_at: Sequence[str] = (),
    at: datetime | None = None,
) -> CustomField:
    """Adds a field, last of its entity. ``key`` is made from the label where none is given.

    Raises ``ValidationError`` by field: a taken name or key, a list without entries, too many.
    """
    at = at or timezone.now()
    last = CustomField.objects.filter(entity=entity).aggregate(last=Max("position"))["last"] or 0
    field = CustomField(
        entity=entity,
        kind=kind,
        label=" ".join(label.split()),
        note=note.strip(),
        key=key or free_key(entity, label),
        visible_to=list(visible_to),
        required_at=list(required_at),
        position=last + 1,
        created_at=at,
    )
    entries = _labels(choices)
    _check(field, entries if field.has_choices else None)
    field.save(force_insert=True)
    if field.has_choices:
        _add_choices(field, entries, [])
    reading.forget_fields()
    audit.record("field.created", by=by, subject=field, at=at)
    return field


@transaction.atomic
def edit(
    *,
    field: CustomField,
    by: User,
    label: str,
    note: str,
    visible_to: Sequence[str],
    required_at: Sequence[str],
    choices: Sequence[Choice] | None = None,
) -> list[str]:
    """Changes everything but key and kind; ``choices`` in their new order. Answers what differs.

    An entry left out, or not offered, is retired: who has it keeps it.
    """
    before = _snapshot(field)
    field.label, field.note = " ".join(label.split()), note.strip()
    field.visible_to, field.required_at = list(visible_to), list(required_at)
    if choices is not None:
        choices = [Choice(" ".join(one.label.split()), one.id, one.is_offered) for one in choices if one.label.strip()]
    _check(field, None if choices is None else [one.label for one in choices])
    field.save()
    changed = [name for name, value in _snapshot(field).items() if before[name] != value]
    if choices is not None and _write_choices(field, choices):
        changed.append("choices")
    reading.forget_fields()
    if changed:
        audit.record("field.changed", by=by, subject=field, fields=changed)
    return changed


@transaction.atomic
def add_entries(*, field: CustomField, labels: Iterable[str], by: User) -> int:
    """Adds to the list of a field what it lacks, last; what was retired is offered again. Answers how many.

    Raises ``ValidationError`` when the list would have too many, or an entry is too long.
    """
    held = CustomField.objects.select_for_update().get(pk=field.pk)
    known = list(CustomChoice.objects.filter(field=held).order_by("position", "id"))
    by_name = {fold(choice.label): choice for choice in [*known, *(one for one in known if one.retired_at is None)]}
    wanted = _labels(labels)
    again = [one for label in wanted if (one := by_name.get(fold(label))) and one.retired_at is not None]
    new = [label for label in wanted if fold(label) not in by_name]
    if sum(one.retired_at is None for one in known) + len(again) + len(new) > MOST_CHOICES:
        raise ValidationError({"choices": _("There can be at most %(count)s entries.") % {"count": MOST_CHOICES}})
    CustomChoice.objects.filter(pk__in=[one.pk for one in again]).update(retired_at=None)
    _add_choices(held, new, known, first=max((one.position for one in known), default=0) + 1)
    reading.forget_fields()
    if new or again:
        audit.record("field.changed", by=by, subject=held, fields=["choices"])
    return len(new) + len(again)


def refuse_name(entity: str, label: str) -> None:
    """Raises ``ValidationError`` when no field can be called so."""
    _check(CustomField(entity=entity, kind=CustomField.Kind.TEXT, label=" ".join(label.split()), key="x"), None)


@transaction.atomic
def delete(*, field: CustomField, by: User, at: datetime | None = None) -> bool:
    """It leaves every page at once; its values wait for ``KEPT_DAYS``. False if it was deleted before."""
    at = at or timezone.now()
    done = CustomField.objects.filter(pk=field.pk, deleted_at=None).update(deleted_at=at)
    reading.forget_fields()
    if done:
        field.deleted_at = at
        _look_again(field)
        audit.record("field.deleted", by=by, subject=field, at=at)
    return bool(done)


@transaction.atomic
def restore(*, field: CustomField, by: User) -> bool:
    """Brings a field back with its values. Raises ``ValidationError`` when its name is taken meanwhile."""
    if field.deleted_at is None:
        return False
    _check(field, None)
    done = CustomField.objects.filter(pk=field.pk, deleted_at__isnull=False).update(deleted_at=None)
    reading.forget_fields()
    if done:
        field.deleted_at = None
        _look_again(field)
        audit.record("field.restored", by=by, subject=field)
    return bool(done)


@transaction.atomic
def move(*, field: CustomField, by: User, step: int) -> bool:
    """Up (-1) or down (1) among those of its entity; False at the end. Positions become 1, 2, 3 …"""
    rows = list(
        CustomField.objects.filter(entity=field.entity, deleted_at=None).order_by("position", "id").select_for_update()
    )
    place = next((number for number, row in enumerate(rows) if row.pk == field.pk), None)
    if place is None or not 0 <= place + step < len(rows):
        return False
    rows.insert(place + step, rows.pop(place))
    for number, row in enumerate(rows, start=1):
        row.position = number
    CustomField.objects.bulk_update(rows, ["position"])
    reading.forget_fields()
    return True


def _look_again(field: CustomField) -> None:
    """Segments that ask for it are broken now, or whole again, and say so at once."""
    for segment_id, _name in uses.segments_of(field):
        enqueue("segments.recalculate", segment_id=segment_id)


def value_count(field: CustomField) -> int:
    """How many people or companies have a value."""
    return int(CustomValue.objects.filter(field=field).values(f"{field.entity}_id").distinct().count())


def purge_before() -> datetime:
    """Fields deleted earlier may go for good."""
    return timezone.now() - timedelta(days=KEPT_DAYS)


def free_key(entity: str, label: str) -> str:
    """A key for this label that no living field has: letters, digits and _."""
    plain = unicodedata.normalize("NFKD", fold(label)).encode("ascii", "ignore").decode()
    base = _NOT_IN_KEYS.sub("_", plain).strip("_")[: LONGEST_KEY - 4] or "field"
    base = base if base[0].isalpha() else f"f_{base}"
    taken = {field.key for field in reading.of(entity)}
    return next(key for key in (base, *(f"{base}_{number}" for number in range(2, 1000))) if key not in taken)


def _snapshot(field: CustomField) -> dict[str, Any]:
    return {name: getattr(field, name) for name in ("label", "note", "visible_to", "required_at")}


def _check(field: CustomField, labels: Sequence[str] | None) -> None:
    problems: dict[str, Any] = {}
    others = [other for other in reading.of(field.entity) if other.pk != field.pk]
    if any(fold(other.label) == fold(field.label) for other in others):
        problems["label"] = _("There is a field of this name already.")
    if any(other.key == field.key for other in others):
        problems["key"] = _("There is a field with this key already.")
    if len(others) >= MOST_FIELDS:
        problems["label"] = _("There can be at most %(count)s fields.") % {"count": MOST_FIELDS}
    if labels is not None and not labels and field.has_choices:
        problems["choices"] = _("Give at least one entry, each on a line of its own.")
    if labels is not None and len(labels) > MOST_CHOICES:
        problems["choices"] = _("There can be at most %(count)s entries.") % {"count": MOST_CHOICES}
    if labels is not None and len({fold(label) for label in labels}) < len(labels):
        problems["choices"] = _("Two entries have the same name.")
    if problems:
        raise ValidationError(problems)
    field.clean_fields(exclude=["tenant"])


def _labels(choices: Iterable[str]) -> list[str]:
    """Without blanks and repetitions, in the order given."""
    found: dict[str, str] = {}
    for label in (" ".join(one.split()) for one in choices):
        if label:
            found.setdefault(fold(label), label)
    return list(found.values())


def _write_choices(field: CustomField, wanted: Sequence[Choice]) -> bool:
    """New, renamed, ordered, retired; True when anything changed."""
    known = {choice.pk: choice for choice in CustomChoice.objects.filter(field=field)}
    kept = {one.id for one in wanted}
    before = {pk: (choice.label, choice.position, choice.retired_at is None) for pk, choice in known.items()}
    for number, one in enumerate(wanted, start=1):
        if one.id in known:
            choice = known[one.id]
            choice.label, choice.position = one.label, number
            choice.retired_at = None if one.is_offered else choice.retired_at or timezone.now()
    for pk, choice in known.items():
        if pk not in kept:
            choice.retired_at = choice.retired_at or timezone.now()
    CustomChoice.objects.bulk_update(known.values(), ["label", "position", "retired_at"])
    new = [one for one in wanted if one.id not in known]
    _add_choices(field, [one.label for one in new], list(known.values()), first=len(wanted) - len(new) + 1)
    after = {pk: (choice.label, choice.position, choice.retired_at is None) for pk, choice in known.items()}
    return bool(new) or before != after


def _add_choices(field: CustomField, labels: Sequence[str], known: Sequence[CustomChoice], *, first: int = 1) -> None:
    taken = {choice.key for choice in known}
    rows = []
    for number, label in enumerate(labels):
        base = _NOT_IN_KEYS.sub("_", fold(label)).strip("_")[: LONGEST_KEY - 4] or "choice"
        key = next(one for one in (base, *(f"{base}_{count}" for count in range(2, 1000))) if one not in taken)
        taken.add(key)
        rows.append(CustomChoice(field=field, key=key, label=label, position=first + number))
    for row in rows:
        row.clean_fields(exclude=["tenant", "field"])
    CustomChoice.objects.bulk_create(rows)
