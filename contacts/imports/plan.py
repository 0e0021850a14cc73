"""What a chunk of staged rows would change, worked out in one temporary table.

The dry run reads its verdicts from this table and the landing writes from it, so the two cannot
differ. ``import_plan`` has one row for each staged row: the contact it matches (by normalised
address), each field as it would be afterwards, and which parts are new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from contacts.imports.checking import Trouble
from contacts.models import (
    Company,
    Contact,
    EmailAddress,
    ImportRow,
    ImportRun,
    PhoneNumber,
    PostalAddress,
    Tag,
    Tagging,
)
from ecrm.tenancy.context import require_tenant_id

CHUNK_ROWS = 5_000
# Few enough to be quick while the planner does not know the tenant yet.
FIRST_CHUNK_ROWS = 500

# The contact's own fields a file can fill, by SQL type.
FIELDS = {
    "name": "text",
    "given_name": "text",
    "family_name": "text",
    "stage": "text",
    "job_title": "text",
    "language": "text",
    "country": "text",
    "city": "text",
    "birthday": "date",
    "source": "text",
}
PLACE = ("street", "postcode", "city", "region", "country")
_READ = {
    **FIELDS,
    "street": "text",
    "postcode": "text",
    "region": "text",
    "created_at": "timestamptz",
    "company": "text",
    "email": "text",
    "email_hash": "text",
    "email2": "text",
    "email2_norm": "text",
    "email2_hash": "text",
    "phones": "jsonb",
    "tags": "jsonb",
    "apps": "jsonb",
}
# Folded as contacts.services folds, so that the same company or tag is recognised.
COMPANY_NORM = "left(search.fold(regexp_replace(btrim({0}), '\\s+', ' ', 'g')), 200)"
TAG_NORM = "left(search.fold({0}), 60)"


@dataclass(frozen=True, slots=True)
class Planned:
    """How much of the file a plan covers: ``rows`` staged rows up to ``last_line``."""

    rows: int
    last_line: int


def make(run: ImportRun, *, after_line: int, limit: int = CHUNK_ROWS) -> Planned:
    """Fills ``import_plan`` with the next rows that were not refused. Must run in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.import_plan")
        cursor.execute(_plan_sql(), _parameters(run, after_line, limit))
        cursor.execute("SELECT count(*), coalesce(max(line), 0) FROM import_plan")
        rows, last_line = cursor.fetchone()
    return Planned(rows, last_line)


def lock_known(run: ImportRun, *, after_line: int, limit: int = CHUNK_ROWS) -> None:
    """Holds the people the next rows match until the transaction ends, in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT FROM {Contact.table()} person WHERE person.tenant_id = %(tenant)s"
            f" AND person.id IN (SELECT email.contact_id FROM ({_STAGED}) staged {_MATCHED})"
            " ORDER BY person.id FOR NO KEY UPDATE) AS held",
            _parameters(run, after_line, limit),
        )


def ensure_statistics(run: ImportRun) -> None:
    """Makes the planner know this tenant and this run (contacts/sql/statistics.sql). Cheap when it does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_import_statistics(%s)", [run.pk])


def verdict_counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT verdict, count(*) FROM import_plan GROUP BY verdict")
        return dict(cursor.fetchall())


