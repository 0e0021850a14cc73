"""What a chunk of staged rows would change, worked out in one temporary table.

The dry run reads its verdicts from this table and the landing writes from it, so the two cannot
differ. ``import_plan`` has one row for each staged row: the contact it matches, each field the file
feeds as it is and as it would be, and which parts are new. Only what the file feeds is looked at:
a file with three columns costs three comparisons.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from contacts.free_mail import FREE_MAIL
from contacts.imports import further
from contacts.imports.checking import Trouble
from contacts.imports.wishes import APPEND, FILL, OVERWRITE, PLACE, SKIP, Wishes
from contacts.models import (
    Company,
    CompanyDomain,
    CompanyMerge,
    Contact,
    EmailAddress,
    Identity,
    ImportChunk,
    ImportRow,
    Merge,
    PhoneNumber,
    PostalAddress,
    Tag,
    Tagging,
)
from ecrm.tenancy.context import require_tenant_id, tenant_transaction

CHUNK_ROWS = 8_000
# A smaller file comes in in shorter stretches: its bar moves, and it stops soon after somebody asks.
STEPS = 20
LEAST_CHUNK_ROWS = 1_500
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
    "time_zone": "text",
    "country": "text",
    "city": "text",
    "birthday": "date",
    "source": "text",
}
NAMES = ("name", "given_name", "family_name")
_READ = {
    **FIELDS,
    "street": "text",
    "postcode": "text",
    "region": "text",
    "created_at": "timestamptz",
    "company": "text",
    "external_id": "text",
    "phones": "jsonb",
    "tags": "jsonb",
    "apps": "jsonb",
    "custom": "jsonb",
}
_EMAIL = {"email": "text", "email_hash": "text"}
_SECOND = {"email2": "text", "email2_norm": "text", "email2_hash": "text"}
# Folded as contacts.services folds, so that the same company or tag is recognised.
COMPANY_NORM = "left(search.fold(regexp_replace(btrim({0}), '\\s+', ' ', 'g')), 200)"
TAG_NORM = "left(search.fold({0}), 60)"


def chunk_rows(line_count: int) -> int:
    """How many rows of a file of so many lines are planned and landed at once."""
    return min(CHUNK_ROWS, max(LEAST_CHUNK_ROWS, line_count // STEPS))


def make(chunk: ImportChunk, wishes: Wishes, *, gives_ids: bool = False) -> int:
    """Fills ``import_plan`` with the chunk's rows that count; answers how many. Must run in a transaction.

    ``contact_id`` is null for new people, or with ``gives_ids`` the id they will have, in the order of the file.
    """
    parameters = {
        "tenant": require_tenant_id(),
        "run": chunk.run_id,
        "first": chunk.first_line,
        "last": chunk.last_line,
        "system": wishes.system,
        "free": sorted(FREE_MAIL),
    }
    _execute("DROP TABLE IF EXISTS pg_temp.import_plan, pg_temp.import_company, pg_temp.import_tag", {})
    given = _given(wishes)
    _execute(f"CREATE TEMP TABLE import_plan ON COMMIT DROP AS {_Sql(wishes, given).plan(gives_ids)}", parameters)
    if wishes.match != "email":
        _execute(_TWINS, parameters)
    _execute("ANALYZE import_plan (line, contact_id)", {})
    return _number("SELECT count(*) FROM import_plan")


def lock_known(chunk: ImportChunk, wishes: Wishes) -> None:
    """Holds the people the chunk's rows match until the transaction ends, in the order of their ids."""
    _execute(
        f"SELECT count(*) FROM (SELECT FROM {Contact.table()} person WHERE person.tenant_id = %(tenant)s"
        f" AND person.id IN (SELECT {_known_id(wishes)} FROM ({_STAGED}) staged {_matches(wishes)})"
        " ORDER BY person.id FOR NO KEY UPDATE) AS held",
        {
            "tenant": require_tenant_id(),
            "run": chunk.run_id,
            "first": chunk.first_line,
            "last": chunk.last_line,
            "system": wishes.system,
        },
    )


