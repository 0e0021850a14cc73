"""Custom fields of two people, or companies, who become one: whose value is kept, field by field.

A value is its rows, which change hands whole, so that an undo gives back the very same. Without a choice the
winner's is kept, and what only the loser has moves with the other rows (``contacts.fields.registrations``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F

from contacts.fields.reading import by_key, prefixed, values
from contacts.fields.writing import put
from contacts.merge.choices import Choices
from contacts.models import CustomField, CustomValue

CONTACT = CustomField.Entity.CONTACT
# By "f:<key>": ids of the winner's own rows and of the loser's, and the value that was taken.
Exchanged = dict[str, dict[str, Any]]


def values_of(owner_id: int, entity: str = CONTACT) -> dict[str, Any]:
    """``{"f:<key>": value}``. One query."""
    fields = by_key(entity)
    found = values(entity, [owner_id]).get(owner_id, {})
    return {prefixed(fields[key]): value for key, value in found.items()}


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = sorted({*old, *new})
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def rows_by_field(winner_id: int, loser_id: int, entity: str = CONTACT) -> dict[str, tuple[list[int], list[int]]]:
    """Ids of both one's rows by "f:<key>", before anything moves."""
    keys = {field.pk: prefixed(field) for field in by_key(entity).values()}
    found: dict[str, tuple[list[int], list[int]]] = {}
    held = CustomValue.objects.filter(**{f"{entity}__in": [winner_id, loser_id]}, field__in=list(keys)).order_by("pk")
    for pk, field_id, owner_id in held.values_list("pk", "field_id", f"{entity}_id"):
        found.setdefault(keys[field_id], ([], []))[owner_id == loser_id].append(pk)
    return found


def exchange(
    winner_id: int,
    loser_id: int,
    held: dict[str, tuple[list[int], list[int]]],
    choices: Choices,
    entity: str = CONTACT,
) -> Exchanged:
    """Gives the winner what was chosen; called when the rows have moved."""
    taken = {key: rows for key, rows in held.items() if choices.get(key) == loser_id and rows[0]}
    refused = [
        pk for key, (mine, theirs) in held.items() if choices.get(key) == winner_id and not mine for pk in theirs
    ]
    CustomValue.objects.filter(pk__in=refused).update(**{entity: loser_id})
    if taken:
        _swap(winner_id, loser_id, *_ids(taken), entity)
    now = values_of(winner_id, entity) if taken else {}
    return {key: {"mine": rows[0], "theirs": rows[1], "value": now.get(key)} for key, rows in taken.items()}


def exchange_back(winner_id: int, loser_id: int, exchanged: Exchanged, entity: str = CONTACT) -> None:
    """Both have theirs again. A value somebody changed since stays with the winner; the loser gets what they had."""
    now = values_of(winner_id, entity) if exchanged else {}
    same = {key: each for key, each in exchanged.items() if now.get(key) == each["value"]}
    mine, theirs_then = _ids({key: (each["mine"], each["theirs"]) for key, each in same.items()})
    _swap(winner_id, loser_id, theirs_then, mine, entity)
    changed = {key: each for key, each in exchanged.items() if key not in same}
    CustomValue.objects.filter(pk__in=[pk for each in changed.values() for pk in each["mine"]]).delete()
    known = by_key(entity)
    theirs = {key.removeprefix("f:"): each["value"] for key, each in changed.items()}
    put(entity, {loser_id: {key: value for key, value in theirs.items() if value is not None and key in known}})


def _ids(held: Mapping[str, tuple[list[int], list[int]]]) -> tuple[list[int], list[int]]:
    return [pk for mine, _theirs in held.values() for pk in mine], [
        pk for _mine, theirs in held.values() for pk in theirs
    ]


def _swap(winner_id: int, loser_id: int, leaving: list[int], coming: list[int], entity: str) -> None:
    """The winner's rows ``leaving`` for the loser's ``coming``; a slot is free before it is taken."""
    rows = CustomValue.objects
    rows.filter(pk__in=leaving).update(slot=-1 - F("slot"))
    rows.filter(pk__in=coming).update(**{entity: winner_id})
    rows.filter(pk__in=leaving).update(**{entity: loser_id}, slot=-1 - F("slot"))
