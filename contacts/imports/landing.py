"""Writes one planned chunk: people, what hangs on them, and where each value came from, set-based.

Every statement carries the tenant and every insert names its conflict key (row security refuses
COPY, and a coordinator would turn an insert without one into a copy). What was made is answered by
id, so that an import can be undone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from contacts import event_sets
from contacts.imports import further, plan, searched
from contacts.imports.custom import write_custom
from contacts.imports.plan import FIELDS, NAMES, NEW_NAME
from contacts.imports.presets import OURS
from contacts.imports.provenance import note_lists, record_changes
from contacts.imports.wishes import PLACE, Wishes
from contacts.models import (
    Contact,
    EmailAddress,
    Identity,
    ImportRun,
    PhoneNumber,
    PostalAddress,
    Tag,
    Tagging,
)
from contacts.models.people import ChildKind, Stage
from contacts.services import Namer, join_companies_by_domain, name_companies, refresh_search
from ecrm.tenancy.context import require_tenant_id

SOURCE = "import"
Made = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Landing:
    """What every statement needs to know. ``at`` is when the chunk lands, ``made`` the ids of what it makes."""

    run: ImportRun
    wishes: Wishes
    at: datetime
    made: Made = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "tenant": require_tenant_id(),
            "run": self.run.pk,
            "at": self.at,
            "by": self.run.created_by_id,
            "kind": ChildKind.OTHER.value,
            "stage": Stage.LEAD.value,
            "source": SOURCE,
            "system": self.wishes.system,
        }


def land(landing: Landing) -> None:
    """Writes what ``import_plan`` holds. A unique address taken meanwhile raises ``IntegrityError``:
    the caller rolls the chunk back and plans it again."""
    landing.made["people"] = [row[0] for row in _ask("SELECT contact_id FROM import_plan WHERE is_new ORDER BY 1")]
    _find_companies(landing)
    columns = _columns()
    note_lists(columns)
    _insert_people(landing, columns)
    _insert_emails(landing, columns)
    joined = join_companies_by_domain(landing.made["people"], at=landing.at, keeps_origin=False)
    _insert_identities(landing, columns)
    _insert_phones(landing, columns)
    _insert_further(landing, columns)
    _update_people(landing, columns)
    _write_places(landing, columns)
    _tag(landing, columns)
    write_custom(landing.run, landing.wishes, at=landing.at)
    record_changes(landing.parameters, columns)
    if joined:
        refresh_search(joined)
    _tell(landing, columns)


def _run(sql: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def _ask(sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _columns() -> frozenset[str]:
    """What the plan knows of: only what the file feeds."""
    return frozenset(
        name
        for (name,) in _ask(
            "SELECT attname::text FROM pg_attribute"
            " WHERE attrelid = 'pg_temp.import_plan'::regclass AND attnum > 0 AND NOT attisdropped"
        )
    )


def _find_companies(landing: Landing) -> None:
    """Those that were not there yet are made now."""
    missing = _ask("SELECT DISTINCT given_company FROM import_plan WHERE takes_company AND company_id IS NULL") if (
        "given_company" in _columns()
    ) else []  # fmt: skip
    namer = Namer(landing.run.created_by, "import", landing.run.pk, landing.at)
    ids, new = name_companies([name for (name,) in missing], namer=namer)
    if ids:
        landing.made["companies"] = sorted({*landing.made.get("companies", []), *new})
        _run(
            "UPDATE import_plan SET company_id = found.id FROM unnest(%(names)s::text[], %(ids)s::bigint[])"
            " AS found (name, id) WHERE takes_company AND company_id IS NULL AND given_company = found.name",
            {"names": list(ids), "ids": list(ids.values())},
        )


def _insert_people(landing: Landing, columns: frozenset[str]) -> None:
    """``sort_key`` and ``search_text`` are made here as ``refresh_contact_search`` would make them (a
    test compares the two): writing every row twice would halve the rate. OFFSET keeps the planner from
    copying an expression to each of its uses."""
    own = [name for name in FIELDS if name not in ("name", "stage", "source", "birthday")]
    given = ", ".join(f"coalesce(new_{name}, '')" if f"new_{name}" in columns else "''" for name in own)
    named = bool({f"new_{name}" for name in NAMES} & columns)
    made = {
        "stage": "coalesce(nullif(new_stage, ''), %(stage)s)" if "new_stage" in columns else "%(stage)s",
        "source": _source(landing, columns),
        "birthday": "new_birthday" if "new_birthday" in columns else "NULL",
        "created": "coalesce(given_created_at, %(at)s)" if "given_created_at" in columns else "%(at)s",
        "composed": NEW_NAME if named else "''",
        "owner": "new_owner_id" if "new_owner_id" in columns else "NULL",
    }
    _run(
        f"INSERT INTO {Contact.table()} (tenant_id, id, name, stage, source, birthday, company_id, created_at,"
        f" updated_at, owner_id, sort_key, search_text, {', '.join(own)})"
        f" SELECT %(tenant)s, contact_id, composed, {made['stage']}, {made['source']}, {made['birthday']}, company_id,"
        f" {made['created']}, %(at)s, {made['owner']}, {searched.sort_key_of_new()}, {searched.text_of_new(columns)},"
        f" {given}"
        f" FROM (SELECT *, {made['composed']} AS composed FROM import_plan WHERE is_new OFFSET 0) AS planned"
        " ORDER BY contact_id ON CONFLICT (id) DO NOTHING",
        landing.parameters,
    )


def _source(landing: Landing, columns: frozenset[str]) -> str:
    """Who comes with a file comes from it, unless it says more; an export of ours has said all there is."""
    if "new_source" not in columns:
        return "%(source)s"
    return (
        "coalesce(new_source, '')"
        if landing.wishes.system == OURS.system
        else ("coalesce(nullif(new_source, ''), %(source)s)")
    )


def _update_people(landing: Landing, columns: frozenset[str]) -> None:
    """Once what hangs on them is there, so that what the search looks at is written along: a person written
    twice costs a dozen indexes twice."""
    own = [name for name in FIELDS if name != "name" and f"new_{name}" in columns]
    changes = [f"{name} = planned.new_{name}" for name in own]
    named = bool({f"new_{name}" for name in NAMES} & columns)
    if named:
        changes.append("name = planned.composed")
    if "new_owner_id" in columns:
        changes.append("owner_id = planned.new_owner_id")
    changes += [
        f"{column} = CASE WHEN planned.is_found_anew THEN {made} ELSE person.{column} END"
        for column, made in searched.of_known(named).items()
    ]
    _run(
        f"UPDATE {Contact.table()} person SET {', '.join(changes)}, company_id = planned.company_id,"
        f" updated_at = %(at)s FROM (SELECT *, {NEW_NAME if named else 'NULL'} AS composed,"
        f" changed && %(searched)s AS is_found_anew FROM import_plan WHERE verdict = 'update' OFFSET 0) AS planned"
        " WHERE person.tenant_id = %(tenant)s AND person.id = planned.contact_id",
        {**landing.parameters, "searched": searched.PARTS},
    )


def _insert_emails(landing: Landing, columns: frozenset[str]) -> None:
    """No conflict clause: an address taken since the plan was made must undo the chunk."""
    if "given_email" not in columns:
        return
    into = (
        f"INSERT INTO {EmailAddress.table()}"
        " (tenant_id, contact_id, address, address_norm, address_hash, kind, verified_at, is_primary)"
    )
    first = "SELECT %(tenant)s, contact_id, given_email, address_norm, decode(given_email_hash, 'hex')"
    kind, verified_at = further.kind_of("email", columns)
    _run(
        f"{into} {first}, {kind}, {verified_at}, true FROM import_plan WHERE is_new AND address_norm <> ''"
        " ORDER BY line",
        landing.parameters,
    )
    _keep(
        landing,
        "emails",
        f"{into} {first}, {kind}, {verified_at}, {_IS_FIRST.format(table=EmailAddress.table())}"
        " FROM import_plan WHERE adds_email AND verdict = 'update' ORDER BY line RETURNING id",
    )
    if "adds_email2" in columns:
        kind, verified_at = further.kind_of("email2", columns)
        _keep(
            landing,
            "emails",
            f"{into} SELECT %(tenant)s, contact_id, given_email2, given_email2_norm, decode(given_email2_hash, 'hex'),"
            f"  {kind}, {verified_at}, false FROM import_plan WHERE adds_email2 AND verdict <> 'same'"
            " ORDER BY line RETURNING id",
        )


def _insert_further(landing: Landing, columns: frozenset[str]) -> None:
    """Beyond those that every file may have. Of new people nothing is noted: they go as a whole."""
    for part, sql in (("emails", further.emails_sql()), ("identities", further.identities_sql())):
        if f"further_{part}" in columns:
            _run(sql.format(which="is_new"), landing.parameters)
            _keep(landing, part, sql.format(which="verdict = 'update'"))


_IS_FIRST = (
    "NOT EXISTS (SELECT FROM {table} own WHERE own.tenant_id = %(tenant)s"
    " AND own.contact_id = import_plan.contact_id AND own.is_primary)"
)


def _keep(landing: Landing, part: str, sql: str) -> None:
    """Runs an insert that answers ids and notes those of them that people known before got."""
    landing.made.setdefault(part, []).extend(row[0] for row in _ask(sql, landing.parameters))


def _insert_identities(landing: Landing, columns: frozenset[str]) -> None:
    if "adds_identity" in columns:
        _keep(
            landing,
            "identities",
            f"INSERT INTO {Identity.table()} (tenant_id, contact_id, namespace, external_id)"
            " SELECT %(tenant)s, contact_id, %(system)s, given_external_id FROM import_plan"
            " WHERE adds_identity AND verdict <> 'same' ORDER BY line"
            " ON CONFLICT (tenant_id, namespace, external_id) DO NOTHING RETURNING id",
        )


def _insert_phones(landing: Landing, columns: frozenset[str]) -> None:
    if "given_phones" not in columns:
        return
    into = (
        f"INSERT INTO {PhoneNumber.table()} (tenant_id, contact_id, number, written, kind, verified_at, is_primary)"
        f" SELECT %(tenant)s, contact_id, phone->>'number', phone->>'written', {further.kind_of_phone(landing.wishes)},"
        " {first}"
        " FROM import_plan CROSS JOIN LATERAL jsonb_array_elements(given_phones) WITH ORDINALITY"
        "  AS given (phone, place) WHERE {which} ORDER BY line, place"
        " ON CONFLICT (tenant_id, contact_id, number) WHERE binned_at IS NULL DO NOTHING"
    )
    _run(into.format(first="place = 1", which="is_new"), landing.parameters)
    first = f"place = 1 AND {_IS_FIRST.format(table=PhoneNumber.table())}"
    _keep(landing, "phones", into.format(first=first, which="adds_phones AND verdict = 'update'") + " RETURNING id")


def _write_places(landing: Landing, columns: frozenset[str]) -> None:
    if "has_place" in columns:
        _write_primary_places(landing, columns)
    if "further_places" in columns:
        sql = further.places_sql()
        _run(sql.format(which="is_new"), landing.parameters)
        _keep(landing, "addresses", sql.format(which="verdict = 'update'"))


def _write_primary_places(landing: Landing, columns: frozenset[str]) -> None:
    names, planned = ", ".join(PLACE), ", ".join(f"place_{name}" for name in PLACE)
    told = further.place_sql(columns)
    into = (
        f"INSERT INTO {PostalAddress.table()} (tenant_id, contact_id, is_primary, kind, verified_at, latitude,"
        f" longitude, {names}) SELECT %(tenant)s, contact_id, true, {told}, {planned} FROM import_plan"
        " WHERE has_place AND {which} ORDER BY line ON CONFLICT (tenant_id, contact_id) WHERE is_primary DO NOTHING"
    )
    _run(into.format(which="is_new"), landing.parameters)
    added = into.format(which=f"place_id IS NULL AND verdict = 'update' AND ({further.differs()})")
    _keep(landing, "addresses", added + " RETURNING id")
    _keep(
        landing,
        "places",
        f"UPDATE {PostalAddress.table()} place SET {', '.join(f'{name} = place_{name}' for name in PLACE)}"
        " FROM import_plan planned WHERE place.tenant_id = %(tenant)s AND place.id = planned.place_id"
        f"  AND planned.verdict = 'update' AND ({further.differs()}) RETURNING place.id",
    )


def _tag(landing: Landing, columns: frozenset[str]) -> None:
    """Only people known before are told to have been tagged: to the others it belongs to their arrival."""
    if "given_tags" not in columns:
        return
    ids = _tag_ids(landing)
    if not ids:
        return
    parameters = {**landing.parameters, "names": list(ids), "ids": list(ids.values())}
    _run("DROP TABLE IF EXISTS pg_temp.import_tagged", {})
    _run(
        "CREATE TEMP TABLE import_tagged ON COMMIT DROP AS SELECT DISTINCT planned.contact_id, known.id AS tag_id,"
        "  planned.is_new FROM import_plan planned"
        " CROSS JOIN LATERAL jsonb_array_elements_text(given_tags) AS given (tag)"
        " JOIN unnest(%(names)s::text[], %(ids)s::bigint[]) AS known (name, id) ON known.name = given.tag"
        " WHERE planned.is_new OR (adds_tags AND verdict = 'update')",
        parameters,
    )
    _run("ANALYZE import_tagged (contact_id, tag_id)", {})
    added = _ask(
        "WITH added AS ("
        f"  INSERT INTO {Tagging.table()} (tenant_id, contact_id, tag_id, created_at)"
        "   SELECT %(tenant)s, contact_id, tag_id, %(at)s FROM import_tagged ORDER BY contact_id, tag_id"
        "   ON CONFLICT (tenant_id, contact_id, tag_id) DO NOTHING RETURNING id, contact_id, tag_id)"
        " SELECT added.id FROM added JOIN import_tagged one USING (contact_id, tag_id) WHERE NOT one.is_new",
        parameters,
    )
    if not added:
        return
    landing.made["taggings"] = [row[0] for row in added]
    event_sets.record_sql(
        f"SELECT 'contact.tagged', own.contact_id, %s::timestamptz, %s::bigint, '{SOURCE}', %s::bigint,"
        f" '{Tag._meta.label_lower}', tag.id, jsonb_build_object('tag', tag.name) FROM {Tagging.table()} own"
        f" JOIN {Tag.table()} tag ON tag.tenant_id = own.tenant_id AND tag.id = own.tag_id"
        " WHERE own.tenant_id = %s AND own.id = ANY (%s)",
        [landing.at, landing.run.created_by_id, landing.run.pk, require_tenant_id(), landing.made["taggings"]],
        names=["contact.tagged"],
    )


def _tag_ids(landing: Landing) -> dict[str, int]:
    """By the name as the file has it; each is folded once, however many people have it."""
    named = (
        f"(SELECT tag, {plan.TAG_NORM.format('tag')} AS norm FROM (SELECT DISTINCT tag FROM import_plan,"
        "  jsonb_array_elements_text(given_tags) AS tag WHERE is_new OR (adds_tags AND verdict = 'update')"
        " ) AS written) AS named"
    )
    if landing.wishes.makes_tags:
        made = _ask(
            f"INSERT INTO {Tag.table()} (tenant_id, name, name_norm)"
            f" SELECT DISTINCT ON (norm) %(tenant)s, tag, norm FROM {named} ORDER BY norm, tag"
            " ON CONFLICT (tenant_id, name_norm) DO NOTHING RETURNING id",
            landing.parameters,
        )
        landing.made.setdefault("tags", []).extend(row[0] for row in made)
    return dict(
        _ask(
            f"SELECT named.tag, known.id FROM {named} JOIN {Tag.table()} known"
            " ON known.tenant_id = %(tenant)s AND known.name_norm = named.norm",
            landing.parameters,
        )
    )


def _tell(landing: Landing, columns: frozenset[str]) -> None:
    """Into the history: whoever is new came with the file, at the date it gives for them."""
    created = "coalesce(given_created_at, %s::timestamptz)" if "given_created_at" in columns else "%s::timestamptz"
    event_sets.record_sql(
        f"SELECT CASE WHEN is_new THEN 'contact.created' ELSE 'contact.changed' END, contact_id,"
        f" CASE WHEN is_new THEN {created} ELSE %s::timestamptz END, %s::bigint, '{SOURCE}', %s::bigint, '',"
        " NULL::bigint, CASE WHEN is_new THEN '{}'::jsonb ELSE jsonb_build_object('fields',"
        "   (SELECT jsonb_agg(name ORDER BY name) FROM unnest(changed) AS name)) END"
        " FROM import_plan WHERE verdict <> 'same' ORDER BY line",
        [landing.at, landing.at, landing.run.created_by_id, landing.run.pk],
        names=["contact.created", "contact.changed"],
    )
