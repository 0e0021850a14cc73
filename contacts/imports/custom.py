"""The tenant's own fields on their way in: compared with what is there, then written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import connection

from contacts import dirty, fields
from contacts.fields import references
from contacts.fields.reading import PREFIX
from contacts.fields.writing import put
from contacts.imports.checking import Trouble
from contacts.imports.wishes import FILL, OVERWRITE, SKIP, Wishes
from contacts.models import CustomField, EmailAddress, ImportChunk, ImportRow, ImportRun
from contacts.services import Namer, name_companies
from ecrm.tenancy.context import require_tenant_id

CONTACT = CustomField.Entity.CONTACT.value
Kind = CustomField.Kind
Row = dict[str, Any]


def compare(
    run: ImportRun, wishes: Wishes, headers: Mapping[str, str], *, made: dict[str, list[int]] | None = None
) -> list[Trouble]:
    """Notes in ``import_plan`` what would change; answers references that lead nowhere.

    ``headers`` says what the file calls the column that feeds a field. With ``made`` this is for good:
    companies that fields name are made, where the run makes companies, and noted there.
    """
    if not any(key.startswith(PREFIX) for key in wishes.fields):
        return []
    known = fields.by_key(CONTACT)
    rows = _given(known)
    companies = [key for key, field in known.items() if field.kind == Kind.COMPANY and PREFIX + key in wishes.fields]
    if companies and wishes.makes_companies and made is not None:
        _make_companies(rows, companies, made, Namer(run.created_by, "import", run.pk))
    troubles = _resolve(run, rows, known, headers, promised=companies if wishes.makes_companies else [])
    former = fields.values(CONTACT, [row["known_id"] for row in rows if row["known_id"]])
    changes = [(row["line"], row["is_new"], _differing(row, former, wishes)) for row in rows]
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


def write_awaited(run: ImportRun, wishes: Wishes) -> None:
    """Once all have landed or it was stopped: the colleague or friend whom a new person's field names, and who
    came with this file."""
    known = fields.by_key(CONTACT)
    people = {key for key, field in known.items() if field.kind == Kind.PERSON and PREFIX + key in wishes.fields}
    if not people:
        return
    for chunk in ImportChunk.objects.filter(run=run).exclude(landed_at=None).order_by("first_line"):
        given = _awaiting(chunk, people)
        held = fields.values(CONTACT, list(given), [known[key] for key in people])
        missing = [
            {key: text for key, text in values.items() if key not in held.get(pk, {})} for pk, values in given.items()
        ]
        found = references.resolve(known, missing, None)
        sound = {
            pk: {key: value for key, value in values.items() if isinstance(value, int)}
            for pk, values in zip(given, found, strict=True)
        }
        late = {pk: values for pk, values in sound.items() if values}
        if late:
            put(CONTACT, late)
            dirty.mark(list(late), reason="contact.changed")


def _awaiting(chunk: ImportChunk, people: Collection[str]) -> dict[int, dict[str, Any]]:
    """What the rows of a stretch say in these fields, by the person each has become."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT email.contact_id, (staged.values->'custom')::text FROM {ImportRow.table()} staged"
            f"  JOIN {EmailAddress.table()} email ON email.tenant_id = staged.tenant_id"
            "   AND email.address_norm = staged.address_norm AND email.binned_at IS NULL"
            " WHERE staged.tenant_id = %s AND staged.run_id = %s AND staged.line BETWEEN %s AND %s"
            "  AND staged.repeats_line IS NULL AND staged.values->'custom' ?| %s AND email.contact_id = ANY (%s)"
            " ORDER BY staged.line",
            [
                *(require_tenant_id(), chunk.run_id, chunk.first_line, chunk.last_line),
                *([PREFIX + key for key in people], chunk.made.get("people", [])),
            ],
        )
        found = cursor.fetchall()
    return {
        contact_id: {key: value for key, value in _unprefixed(text).items() if key in people}
        for contact_id, text in found
    }


def _given(known: Mapping[str, CustomField]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT line, is_new, known_id, address_norm, given_custom::text FROM import_plan"
            " WHERE given_custom IS NOT NULL AND NOT is_twin ORDER BY line"
        )
        return [
            {
                "line": line,
                "is_new": is_new,
                "known_id": known_id,
                "address": address,
                "values": {key: value for key, value in _unprefixed(text).items() if key in known},
            }
            for line, is_new, known_id, address, text in cursor.fetchall()
        ]


def _unprefixed(text: str) -> dict[str, Any]:
    return {key.removeprefix(PREFIX): value for key, value in orjson.loads(text).items()}


def _make_companies(rows: Sequence[Row], keys: Sequence[str], made: dict[str, list[int]], namer: Namer) -> None:
    named = {row["values"][key] for row in rows for key in keys if isinstance(row["values"].get(key), str)}
    known = references.companies_by_name(named)
    new = name_companies(sorted(named - known.keys()), namer=namer).new
    made["companies"] = sorted({*made.get("companies", []), *new})


def _resolve(
    run: ImportRun,
    rows: Sequence[Row],
    known: Mapping[str, CustomField],
    headers: Mapping[str, str],
    *,
    promised: Collection[str],
) -> list[Trouble]:
    """Puts ids for names. Fields of ``promised`` name companies that will be made; who comes with this file
    is not found yet and no trouble either."""
    troubles = []
    resolved = references.resolve(known, [row["values"] for row in rows], None)
    lost = {(row["line"], key) for row, values in zip(rows, resolved, strict=True) for key in _lost(values)}
    coming = _coming(run, {row["values"][key] for row in rows for key in known if (row["line"], key) in lost})
    for row, values in zip(rows, resolved, strict=True):
        for key in _lost(values):
            named, error = row["values"][key], values.pop(key)
            if key in promised and isinstance(named, str):
                values[key] = named
            elif not (row["is_new"] and row["address"] and named in coming and known[key].kind == Kind.PERSON):
                reason = " ".join(error.messages)
                troubles.append(Trouble(row["line"], headers.get(PREFIX + key, ""), reason, is_fatal=False))
        row["values"] = values
    return troubles


def _lost(values: Mapping[str, Any]) -> list[str]:
    return [key for key, value in values.items() if isinstance(value, ValidationError)]


def _coming(run: ImportRun, texts: Collection[Any]) -> set[str]:
    """Those of these texts that are the address of somebody in the file."""
    norms = {text: references.address_in(text) for text in texts if isinstance(text, str) and "@" in text}
    if not norms:
        return set()
    rows = ImportRow.objects.filter(run=run, address_norm__in=set(norms.values()))
    staged = set(rows.values_list("address_norm", flat=True))
    return {text for text, norm in norms.items() if norm in staged}


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
