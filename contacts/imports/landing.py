"""Writes one planned chunk: people, their addresses, companies, tags and their history, set-based.

Every statement carries the tenant and every insert names its conflict key (row security refuses
COPY, and a coordinator would turn an insert without one into a copy).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from contacts import events
from contacts.imports import plan
from contacts.imports.plan import FIELDS, PLACE
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
from contacts.models.people import ChildKind, Stage
from contacts.services import get_or_create_companies, refresh_search
from ecrm.tenancy.context import require_tenant_id

SOURCE = "import"


@dataclass(frozen=True, slots=True)
class Landing:
    """What every statement needs to know. ``at`` is when the chunk lands."""

    run: ImportRun
    at: datetime

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "tenant": require_tenant_id(),
            "run": self.run.pk,
            "at": self.at,
            "kind": ChildKind.OTHER.value,
            "stage": Stage.LEAD.value,
            "source": SOURCE,
        }


def land(landing: Landing) -> None:
    """Writes what ``import_plan`` holds. A unique address taken meanwhile raises ``IntegrityError``:
    the caller rolls the chunk back and plans it again."""
    _give_ids(landing)
    _find_companies(landing)
    _insert_people(landing)
    _update_people(landing)
    _insert_emails(landing)
    _insert_phones(landing)
    _write_places(landing)
    touched = _touched()
    refresh_search([contact_id for contact_id, is_new, *_rest in touched if not is_new])
    _tell(landing, touched)
    _tag(landing)
    _unstage(landing)


def _run(sql: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def _ask(sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _give_ids(landing: Landing) -> None:
    _run(
        f"UPDATE import_plan SET contact_id = nextval(pg_get_serial_sequence('{Contact.table()}', 'id')) WHERE is_new",
        {},
    )


def _find_companies(landing: Landing) -> None:
    names = [name for (name,) in _ask("SELECT DISTINCT given_company FROM import_plan WHERE takes_company")]
    ids = get_or_create_companies(names)
    if ids:
        _run(
            "UPDATE import_plan SET company_id = found.id FROM unnest(%(names)s::text[], %(ids)s::bigint[])"
            " AS found (name, id) WHERE takes_company AND given_company = found.name",
            {"names": list(ids), "ids": list(ids.values())},
        )


def _insert_people(landing: Landing) -> None:
    """A person without a name of their own is called by given and family name.

    ``sort_key`` and ``search_text`` are made here as ``refresh_contact_search`` would make them (a
    test compares the two): writing every row twice would halve the rate.
    """
    columns = [name for name in FIELDS if name not in ("name", "stage", "source", "birthday")]
    given = ", ".join(f"coalesce(new_{name}, '')" for name in columns)
    _run(
        f"INSERT INTO {Contact.table()} (tenant_id, id, name, stage, source, birthday, company_id, created_at,"
        f" updated_at, time_zone, sort_key, search_text, {', '.join(columns)})"
        " SELECT %(tenant)s, contact_id, composed, coalesce(new_stage, %(stage)s),"
        " coalesce(new_source, %(source)s), new_birthday, company_id, coalesce(given_created_at, %(at)s), %(at)s,"
        f" '', {_SORT_KEY}, {_SEARCH_TEXT}, {given}"
        f" FROM (SELECT *, {_COMPOSED_NAME} AS composed FROM import_plan WHERE is_new) AS planned"
        " ORDER BY line ON CONFLICT (id) DO NOTHING",
        landing.parameters,
    )


_COMPOSED_NAME = "left(coalesce(nullif(new_name, ''), btrim(concat_ws(' ', new_given_name, new_family_name)), ''), 200)"
_SORT_KEY = "left(coalesce(nullif(search.fold(btrim(composed)), ''), nullif(address_norm, ''), U&'\\+10FFFD'), 200)"
_SEARCH_TEXT = (
    "regexp_replace(search.fold(concat_ws(' ', '', composed,"
    " nullif(concat_ws(' ', coalesce(new_given_name, ''), coalesce(new_family_name, '')), composed),"
    " address_norm, nullif(lower(given_email), address_norm),"
    " CASE WHEN email2_owner_id IS NULL THEN nullif(concat_ws(' ', given_email2_norm,"
    "   nullif(lower(given_email2), given_email2_norm)), '') END,"
    " (SELECT string_agg(ltrim(phone->>'number', '+'), ' ' ORDER BY place)"
    "    FROM jsonb_array_elements(given_phones) WITH ORDINALITY AS given (phone, place)),"
    f" (SELECT company.name FROM {Company.table()} company"
    "    WHERE company.tenant_id = %(tenant)s AND company.id = planned.company_id))), '\\s+', ' ', 'g')"
)


def _update_people(landing: Landing) -> None:
    columns = ", ".join(f"{name} = planned.new_{name}" for name in FIELDS if name != "name")
    _run(
        f"UPDATE {Contact.table()} person SET name = planned.composed, {columns},"
        " company_id = planned.company_id, updated_at = %(at)s"
        f" FROM (SELECT *, {_COMPOSED_NAME} AS composed FROM import_plan WHERE verdict = 'update') AS planned"
        " WHERE person.tenant_id = %(tenant)s AND person.id = planned.contact_id",
        landing.parameters,
    )


def _insert_emails(landing: Landing) -> None:
    """No conflict clause: an address taken since the plan was made must undo the chunk."""
    columns = "(tenant_id, contact_id, address, address_norm, address_hash, kind, is_primary)"
    _run(
        f"INSERT INTO {EmailAddress.table()} {columns}"
        " SELECT %(tenant)s, contact_id, given_email, address_norm, decode(given_email_hash, 'hex'), %(kind)s, true"
        " FROM import_plan WHERE is_new AND address_norm <> '' ORDER BY line",
        landing.parameters,
    )
    _run(
        f"INSERT INTO {EmailAddress.table()} {columns}"
        " SELECT %(tenant)s, contact_id, given_email2, given_email2_norm, decode(given_email2_hash, 'hex'),"
        "  %(kind)s, false"
        " FROM import_plan WHERE given_email2_norm IS NOT NULL AND email2_owner_id IS NULL"
        "  AND (is_new OR 'emails' = ANY(changed)) ORDER BY line",
        landing.parameters,
    )


def _insert_phones(landing: Landing) -> None:
    _run(
        f"INSERT INTO {PhoneNumber.table()} (tenant_id, contact_id, number, written, kind, is_primary)"
        " SELECT %(tenant)s, contact_id, phone->>'number', phone->>'written', %(kind)s,"
        f"  place = 1 AND NOT EXISTS (SELECT FROM {PhoneNumber.table()} own WHERE own.tenant_id = %(tenant)s"
        "    AND own.contact_id = import_plan.contact_id AND own.is_primary)"
        " FROM import_plan CROSS JOIN LATERAL jsonb_array_elements(given_phones) WITH ORDINALITY"
        "  AS given (phone, place) WHERE is_new OR 'phones' = ANY(changed) ORDER BY line, place"
        " ON CONFLICT (tenant_id, contact_id, number) WHERE binned_at IS NULL DO NOTHING",
        landing.parameters,
    )


def _write_places(landing: Landing) -> None:
    columns, planned = ", ".join(PLACE), ", ".join(f"place_{name}" for name in PLACE)
    _run(
        f"INSERT INTO {PostalAddress.table()} (tenant_id, contact_id, kind, is_primary, {columns})"
        f" SELECT %(tenant)s, contact_id, %(kind)s, true, {planned} FROM import_plan"
        " WHERE has_place AND place_id IS NULL AND (is_new OR 'addresses' = ANY(changed)) ORDER BY line"
        " ON CONFLICT (tenant_id, contact_id) WHERE is_primary DO NOTHING",
        landing.parameters,
    )
    _run(
        f"UPDATE {PostalAddress.table()} place SET {', '.join(f'{name} = place_{name}' for name in PLACE)}"
        " FROM import_plan planned WHERE place.tenant_id = %(tenant)s AND place.id = planned.place_id"
        "  AND 'addresses' = ANY(planned.changed)",
        landing.parameters,
    )


def _touched() -> list[tuple[Any, ...]]:
    return _ask(
        "SELECT contact_id, is_new, given_created_at, changed FROM import_plan WHERE verdict <> 'same' ORDER BY line"
    )


def _tell(landing: Landing, touched: list[tuple[Any, ...]]) -> None:
    """Into the history: whoever is new came with the file, at the date it gives for them."""
    actor_id = landing.run.created_by_id
    events.record_many(
        [
            events.NewEvent(
                "contact.created" if is_new else "contact.changed",
                contact_id,
                at=(is_new and created_at) or landing.at,
                actor_id=actor_id,
                source=SOURCE,
                source_id=landing.run.pk,
                properties={} if is_new else {"fields": sorted(changed)},
            )
            for contact_id, is_new, created_at, changed in touched
        ]
    )


def _tag(landing: Landing) -> None:
    """Only people known before are told to have been tagged: to the others it belongs to their arrival."""
    ids = _tag_ids(landing)
    if not ids:
        return
    added = _ask(
        "WITH added AS ("
        f"  INSERT INTO {Tagging.table()} (tenant_id, contact_id, tag_id, created_at)"
        f"  SELECT DISTINCT %(tenant)s, contact_id, known.id, %(at)s FROM {_TAGGED}"
        "    JOIN unnest(%(names)s::text[], %(ids)s::bigint[]) AS known (name, id) ON known.name = tag"
        "   ON CONFLICT (tenant_id, contact_id, tag_id) DO NOTHING RETURNING contact_id, tag_id)"
        " SELECT added.contact_id, tag.id, tag.name FROM added"
        " JOIN import_plan planned ON planned.contact_id = added.contact_id AND NOT planned.is_new"
        f" JOIN {Tag.table()} tag ON tag.tenant_id = %(tenant)s AND tag.id = added.tag_id",
        {**landing.parameters, "names": list(ids), "ids": list(ids.values())},
    )
    events.record_many([_tagged(landing, *row) for row in added])


_TAGGED = (
    "(SELECT contact_id, tag FROM import_plan CROSS JOIN LATERAL jsonb_array_elements_text(given_tags) AS given (tag)"
    " WHERE is_new OR 'tags' = ANY(changed)) AS tagged"
)


def _tag_ids(landing: Landing) -> dict[str, int]:
    """By the name as the file has it; each is folded once, however many people have it."""
    norm = plan.TAG_NORM.format("tag")
    named = f"(SELECT tag, {norm} AS norm FROM (SELECT DISTINCT tag FROM {_TAGGED}) AS written) AS named"
    _run(
        f"INSERT INTO {Tag.table()} (tenant_id, name, name_norm)"
        f" SELECT DISTINCT ON (norm) %(tenant)s, tag, norm FROM {named} ORDER BY norm, tag"
        " ON CONFLICT (tenant_id, name_norm) DO NOTHING",
        landing.parameters,
    )
    return dict(
        _ask(
            f"SELECT named.tag, known.id FROM {named} JOIN {Tag.table()} known"
            " ON known.tenant_id = %(tenant)s AND known.name_norm = named.norm",
            landing.parameters,
        )
    )


def _tagged(landing: Landing, contact_id: int, tag_id: int, name: str) -> events.NewEvent:
    return events.NewEvent(
        "contact.tagged",
        contact_id,
        at=landing.at,
        actor_id=landing.run.created_by_id,
        source=SOURCE,
        source_id=landing.run.pk,
        object_type=Tag._meta.label_lower,
        object_id=tag_id,
        properties={"tag": name},
    )


def _unstage(landing: Landing) -> None:
    """From here on the contacts hold what was read. In the same transaction: no row can land twice."""
    _run(
        f"DELETE FROM {ImportRow.table()} staged USING import_plan planned"
        " WHERE staged.tenant_id = %(tenant)s AND staged.id = planned.row_id",
        landing.parameters,
    )
