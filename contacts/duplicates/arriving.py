"""Rows that are not people yet, a file's or a form's, compared with everybody who is: scored as the night does it.

Set-based: a batch costs a look-up for each of its keys and one comparison for each candidate, no query a row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from django.db import connection, transaction

from contacts.duplicates import matching
from contacts.duplicates.kinds import LARGEST
from contacts.models import Company, MatchCard, MatchKey
from ecrm.tenancy.context import require_tenant_id


@dataclass(frozen=True, slots=True)
class Given:
    """One row as it came. ``number`` is the caller's own (a line); phones in E.164, addresses of mail normalised.

    ``company`` is a name, ``ids`` are the numbers other systems have for them.
    """

    number: int
    name: str = ""
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    city: str = ""
    street: str = ""
    postcode: str = ""
    born: date | None = None
    company: str = ""
    ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Likely:
    """Who a row may be; ``score`` and ``reasons`` as of a ``DuplicatePair``."""

    contact_id: int
    score: int
    reasons: list[str]


@transaction.atomic
def looks_like(rows: Iterable[Given]) -> dict[int, Likely]:
    """By row number, the likeliest person of this workspace; rows that resemble nobody are left out.

    A row that is somebody by its address finds that person, too: leave out those that are matched.
    A few thousand rows a call; the keys of people who changed seconds ago may be missing.
    """
    given = [{**asdict(row), "born": row.born and row.born.isoformat()} for row in rows]
    if not given:
        return {}
    matching.run(_GIVEN)
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {"rows": json.dumps(given), "tenant": require_tenant_id()})
    matching.run(_CANDIDATES)
    matching.score("SELECT * FROM duplicate_given")
    with connection.cursor() as cursor:
        cursor.execute(_BEST)
        return {number: Likely(pk, score, reasons) for number, pk, score, reasons in cursor.fetchall()}


_GIVEN = f"""
    DROP TABLE IF EXISTS duplicate_given;
    CREATE TEMP TABLE duplicate_given ON COMMIT DROP AS SELECT * FROM {MatchCard.table()} LIMIT 0"""
# Rows go by negative numbers, so that no person has theirs.
_FILL = f"""
    INSERT INTO duplicate_given
    SELECT NULL, %(tenant)s, -given.number, card.*, given.born, firm.id
      FROM jsonb_to_recordset(%(rows)s) AS given (number bigint, name text, emails text[], phones text[], city text,
                                                  street text, postcode text, born date, company text,
                                                  ids text[])
      LEFT JOIN LATERAL (
        SELECT known.id FROM {Company.table()} known
         WHERE known.tenant_id = %(tenant)s AND given.company <> '' AND known.binned_at IS NULL
           AND known.name_norm = left(search.fold(regexp_replace(btrim(given.company), '\\s+', ' ', 'g')), 200)
         LIMIT 1) AS firm ON true
     CROSS JOIN LATERAL search.match_card(given.name, given.emails, given.phones, ARRAY[given.city],
                                          ARRAY[given.postcode || '/' || given.street], given.ids) AS card"""
_CANDIDATES = f"""
    {matching.DROP}
    CREATE TEMP TABLE duplicate_candidate ON COMMIT DROP AS
    WITH shared AS (
        SELECT mine.kind, given.contact_id AS first, other AS second
          FROM duplicate_given given
         CROSS JOIN LATERAL search.match_keys(ROW(given.*)::{MatchCard.table()}) AS mine
         CROSS JOIN LATERAL (
            SELECT ARRAY(SELECT theirs.contact_id FROM {MatchKey.table()} theirs
                          WHERE theirs.tenant_id = :tenant AND theirs.kind = mine.kind AND theirs.key = mine.key
                          LIMIT {LARGEST}) AS ids) AS block,
               unnest(block.ids) AS other
         WHERE cardinality(block.ids) < {matching.LIMIT.replace("kind", "mine.kind")}
    ) {matching.GROUPED}"""
_BEST = """
    SELECT DISTINCT ON (first) -first, second, score, reasons FROM duplicate_scored
     ORDER BY first, score DESC, second"""
