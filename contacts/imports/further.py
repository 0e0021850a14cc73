"""What a row brings beyond one address of each kind: further emails, places, numbers elsewhere, an owner.

Planned and landed beside the rest (``plan``, ``landing``), for files that have such columns; others pay nothing.
``further_…`` in ``import_plan`` is what would be added of each, null for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from contacts.flat_people import PARTS
from contacts.imports.wishes import FILL, OVERWRITE, SKIP, Wishes
from contacts.models import EmailAddress, Identity, PostalAddress
from ecrm.tenancy.models import Membership, User

# What is read out of the staged JSON, by the field of the file that brings it.
READ = {
    "more_emails": {"emails": "jsonb"},
    "email_details": {"marks": "jsonb"},
    "address_details": {"place": "jsonb"},
    "more_addresses": {"places": "jsonb"},
    "identities": {"identities": "jsonb"},
    "owner": {"owner": "text"},
}
# By the list of a person that grows.
ADDS = {"emails": "further_emails", "identities": "further_identities", "addresses": "further_places"}
KEEPER = (
    "keeper AS MATERIALIZED (SELECT DISTINCT ON (written.name) written.name, account.id"
    " FROM (SELECT DISTINCT owner AS name FROM read WHERE owner IS NOT NULL) written"
    f" JOIN {User._meta.db_table} account ON lower(account.email) = written.name"
    f" JOIN {Membership._meta.db_table} member ON member.user_id = account.id AND member.tenant_id = %(tenant)s"
    " ORDER BY written.name, account.id)"
)
Allowed = Callable[[str, Any], str]


def read(wishes: Wishes) -> dict[str, str]:
    """Names and SQL types of what the rows of this file have."""
    return {name: kind for field, found in READ.items() if wishes.has(field) for name, kind in found.items()}


def planned(given: Collection[str], wishes: Wishes, known_id: str, allowed: Allowed) -> list[str]:
    """Columns of ``compared``."""
    parts = []
    if "emails" in given:
        parts.append(_free("emails", EmailAddress, "owner.address_norm = one->>'norm' AND owner.binned_at IS NULL",
                           allowed("more_emails", EmailAddress)))  # fmt: skip
    if "identities" in given:
        parts.append(_free("identities", Identity, "owner.namespace = one->>0 AND owner.external_id = one->>1",
                           allowed("identities", Identity)))  # fmt: skip
    if "places" in given:
        same = " AND ".join(f"own.{name} = one->>'{name}'" for name in PARTS)
        parts.append(
            "(SELECT jsonb_agg(one ORDER BY nth)"
            "  FROM jsonb_array_elements(read.places) WITH ORDINALITY AS p (one, nth)"
            f"  WHERE {allowed('more_addresses', PostalAddress)}"
            f"   AND NOT EXISTS (SELECT FROM {PostalAddress.table()} own"
            f"    WHERE own.tenant_id = %(tenant)s AND own.contact_id = person.id AND {same})) AS further_places"
        )
    return [*parts, *(_owner(wishes) if "owner" in given else [])]


def _free(listed: str, model: Any, is_same: str, allowed: str) -> str:
    """Those nobody has."""
    return (
        f"(SELECT jsonb_agg(one ORDER BY nth) FROM jsonb_array_elements(read.{listed}) WITH ORDINALITY AS p (one, nth)"
        f"  WHERE {allowed} AND NOT EXISTS (SELECT FROM {model.table()} owner WHERE owner.tenant_id = %(tenant)s"
        f"   AND {is_same})) AS further_{listed}"
    )


def _owner(wishes: Wishes) -> list[str]:
    takes = {OVERWRITE: "true", FILL: "person.owner_id IS NULL", SKIP: "person.id IS NULL"}[wishes.policy("owner")]
    return [
        (
            f"CASE WHEN keeper.id IS NOT NULL AND (person.id IS NULL OR {takes}) THEN keeper.id"
            " ELSE person.owner_id END AS new_owner_id"
        ),
        "person.owner_id AS old_owner_id",
        f"(read.owner IS NOT NULL AND keeper.id IS NULL AND (person.id IS NULL OR {takes})) AS misses_owner",
    ]


def claimed(given: Collection[str], known_id: str) -> list[str]:
    """Kinds of ``plan.claimed`` for what somebody else has."""
    found = []
    if "emails" in given:
        found.append(_taken("emails", EmailAddress, "owner.address_norm = one->>'norm' AND owner.binned_at IS NULL",
                            known_id, "more_emails"))  # fmt: skip
    if "identities" in given:
        found.append(_taken("identities", Identity, "owner.namespace = one->>0 AND owner.external_id = one->>1",
                            known_id, "identity"))  # fmt: skip
    return found


def _taken(listed: str, model: Any, is_same: str, known_id: str, kind: str) -> str:
    return (
        f"CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(read.{listed}) AS p (one) JOIN {model.table()} owner"
        f"  ON owner.tenant_id = %(tenant)s AND {is_same} WHERE owner.contact_id <> coalesce({known_id}, 0))"
        f" THEN '{kind}' END"
    )


def changed(given: Collection[str]) -> list[str]:
    return ["CASE WHEN new_owner_id IS DISTINCT FROM old_owner_id THEN 'owner' END"] if "owner" in given else []


def adds(key: str, columns: Collection[str]) -> list[str]:
    """Conditions under which this list of a known person grows; ``columns`` are those of the plan or what it reads."""
    listed = {"emails": "emails", "identities": "identities", "addresses": "places"}[key]
    name = f"further_{listed}"
    return [f"{name} IS NOT NULL"] if listed in columns or name in columns else []


def kind_of(key: str, columns: Collection[str]) -> tuple[str, str]:
    """Kind and day of verification of the first or second email, as SQL."""
    if "given_marks" not in columns:
        return "%(kind)s", "NULL::timestamptz"
    mark = f"given_marks->'{key}'"
    return f"coalesce({mark}->>'kind', %(kind)s)", f"({mark}->>'verified_at')::timestamptz"


def kind_of_phone(wishes: Wishes) -> str:
    """Kind and day of verification of a number, as SQL."""
    if not wishes.has("phone_details"):
        return "%(kind)s, NULL::timestamptz"
    return "coalesce(phone->>'kind', %(kind)s), (phone->>'verified_at')::timestamptz"


def emails_sql() -> str:
    return (
        f"INSERT INTO {EmailAddress.table()}"
        " (tenant_id, contact_id, address, address_norm, address_hash, kind, is_primary, verified_at)"
        " SELECT %(tenant)s, contact_id, one->>'address', one->>'norm', decode(one->>'hash', 'hex'),"
        "  coalesce(one->>'kind', %(kind)s), false, (one->>'verified_at')::timestamptz"
        " FROM import_plan CROSS JOIN LATERAL jsonb_array_elements(further_emails) WITH ORDINALITY AS p (one, nth)"
        " WHERE {which} ORDER BY line, nth RETURNING id"
    )


def identities_sql() -> str:
    return (
        f"INSERT INTO {Identity.table()} (tenant_id, contact_id, namespace, external_id)"
        " SELECT %(tenant)s, contact_id, one->>0, one->>1"
        " FROM import_plan CROSS JOIN LATERAL jsonb_array_elements(further_identities) WITH ORDINALITY AS p (one, nth)"
        " WHERE {which} ORDER BY line, nth"
        " ON CONFLICT (tenant_id, namespace, external_id) DO NOTHING RETURNING id"
    )


def places_sql() -> str:
    names = ", ".join(PARTS)
    values = ", ".join(f"coalesce(one->>'{name}', '')" for name in PARTS)
    return (
        f"INSERT INTO {PostalAddress.table()}"
        f" (tenant_id, contact_id, kind, is_primary, verified_at, latitude, longitude, {names})"
        " SELECT %(tenant)s, contact_id, coalesce(one->>'kind', %(kind)s), false, (one->>'verified_at')::timestamptz,"
        f"  (one->>'latitude')::float8, (one->>'longitude')::float8, {values}"
        " FROM import_plan CROSS JOIN LATERAL jsonb_array_elements(further_places) WITH ORDINALITY AS p (one, nth)"
        " WHERE {which} ORDER BY line, nth RETURNING id"
    )


def place_sql(columns: Collection[str]) -> str:
    """Kind, day of verification and position of the primary address."""
    if "given_place" not in columns:
        return "%(kind)s, NULL::timestamptz, NULL::float8, NULL::float8"
    numbers = ", ".join(f"(given_place->>'{name}')::float8" for name in ("latitude", "longitude"))
    return f"coalesce(given_place->>'kind', %(kind)s), (given_place->>'verified_at')::timestamptz, {numbers}"


def differs() -> str:
    """Whether the primary address of a known person changes."""
    return " OR ".join(f"place_{name} <> old_place_{name}" for name in PARTS)
