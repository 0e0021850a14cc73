"""Gives people known before an import what they had: values from their changes, set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import QuerySet

from contacts import event_sets, provenance
from contacts.fields.reading import PREFIX
from contacts.fields.writing import put
from contacts.imports.custom import CONTACT
from contacts.imports.plan import FIELDS
from contacts.imports.wishes import PLACE
from contacts.models import (
    Contact,
    ContactChange,
    EmailAddress,
    Identity,
    ImportChunk,
    ImportRun,
    PhoneNumber,
    PostalAddress,
    Tagging,
)
from contacts.services import refresh_search
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

Changes = dict[str, list[Any]]
_REFERENCES = {"company_id": "company", "owner_id": "owner"}
# What an import adds to a list, by the key of its changes: where its ids are kept, and whose they are.
_ADDED = (
    ("emails", "emails", EmailAddress),
    ("phones", "phones", PhoneNumber),
    ("identities", "identities", Identity),
    ("addresses", "addresses", PostalAddress),
    ("tags", "taggings", Tagging),
)


def restore(run: ImportRun, chunk: ImportChunk, *, by: User | None, at: datetime) -> tuple[int, list[int]]:
    """How many people got something back, and who keeps something because it was changed since."""
    changes = _changes(run, chunk)
    later = _changed_since(run, chunk, list(changes))
    restoring, kept = {}, []
    for contact_id, changed in changes.items():
        back = {key: pair for key, pair in changed.items() if key not in later.get(contact_id, ())}
        if len(back) < len(changed):
            kept.append(contact_id)
        if back:
            restoring[contact_id] = back
    if restoring:
        _restore(chunk, restoring)
        _tell(run, restoring, by=by, at=at)
    return len(restoring), kept


def changed_people(run: ImportRun, chunk: ImportChunk) -> list[int]:
    """Whom the chunk changed, in the bin or not."""
    return list(_acts(run, chunk).values_list("contact_id", flat=True))


def _changes(run: ImportRun, chunk: ImportChunk) -> dict[int, Changes]:
    """What the chunk changed, of people who are not in the bin."""
    return dict(_acts(run, chunk).filter(contact__binned_at=None).values_list("contact_id", "changes"))


def _acts(run: ImportRun, chunk: ImportChunk) -> QuerySet[ContactChange]:
    assert chunk.landed_at is not None
    acts: QuerySet[ContactChange] = ContactChange.objects.filter(
        source_type="import", source_id=run.pk, at=chunk.landed_at
    )
    return acts


def _changed_since(run: ImportRun, chunk: ImportChunk, contact_ids: list[int]) -> Mapping[int, set[str]]:
    assert chunk.landed_at is not None
    since = ContactChange.objects.filter(contact__in=contact_ids, at__gt=chunk.landed_at).exclude(
        source_type="undo", source_id=run.pk
    )
    found: dict[int, set[str]] = defaultdict(set)
    for contact_id, changes in since.values_list("contact_id", "changes"):
        found[contact_id].update(changes)
    return found


def _restore(chunk: ImportChunk, restoring: Mapping[int, Changes]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.import_restored")
        cursor.execute(
            "CREATE TEMP TABLE import_restored ON COMMIT DROP AS"
            " SELECT * FROM jsonb_to_recordset(%s::jsonb) AS given (contact_id bigint, changes jsonb)",
            [orjson.dumps([{"contact_id": pk, "changes": found} for pk, found in restoring.items()]).decode()],
        )
        cursor.execute(_own_fields(), [require_tenant_id()])
        for key, part, model in _ADDED:
            if chunk.made.get(part):
                cursor.execute(
                    f"DELETE FROM {model.table()} own USING import_restored given"
                    " WHERE own.tenant_id = %s AND own.id = ANY (%s) AND own.contact_id = given.contact_id"
                    "  AND given.changes ? %s",
                    [require_tenant_id(), chunk.made[part], key],
                )
        if chunk.made.get("places"):
            cursor.execute(_PLACES, [require_tenant_id(), chunk.made["places"]])
    _restore_custom(restoring)
    refresh_search(list(restoring))


def _own_fields() -> str:
    back = {name: f"(given.changes->'{name}'->>0)" for name in FIELDS}
    back["birthday"] += "::date"
    back |= {name: f"(given.changes->'{key}'->>0)::bigint" for name, key in _REFERENCES.items()}
    # A colleague whose account is gone since owns nobody any more.
    back["owner_id"] = f"(SELECT id FROM {User._meta.db_table} WHERE id = {back['owner_id']})"
    keys = {name: _REFERENCES.get(name, name) for name in back}
    changes = ", ".join(
        f"{name} = CASE WHEN given.changes ? '{keys[name]}' THEN {value} ELSE person.{name} END"
        for name, value in back.items()
    )
    return (
        f"UPDATE {Contact.table()} person SET {changes}, updated_at = now() FROM import_restored given"
        " WHERE person.tenant_id = %s AND person.id = given.contact_id"
    )


# The primary stands first in the list.
_PLACES = (
    f"UPDATE {PostalAddress.table()} place SET "
    + ", ".join(f"{name} = given.changes->'addresses'->0->0->>{index}" for index, name in enumerate(PLACE))
    + " FROM import_restored given WHERE place.tenant_id = %s AND place.id = ANY (%s)"
    " AND place.contact_id = given.contact_id AND given.changes ? 'addresses'"
)


def _restore_custom(restoring: Mapping[int, Changes]) -> None:
    given = {
        contact_id: {key.removeprefix(PREFIX): old for key, (old, _new) in changes.items() if key.startswith(PREFIX)}
        for contact_id, changes in restoring.items()
    }
    if any(given.values()):
        put(CONTACT, {contact_id: values for contact_id, values in given.items() if values})


def _tell(run: ImportRun, restoring: Mapping[int, Changes], *, by: User | None, at: datetime) -> None:
    provenance.record(
        provenance.NewChange(
            contact_id,
            {key: (new, old) for key, (old, new) in changes.items()},
            source_type="undo",
            source_id=run.pk,
            by_id=by.pk if by else None,
            at=at,
        )
        for contact_id, changes in restoring.items()
    )
    event_sets.record_sql(
        "SELECT 'contact.changed', contact_id, %s::timestamptz, %s::bigint, 'undo', %s::bigint, '', NULL::bigint,"
        " jsonb_build_object('fields', (SELECT jsonb_agg(key ORDER BY key) FROM jsonb_object_keys(changes) AS key))"
        " FROM import_restored",
        [at, by.pk if by else None, run.pk],
        names=["contact.changed"],
    )
