"""Keeps what an import changed on people known before, so that it can be shown and taken back."""

from __future__ import annotations

from typing import Any

from django.db import connection

from contacts import provenance
from contacts.imports.plan import FIELDS, NAMES, NEW_NAME
from contacts.models import EmailAddress, Identity, PhoneNumber, PostalAddress, Tag, Tagging
from ecrm.tenancy.context import require_tenant_id

# Each as contacts.provenance.NewChange tells it, and in that order.
_LISTS = {
    "emails": (
        EmailAddress.table(),
        "to_jsonb(one.address)",
        "NOT one.is_primary, one.id",
        ("given_email", "further_emails"),
    ),
    "phones": (PhoneNumber.table(), "to_jsonb(one.written)", "NOT one.is_primary, one.id", ("adds_phones",)),
    "identities": (
        Identity.table(),
        "jsonb_build_array(one.namespace, one.external_id)",
        "one.namespace, one.id",
        ("adds_identity", "further_identities"),
    ),
    "addresses": (
        PostalAddress.table(),
        "jsonb_build_array(one.street, one.postcode, one.city, one.region, one.country)",
        "NOT one.is_primary, one.id",
        ("has_place", "further_places"),
    ),
    "tags": (
        f"{Tagging.table()} one_tagging JOIN {Tag.table()}",
        "to_jsonb(one.name)",
        "one.name_norm",
        ("adds_tags",),
    ),
}


def note_lists(columns: frozenset[str]) -> None:
    """Keeps the lists of people as they are, in a temporary table; to be called before anything is written."""
    _note("import_before", columns)


def record_changes(parameters: dict[str, Any], columns: frozenset[str]) -> None:
    """One row for each person of ``import_plan`` that was updated; to be called when all is written."""
    _note("import_after", columns)
    custom = " || coalesce(custom_changes, '{}'::jsonb)" if "custom_changes" in columns else ""
    provenance.record_sql(
        "WITH grown AS MATERIALIZED ("
        "  SELECT former.contact_id, jsonb_object_agg(key, jsonb_build_array(former.list, later.list)) AS lists"
        "   FROM import_before former JOIN import_after later USING (contact_id, key) WHERE former.list <> later.list"
        "   GROUP BY former.contact_id)"
        " SELECT contact_id, %s::timestamptz, %s::bigint, 'import', %s::bigint,"
        f" ('{{' || concat_ws(',', {', '.join(_own(columns))}) || '}}')::jsonb"
        f" || coalesce(grown.lists, '{{}}'::jsonb){custom}"
        " FROM import_plan LEFT JOIN grown USING (contact_id) WHERE verdict = 'update'",
        [parameters["at"], parameters["by"], parameters["run"]],
    )


def _note(table: str, columns: frozenset[str]) -> None:
    """Analysed, since the planner takes an unknown table for a small one and would walk it for every row."""
    _execute(f"DROP TABLE IF EXISTS pg_temp.{table}", [])
    _execute(f"CREATE TEMP TABLE {table} ON COMMIT DROP AS {_lists(columns)}", [])
    _execute(f"ANALYZE {table} (contact_id, key)", [])


def _own(columns: frozenset[str]) -> list[str]:
    parts = [
        _changed(name, f"old_{name}", f"new_{name}") for name in FIELDS if name != "name" and f"new_{name}" in columns
    ]
    if {f"new_{name}" for name in NAMES} & columns:
        parts.append(_changed("name", "old_name", NEW_NAME))
    if "new_owner_id" in columns:
        parts.append(_changed("owner", "old_owner_id", "new_owner_id"))
    return [*parts, _changed("company", "old_company_id", "company_id")]


def _changed(key: str, old: str, new: str) -> str:
    """One member of a JSON object as text: a third of what joining objects costs."""
    pair = " || ',' || ".join(f"coalesce(to_json({value})::text, 'null')" for value in (old, new))
    return f"CASE WHEN '{key}' = ANY (changed) THEN '\"{key}\":[' || {pair} || ']' END"


def _lists(columns: frozenset[str]) -> str:
    """(contact_id, key, list) for the lists that change."""
    tenant = require_tenant_id()
    selects = ["SELECT NULL::bigint AS contact_id, NULL::text AS key, NULL::jsonb AS list WHERE false"]
    for key, (table, value, order, needed) in _LISTS.items():
        if columns.isdisjoint(needed):
            continue
        source = f"{table} one" if key != "tags" else f"{table} one ON one.tenant_id = {tenant}"
        owner = "one_tagging" if key == "tags" else "one"
        link = " AND one.id = one_tagging.tag_id" if key == "tags" else ""
        selects.append(
            f"SELECT contact_id, '{key}', coalesce((SELECT jsonb_agg({value} ORDER BY {order}) FROM {source}"
            f" WHERE {owner}.tenant_id = {tenant} AND {owner}.contact_id = planned.contact_id{link}), '[]')"
            f" FROM import_plan planned WHERE verdict = 'update' AND '{key}' = ANY (changed)"
        )
    return " UNION ALL ".join(selects)


def _execute(sql: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
