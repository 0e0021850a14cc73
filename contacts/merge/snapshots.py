"""What a merge changes of the two people's own rows, and how that is put back.

The snapshot of a merge is JSON: ``moved`` (what each handler of ``contacts.merging`` moved, by
``label/field``), ``before`` and ``after`` (fields of the winner the merge changed), ``primary`` (the
winner's primary rows, by model), ``fields`` (custom fields that changed hands, ``merge.fields``), ``since``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.dateparse import parse_datetime

from contacts import events
from contacts.merge.choices import FIELDS
from contacts.models import Contact, EmailAddress, Event, Merge, PhoneNumber, PostalAddress

CHILDREN = (EmailAddress, PhoneNumber, PostalAddress)
COLUMNS = (*(f"{name}_id" if name in ("owner", "company") else name for name in FIELDS), "updated_at", "last_active_at")

Values = dict[str, Any]


def values_of(contact: Contact) -> Values:
    """Own columns as JSON has them: references by id, instants and dates in ISO format."""
    return {column: _plain(getattr(contact, column)) for column in COLUMNS}


def primaries(contact: Contact) -> dict[str, int]:
    """Ids of the primary address, phone and place, by the model's label."""
    found = {}
    for model in CHILDREN:
        pk = model.objects.filter(contact=contact, is_primary=True).values_list("pk", flat=True).first()
        if pk is not None:
            found[model._meta.label] = pk
    return found


def put_back(contact: Contact, before: Values, after: Values) -> list[str]:
    """Gives the fields their former values, those that nobody changed since; returns which."""
    changed = []
    for column, former in before.items():
        if _plain(getattr(contact, column)) == after[column] != former:
            setattr(contact, column, _read(column, former))
            changed.append(column)
    return changed


def put_primaries_back(contact: Contact, former: dict[str, int]) -> None:
    """Where a person is left without a primary row, the one before the merge is it again."""
    for model in CHILDREN:
        rows: Any = model.objects.filter(contact=contact)
        if not rows.filter(is_primary=True).exists():
            rows.filter(pk=former.get(model._meta.label)).update(is_primary=True)


def rewrite_later(merge: Merge) -> None:
    """Later merges into the same person remember values this one gave: they are not the winner's own."""
    before, after = merge.snapshot["before"], merge.snapshot["after"]
    for later in Merge.objects.filter(winner=merge.winner_id, undone_at=None, pk__gt=merge.pk):
        own = later.snapshot["before"]
        own.update({column: before[column] for column in before if own.get(column) == after[column]})
        later.save(update_fields=["snapshot"])


def last_activity(contact: Contact, *, known: datetime | None, since: datetime) -> datetime | None:
    """When the person last did something, by what was known and what the history has heard since."""
    names = [kind.name for kind in events.kinds() if kind.is_activity]
    heard = Event.objects.filter(contact_id=contact.pk, name__in=names, received_at__gte=since)
    latest = heard.aggregate(at=Max("occurred_at"))["at"]
    return max(filter(None, (known, latest)), default=None)


def instant(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _read(column: str, value: Any) -> Any:
    field: Any = Contact._meta.get_field(column.removesuffix("_id"))
    return value if column.endswith("_id") else field.to_python(value)