def claimed_second_addresses(reason: str) -> list[Trouble]:
    """Second addresses that somebody else has, as problems of their rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT line FROM import_plan WHERE email2_owner_id <> coalesce(known_id, 0) ORDER BY line")
        return [Trouble(line, "", reason, is_fatal=False) for (line,) in cursor.fetchall()]


def _parameters(run: ImportRun, after_line: int, limit: int) -> dict[str, Any]:
    return {
        "tenant": require_tenant_id(),
        "run": run.pk,
        "after": after_line,
        "limit": limit,
        "known": run.options.get("known", "fill"),
    }


_STAGED = (
    f"SELECT id, line, address_norm, values FROM {ImportRow.table()}"
    " WHERE tenant_id = %(tenant)s AND run_id = %(run)s AND line > %(after)s"
    " AND repeats_line IS NULL ORDER BY line LIMIT %(limit)s"
)
_MATCHED = (
    f"JOIN {EmailAddress.table()} email ON email.tenant_id = %(tenant)s"
    " AND email.address_norm = staged.address_norm AND email.binned_at IS NULL AND staged.address_norm <> ''"
)


def _plan_sql() -> str:
    """Known people are changed only where the option and their present value allow it."""
    read = ", ".join(f"{name} {kind}" for name, kind in _READ.items())
    return (
        "CREATE TEMP TABLE import_plan ON COMMIT DROP AS"
        f" WITH staged AS MATERIALIZED ({_STAGED})"
        ", compared AS MATERIALIZED (SELECT staged.id AS row_id, staged.line, staged.address_norm,"
        "   email.contact_id, email.contact_id AS known_id, email.contact_id IS NULL AS is_new, person.company_id,"
        f"  {_afterwards()}, {_places()}, {_given()}, {_parts()}"
        "   FROM staged"
        f"  CROSS JOIN LATERAL jsonb_to_record(staged.values) AS given ({read})"
        f"  LEFT {_MATCHED}"
        f"  LEFT JOIN {Contact.table()} person ON person.tenant_id = %(tenant)s AND person.id = email.contact_id"
        f"  LEFT JOIN {Company.table()} company ON company.tenant_id = %(tenant)s AND company.id = person.company_id"
        f"  LEFT JOIN {PostalAddress.table()} place ON place.tenant_id = %(tenant)s"
        "     AND place.contact_id = person.id AND place.is_primary"
        "), judged AS MATERIALIZED (SELECT *, CASE WHEN is_new OR %(known)s = 'skip' THEN '{}'::text[]"
        f"   ELSE array_remove(ARRAY[{_changes()}], NULL) END AS changed FROM compared)"
        " SELECT *, CASE WHEN is_new THEN 'new' WHEN cardinality(changed) > 0 THEN 'update' ELSE 'same' END AS verdict"
        " FROM judged ORDER BY line"
    )


def _afterwards() -> str:
    """``new_x`` is the field after the import, ``old_x`` as it is now (null for new people)."""
    parts = []
    for name, kind in FIELDS.items():
        empty = f"person.{name} IS NULL" if kind == "date" else f"coalesce(person.{name}, '') = ''"
        parts.append(f"person.{name} AS old_{name}")
        parts.append(
            f"CASE WHEN given.{name} IS NOT NULL AND (%(known)s = 'overwrite' OR {empty})"
            f" THEN given.{name} ELSE person.{name} END AS new_{name}"
        )
    return ", ".join(parts)


def _places() -> str:
    """The primary postal address afterwards. A row without street and postcode has none to give."""
    has_place = "(given.street IS NOT NULL OR given.postcode IS NOT NULL)"
    parts = [f"{has_place} AS has_place", "place.id AS place_id"]
    for name in PLACE:
        parts.append(
            f"CASE WHEN {has_place} AND given.{name} IS NOT NULL"
            f" AND (%(known)s = 'overwrite' OR coalesce(place.{name}, '') = '')"
            f" THEN given.{name} ELSE coalesce(place.{name}, '') END AS place_{name}"
        )
        parts.append(f"coalesce(place.{name}, '') AS old_place_{name}")
    return ", ".join(parts)


def _given() -> str:
    names = ("created_at", "company", "email", "email_hash", "email2", "email2_norm", "email2_hash")
    return ", ".join(f"given.{name} AS given_{name}" for name in (*names, "phones", "tags", "apps"))


def _parts() -> str:
    """Whether company, second address, phones and tags bring something the person has not got."""
    company_norm = COMPANY_NORM.format("given.company")
    tag_norm = TAG_NORM.format("tag")
    return (
        "given.company IS NOT NULL AND (person.company_id IS NULL"
        f"   OR (%(known)s = 'overwrite' AND company.name_norm IS DISTINCT FROM {company_norm})) AS takes_company,"
        f" (SELECT owner.contact_id FROM {EmailAddress.table()} owner WHERE owner.tenant_id = %(tenant)s"
        "   AND owner.address_norm = given.email2_norm AND owner.binned_at IS NULL) AS email2_owner_id,"
        " person.id IS NOT NULL AND EXISTS (SELECT FROM jsonb_array_elements(given.phones) phone"
        f"   WHERE NOT EXISTS (SELECT FROM {PhoneNumber.table()} own WHERE own.tenant_id = %(tenant)s"
        "     AND own.contact_id = person.id AND own.number = phone->>'number'"
        "     AND own.binned_at IS NULL)) AS adds_phones,"
        " person.id IS NOT NULL AND EXISTS (SELECT FROM jsonb_array_elements_text(given.tags) tag"
        f"   WHERE NOT EXISTS (SELECT FROM {Tagging.table()} own JOIN {Tag.table()} known"
        "      ON known.tenant_id = %(tenant)s AND known.id = own.tag_id WHERE own.tenant_id = %(tenant)s"
        f"     AND own.contact_id = person.id AND known.name_norm = {tag_norm})) AS adds_tags"
    )


def _changes() -> str:
    """Names of what changes on a known person, as the history and the audit call it."""
    place = " OR ".join(f"place_{name} <> old_place_{name}" for name in PLACE)
    parts = [f"CASE WHEN new_{name} IS DISTINCT FROM old_{name} THEN '{name}' END" for name in FIELDS]
    parts += [
        "CASE WHEN takes_company THEN 'company' END",
        "CASE WHEN given_email2_norm IS NOT NULL AND email2_owner_id IS NULL THEN 'emails' END",
        "CASE WHEN adds_phones THEN 'phones' END",
        f"CASE WHEN has_place AND ({place}) THEN 'addresses' END",
        "CASE WHEN adds_tags THEN 'tags' END",
    ]
    return ", ".join(parts)
