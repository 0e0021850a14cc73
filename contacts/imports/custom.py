"""The tenant's own fields on their way in: compared with what is there, then written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import connection

from contacts import fields
from contacts.fields import references
from contacts.fields.reading import PREFIX
from contacts.fields.writing import put
from contacts.imports.checking import Trouble
from contacts.imports.wishes import FILL, OVERWRITE, SKIP, Wishes
from contacts.models import CustomField, ImportRun

CONTACT = CustomField.Entity.CONTACT.value
Row = dict[str, Any]


def compare(wishes: Wishes, headers: Mapping[str, str]) -> list[Trouble]:
    """Notes in ``import_plan`` what would change; answers references that lead nowhere.

    ``headers`` says what the file calls the column that feeds a field.
    """
    if not any(key.startswith(PREFIX) for key in wishes.fields):
        return []
    rows, troubles = _given(headers)
    known = fields.values(CONTACT, [row["known_id"] for row in rows if row["known_id"]])
    changes = [(row["line"], row["is_new"], _differing(row, known, wishes)) for row in rows]
    _note([change for change in changes if change[2]])
    return troubles


def write_custom(run: ImportRun, wishes: Wishes, *, at: datetime) -> None:
    """Writes what ``compare`` noted. The history of it is the caller's."""
    if not any(key.startswith(PREFIX) for key in wishes.fields):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contact_id, custom_changes::text FROM import_plan WHERE custom_changes IS NOT NULL"
            " AND verdict <> 'same' ORDER BY line"
        )
        found = cursor.fetchall()
    given = {
        contact_id: {key.removeprefix(PREFIX): new for key, (_old, new) in orjson.loads(changes).items()}
        for contact_id, changes in found
    }
    if given:
        put(CONTACT, given)


def _given(headers: Mapping[str, str]) -> tuple[list[Row], list[Trouble]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT line, is_new, known_id, given_custom::text FROM import_plan WHERE given_custom IS NOT NULL"
            " AND NOT is_twin ORDER BY line"
        )
        found = cursor.fetchall()
    known = fields.by_key(CONTACT)
    read = [
        {key.removeprefix(PREFIX): value for key, value in orjson.loads(text).items() if key[2:] in known}
        for *_row, text in found
    ]
    rows, troubles = [], []
    for (line, is_new, known_id, _text), values in zip(found, references.resolve(known, read, None), strict=True):
        for key, value in values.items():
            if isinstance(value, ValidationError):
                reason = " ".join(value.messages)
                troubles.append(Trouble(line, headers.get(PREFIX + key, ""), reason, is_fatal=False))
        sound = {key: value for key, value in values.items() if not isinstance(value, ValidationError)}
        rows.append({"line": line, "is_new": is_new, "known_id": known_id, "values": sound})
    return rows, troubles


def _differing(row: Row, known: Mapping[int, Mapping[str, Any]], wishes: Wishes) -> dict[str, list[Any]]:
    """``{"f:<key>": [old, new]}`` of what the policies let change."""
    former = known.get(row["known_id"], {})
    changes = {}
    for key, value in row["values"].items():
        old = former.get(key)
        policy = FILL if row["is_new"] else wishes.policy(PREFIX + key)
        if policy == SKIP or value == old or (policy != OVERWRITE and old is not None):
            continue
        changes[PREFIX + key] = [old, value]
    return changes


def _note(changes: list[tuple[int, bool, dict[str, list[Any]]]]) -> None:
    written = orjson.dumps([{"line": line, "changes": found} for line, _is_new, found in changes]).decode()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE import_plan ADD COLUMN custom_changes jsonb")
        cursor.execute(
            "UPDATE import_plan SET custom_changes = given.changes,"
            " changed = CASE WHEN is_new THEN changed"
            "  ELSE changed || ARRAY(SELECT jsonb_object_keys(given.changes)) END,"
            " verdict = CASE WHEN is_new THEN verdict ELSE 'update' END"
            " FROM jsonb_to_recordset(%s::jsonb) AS given (line int, changes jsonb)"
            " WHERE import_plan.line = given.line",
            [written],
        )