def defer_search() -> None:
    """Until the transaction ends, what the search looks at is sorted into its index in large lots:
    half the work (measured). Searches read what waits, so the lots are not larger still."""
    _execute("SET LOCAL gin_pending_list_limit = '8MB'", {})


def settle_search() -> None:
    """Sorts in what waits (contacts/sql/row_upkeep.sql); whoever saves a person next would have to."""
    with tenant_transaction():
        _execute("SELECT search.settle()", {})


def verdict_counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT verdict, count(*) FROM import_plan GROUP BY verdict")
        return dict(cursor.fetchall())


def claimed(reasons: dict[str, str]) -> list[Trouble]:
    """Addresses and external ids that somebody else has, as problems of their rows; ``reasons`` by kind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT line, claimed FROM import_plan WHERE cardinality(claimed) > 0 ORDER BY line")
        return [Trouble(line, "", reasons[kind], is_fatal=False) for line, kinds in cursor.fetchall() for kind in kinds]


def _execute(sql: str, parameters: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def _given(wishes: Wishes) -> dict[str, str]:
    """What is read out of the staged JSON, by SQL type."""
    fed = {"phones" if key in ("phone", "mobile") else key for key in wishes.fields}
    given = {name: kind for name, kind in _READ.items() if name in fed}
    if wishes.has("email", "email2", "more_emails"):
        given |= _EMAIL
    if wishes.has("email2", "more_emails"):  # the first of further ones is the second
        given |= _SECOND
    given |= further.read(wishes)
    if any("." in key for key in wishes.fields):
        given["apps"] = "jsonb"
    if any(key.startswith("f:") for key in wishes.fields):
        given["custom"] = "jsonb"
    return given


_STAGED = (
    f"SELECT line, address_norm, match_key, values FROM {ImportRow.table()}"
    " WHERE tenant_id = %(tenant)s AND run_id = %(run)s AND line BETWEEN %(first)s AND %(last)s"
    " AND repeats_line IS NULL"
)
_BY_EMAIL = (
    f" LEFT JOIN {EmailAddress.table()} email ON email.tenant_id = %(tenant)s"
    " AND email.address_norm = staged.address_norm AND email.binned_at IS NULL AND staged.address_norm <> ''"
)
_BY_EXTERNAL = (
    f" LEFT JOIN {Identity.table()} identity ON identity.tenant_id = %(tenant)s AND identity.namespace = %(system)s"
    " AND identity.external_id = substr(staged.match_key, 3) AND staged.match_key <> ''"
    f" LEFT JOIN {Contact.table()} named ON named.tenant_id = %(tenant)s AND named.id = identity.contact_id"
    "  AND named.binned_at IS NULL"
)
# Who was merged away meanwhile is whoever stands for them.
_BY_NUMBER = (
    f" LEFT JOIN {Merge.table()} gone ON gone.tenant_id = %(tenant)s AND gone.undone_at IS NULL"
    "  AND gone.loser_id = nullif(substr(staged.match_key, 3), '')::bigint"
    f" LEFT JOIN {Contact.table()} named ON named.tenant_id = %(tenant)s AND named.binned_at IS NULL"
    "  AND named.id = coalesce(gone.survivor_id, nullif(substr(staged.match_key, 3), '')::bigint)"
)
# Of several people with one number, the one known longest.
_BY_PHONE = (
    " LEFT JOIN LATERAL (SELECT min(phone.contact_id) AS id"
    f"  FROM {PhoneNumber.table()} phone WHERE phone.tenant_id = %(tenant)s AND phone.binned_at IS NULL"
    "   AND phone.number = substr(staged.match_key, 3) AND staged.match_key <> '') AS named ON true"
)


def _matches(wishes: Wishes) -> str:
    return {"external": _BY_EXTERNAL, "number": _BY_NUMBER, "phone": _BY_PHONE}.get(wishes.match, "") + _BY_EMAIL


def _known_id(wishes: Wishes) -> str:
    return "email.contact_id" if wishes.match == "email" else "coalesce(named.id, email.contact_id)"


# Asked once for its name, and after the rows have been put in order.
_NEW_ID = (
    f"CASE WHEN is_new THEN nextval((SELECT pg_get_serial_sequence('{Contact.table()}', 'id')::regclass))"
    " ELSE known_id END"
)
# Two rows of one person that the check could not see yet: the first counts.
_TWINS = (
    "UPDATE import_plan later SET verdict = 'same', changed = '{}', is_twin = true FROM ("
    "  SELECT line, row_number() OVER (PARTITION BY contact_id ORDER BY line) AS place FROM import_plan"
    "   WHERE contact_id IS NOT NULL) AS ranked WHERE ranked.line = later.line AND ranked.place > 1"
)


class _Sql:
    """Puts the statement together from what the file feeds."""

    def __init__(self, wishes: Wishes, given: dict[str, str]) -> None:
        self.wishes = wishes
        self.given = given
        self.own = [name for name in FIELDS if name in given]
        self.feeds_place = bool({"street", "postcode", "region", "place"} & given.keys())

    def plan(self, gives_ids: bool) -> str:
        read = ", ".join(f"{name} {kind}" for name, kind in self.given.items()) or "nothing text"
        ctes = [
            f"staged AS MATERIALIZED ({_STAGED})",
            (
                "read AS MATERIALIZED (SELECT staged.line, staged.address_norm, staged.match_key, given.*"
                f" FROM staged CROSS JOIN LATERAL jsonb_to_record(staged.values) AS given ({read}))"
            ),
            *self._lookups(),
            f"compared AS MATERIALIZED ({self._compared()})",
            f"judged AS MATERIALIZED (SELECT *, {self._changed()} AS changed FROM compared)",
        ]
        return (
            f"WITH {', '.join(ctes)} SELECT *, {_NEW_ID if gives_ids else 'known_id'} AS contact_id,"
            " false AS is_twin, CASE WHEN is_new THEN 'new'"
            " WHEN cardinality(changed) > 0 THEN 'update' ELSE 'same' END AS verdict FROM judged ORDER BY line"
        )

    def _lookups(self) -> list[str]:
        """Names are folded once each, however many rows have them."""
        found = []
        if "company" in self.given:
            found.append(
                "firm AS MATERIALIZED (SELECT written.name, known.id FROM (SELECT DISTINCT company AS name FROM read"
                f" WHERE company IS NOT NULL) written JOIN {Company.table()} known ON known.tenant_id = %(tenant)s"
                f" AND known.binned_at IS NULL AND known.name_norm = {COMPANY_NORM.format('written.name')}"
                # A name that a company lost by a merge means the one that stands for it, as in contacts.services.
                " UNION ALL SELECT DISTINCT ON (written.name) written.name, merged.survivor_id FROM (SELECT DISTINCT"
                f" company AS name FROM read WHERE company IS NOT NULL) written JOIN {CompanyMerge.table()} merged"
                " ON merged.tenant_id = %(tenant)s AND merged.undone_at IS NULL"
                f" AND merged.name_norm = {COMPANY_NORM.format('written.name')}"
                f" JOIN {Company.table()} survivor ON survivor.tenant_id = merged.tenant_id"
                " AND survivor.id = merged.survivor_id AND survivor.binned_at IS NULL"
                f" WHERE NOT EXISTS (SELECT FROM {Company.table()} living WHERE living.tenant_id = %(tenant)s"
                " AND living.binned_at IS NULL AND living.name_norm = merged.name_norm))"
            )
        if "tags" in self.given:
            found.append(
                "label AS MATERIALIZED (SELECT written.name, known.id FROM (SELECT DISTINCT tag AS name FROM read,"
                "  jsonb_array_elements_text(read.tags) AS tag) written"
                f" LEFT JOIN {Tag.table()} known ON known.tenant_id = %(tenant)s"
                f" AND known.name_norm = {TAG_NORM.format('written.name')})"
            )
        if "owner" in self.given:
            found.append(further.KEEPER)
        found.append(
            "house AS MATERIALIZED (SELECT written.name, domain.company_id AS id FROM (SELECT DISTINCT"
            "  split_part(address_norm, '@', 2) AS name FROM read WHERE address_norm <> '' AND EXISTS (SELECT"
            f"  FROM {CompanyDomain.table()} any_domain WHERE any_domain.tenant_id = %(tenant)s)) written"
            f" JOIN {CompanyDomain.table()} domain ON domain.tenant_id = %(tenant)s"
            f"  AND domain.domain_norm = written.name AND domain.binned_at IS NULL"
            "  AND NOT written.name = ANY (%(free)s))"
        )
        return found

    def _compared(self) -> str:
        joins = [_matches(self.wishes).replace("staged.", "read.")]
        known_id = _known_id(self.wishes)
        joins.append(f" LEFT JOIN {Contact.table()} person ON person.tenant_id = %(tenant)s AND person.id = {known_id}")
        if self.feeds_place:
            joins.append(
                f" LEFT JOIN {PostalAddress.table()} place ON place.tenant_id = %(tenant)s"
                "  AND place.contact_id = person.id AND place.is_primary"
            )
        joins.append(" LEFT JOIN house ON house.name = split_part(read.address_norm, '@', 2)")
        if "company" in self.given:
            joins.append(" LEFT JOIN firm ON firm.name = read.company")
        if "owner" in self.given:
            joins.append(" LEFT JOIN keeper ON keeper.name = read.owner")
        columns = [
            "read.line",
            "read.address_norm",
            "person.id AS known_id",
            "person.id IS NULL AS is_new",
            *self._fields(),
            *self._places(),
            *self._company(),
            *(f"read.{name} AS given_{name}" for name in self.given if name not in FIELDS),
            *self._lists(),
            *further.planned(self.given, self.wishes, known_id, self._allowed),
        ]
        return f"SELECT {', '.join(columns)} FROM read {''.join(joins)}"

    def _fields(self) -> list[str]:
        """``new_x`` is the field after the import, ``old_x`` as it is now (null for new people)."""
        parts = []
        for name in self.own:
            policy, kind = self.wishes.policy(name), FIELDS[name]
            empty = f"person.{name} IS NULL" if kind == "date" else f"coalesce(person.{name}, '') = ''"
            takes = {OVERWRITE: "true", FILL: empty, SKIP: "person.id IS NULL"}[policy]
            parts.append(f"person.{name} AS old_{name}")
            parts.append(
                f"CASE WHEN read.{name} IS NOT NULL AND (person.id IS NULL OR {takes})"
                f" THEN read.{name} ELSE person.{name} END AS new_{name}"
            )
        if {"given_name", "family_name"} & set(self.own) and "name" not in self.own:
            parts += ["person.name AS old_name", "NULL::text AS new_name"]
        if set(NAMES) & set(self.own):
            parts += [
                f"person.{name} AS {side}_{name}"
                for name in ("given_name", "family_name")
                if name not in self.own
                for side in ("old", "new")
            ]
        return parts

    def _places(self) -> list[str]:
        """The primary postal address afterwards. A row with nothing but city and country has none to give,
        unless it says that there is one."""
        if not self.feeds_place:
            return []
        telling = ("street", "postcode", "region", "place")
        given = [f"read.{name} IS NOT NULL" for name in telling if name in self.given]
        has_place = f"({' OR '.join(given)})"
        parts = [f"{has_place} AS has_place", "place.id AS place_id"]
        for name in PLACE:
            takes = {OVERWRITE: "true", FILL: f"coalesce(place.{name}, '') = ''", SKIP: "person.id IS NULL"}
            fed = f"read.{name}" if name in self.given else "NULL::text"
            if "place" in self.given and name in ("city", "country"):
                fed = f"CASE WHEN read.place IS NULL THEN {fed} ELSE nullif(read.place->>'{name}', '') END"
            parts.append(
                f"CASE WHEN {has_place} AND {fed} IS NOT NULL AND (person.id IS NULL"
                f"  OR {takes[self.wishes.policy('street')]})"
                f" THEN {fed} ELSE coalesce(place.{name}, '') END AS place_{name}"
            )
            parts.append(f"coalesce(place.{name}, '') AS old_place_{name}")
        return parts

    def _company(self) -> list[str]:
        """``company_id`` as it will be, as far as the company is there; new people join by their domain, and so
        does who has no company and gets an address there."""
        joins = (
            "(person.id IS NOT NULL AND person.company_id IS NULL AND house.id IS NOT NULL"
            f" AND email.contact_id IS NULL AND {self._allowed('email', EmailAddress)})"
        )
        if "company" not in self.given:
            return [
                f"CASE WHEN person.id IS NULL OR {joins} THEN house.id ELSE person.company_id END AS company_id",
                "person.company_id AS old_company_id",
                f"{joins} AS takes_company",
            ]
        policy = self.wishes.policy("company")
        takes = {
            OVERWRITE: "(person.company_id IS NULL OR person.company_id IS DISTINCT FROM firm.id)",
            FILL: "person.company_id IS NULL",
            SKIP: "person.id IS NULL",
        }[policy]
        known = "" if self.wishes.makes_companies else " AND firm.id IS NOT NULL"
        condition = f"(read.company IS NOT NULL AND {takes}{known})"
        return [
            (
                f"CASE WHEN {condition} THEN firm.id WHEN person.id IS NULL OR {joins} THEN house.id"
                " ELSE person.company_id END AS company_id"
            ),
            "person.company_id AS old_company_id",
            f"({condition} OR {joins}) AS takes_company",
            f"(read.company IS NOT NULL AND {takes} AND firm.id IS NULL) AS misses_company",
        ]

    def _lists(self) -> list[str]:
        """Whether addresses, phones, external id and tags bring something the person has not got."""
        known_id = _known_id(self.wishes)
        claimed = [f"CASE WHEN email.contact_id <> {known_id} THEN 'email' END"]
        parts = [
            (
                "(person.id IS NOT NULL AND read.address_norm <> '' AND email.contact_id IS NULL"
                f" AND {self._allowed('email', EmailAddress)}) AS adds_email"
            )
        ]
        if "email2" in self.given:
            owner = (
                f"(SELECT owner.contact_id FROM {EmailAddress.table()} owner WHERE owner.tenant_id = %(tenant)s"
                "   AND owner.address_norm = read.email2_norm AND owner.binned_at IS NULL)"
            )
            parts.append(
                f"(read.email2_norm IS NOT NULL AND {owner} IS NULL AND {self._allowed('email2', EmailAddress)})"
                " AS adds_email2"
            )
            claimed.append(f"CASE WHEN {owner} IS DISTINCT FROM coalesce({known_id}, 0) AND {owner} IS NOT NULL"
                           " THEN 'email2' END")  # fmt: skip
        if "external_id" in self.given:
            owner = (
                f"(SELECT owner.contact_id FROM {Identity.table()} owner WHERE owner.tenant_id = %(tenant)s"
                "   AND owner.namespace = %(system)s AND owner.external_id = read.external_id)"
            )
            parts.append(
                f"(read.external_id IS NOT NULL AND {owner} IS NULL AND {self._allowed('external_id', Identity)})"
                " AS adds_identity"
            )
            claimed.append(f"CASE WHEN {owner} <> coalesce({known_id}, 0) THEN 'identity' END")
        if "phones" in self.given:
            parts.append(
                "(person.id IS NOT NULL AND EXISTS (SELECT FROM jsonb_array_elements(read.phones) phone"
                f"  WHERE NOT EXISTS (SELECT FROM {PhoneNumber.table()} own WHERE own.tenant_id = %(tenant)s"
                "   AND own.contact_id = person.id AND own.number = phone->>'number' AND own.binned_at IS NULL))"
                f" AND {self._allowed('phone', PhoneNumber)}) AS adds_phones"
            )
        if "tags" in self.given:
            makes = "true" if self.wishes.makes_tags else "label.id IS NOT NULL"
            parts.append(
                "(person.id IS NOT NULL AND EXISTS (SELECT FROM jsonb_array_elements_text(read.tags) tag"
                f"  JOIN label ON label.name = tag WHERE {makes} AND NOT EXISTS (SELECT FROM {Tagging.table()} own"
                "   WHERE own.tenant_id = %(tenant)s AND own.contact_id = person.id AND own.tag_id = label.id))"
                f" AND {self._allowed('tags', Tagging)}) AS adds_tags"
            )
        claimed += further.claimed(self.given, known_id)
        return [*parts, f"array_remove(ARRAY[{', '.join(claimed)}], NULL) AS claimed"]

    def _allowed(self, key: str, model: Any) -> str:
        """Whether this field's policy lets a known person have more of these."""
        policy = self.wishes.policy(key)
        if policy in (APPEND, OVERWRITE):
            return "true"
        if policy == SKIP:
            return "person.id IS NULL"
        return (
            f"NOT EXISTS (SELECT FROM {model.table()} own WHERE own.tenant_id = %(tenant)s"
            " AND own.contact_id = person.id)"
        )

    def _changed(self) -> str:
        """Names of what changes on a known person, as the history and the audit call it."""
        parts = [f"CASE WHEN new_{name} IS DISTINCT FROM old_{name} THEN '{name}' END" for name in self.own
                 if name != "name"]  # fmt: skip
        if set(NAMES) & set(self.own):
            parts.append(f"CASE WHEN {NEW_NAME} IS DISTINCT FROM old_name THEN 'name' END")
        parts.append("CASE WHEN takes_company THEN 'company' END")
        emails = ["adds_email", *(["adds_email2"] if "email2" in self.given else [])]
        emails += further.adds("emails", self.given)
        parts.append(f"CASE WHEN {' OR '.join(emails)} THEN 'emails' END")
        identities = [*(["adds_identity"] if "external_id" in self.given else [])]
        identities += further.adds("identities", self.given)
        if identities:
            parts.append(f"CASE WHEN {' OR '.join(identities)} THEN 'identities' END")
        if "phones" in self.given:
            parts.append("CASE WHEN adds_phones THEN 'phones' END")
        places = further.adds("addresses", self.given)
        if self.feeds_place:
            place = " OR ".join(f"place_{name} <> old_place_{name}" for name in PLACE)
            places.append(f"has_place AND ({place})")
        if places:
            parts.append(f"CASE WHEN {' OR '.join(places)} THEN 'addresses' END")
        parts += further.changed(self.given)
        if "tags" in self.given:
            parts.append("CASE WHEN adds_tags THEN 'tags' END")
        return f"CASE WHEN is_new THEN '{{}}'::text[] ELSE array_remove(ARRAY[{', '.join(parts)}]::text[], NULL) END"


# A person without a name of their own is called by given and family name, and a name that was made of
# those follows them.
_COMPOSED = "btrim(concat_ws(' ', nullif({0}_given_name, ''), nullif({0}_family_name, '')))"
NEW_NAME = (
    f"left(CASE WHEN new_name IS DISTINCT FROM old_name AND new_name <> '' THEN new_name"
    f" WHEN coalesce(old_name, '') = '' OR old_name = {_COMPOSED.format('old')}"
    f"  THEN coalesce(nullif({_COMPOSED.format('new')}, ''), old_name, '') ELSE old_name END, 200)"
)
