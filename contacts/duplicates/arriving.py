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
from contacts.duplicates.kinds import LARGEST, Kind
from contacts.models import MatchKey


@dataclass(frozen=True, slots=True)
class Given:
    """One row as it came. ``number`` is the caller's own (a line); phones in E.164, addresses of mail normalised."""

    number: int
    name: str = ""
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    city: str = ""
    street: str = ""
    postcode: str = ""
    born: date | None = None


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
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN)
        cursor.execute(_FILL, [json.dumps(given)])
    matching.run(_CANDIDATES)
    matching.score(_PEOPLE)
    with connection.cursor() as cursor:
        cursor.execute(_BEST)
        return {number: Likely(pk, score, reasons) for number, pk, score, reasons in cursor.fetchall()}


_GIVEN = """
    DROP TABLE IF EXISTS duplicate_given;
    CREATE TEMP TABLE duplicate_given (id bigint, words text[], sounds text[], mails text[], locals text[],
        phones text[], cities text[], doors text[], born date, company_id bigint, named text[]) ON COMMIT DROP"""
# Rows go by negative numbers, so that no person has theirs. The same as match_features makes of people.
_FILL = """
    INSERT INTO duplicate_given
    SELECT -given.number, words, search.sounds(words),
           ARRAY(SELECT search.mail_local(email) || '@' || split_part(email, '@', 2)
                   FROM unnest(given.emails) AS email WHERE strpos(email, '@') > 1),
           ARRAY(SELECT search.mail_local(email) FROM unnest(given.emails) AS email
                  WHERE length(search.mail_local(email)) > 4),
           ARRAY(SELECT right(phone, 9) FROM unnest(given.phones) AS phone WHERE length(phone) > 8),
           CASE WHEN given.city <> '' THEN ARRAY[search.fold(btrim(given.city))] END,
           CASE WHEN given.postcode <> '' AND given.street ~ '\\d'
                THEN ARRAY[regexp_replace(lower(given.postcode), '[^0-9a-z]', '', 'g') || '/'
                           || substring(given.street FROM '\\d+')] ELSE '{}' END,
           given.born, NULL, '{}'
      FROM jsonb_to_recordset(%s) AS given (number bigint, name text, emails text[], phones text[], city text,
                                            street text, postcode text, born date)
     CROSS JOIN LATERAL search.name_words(given.name) AS words"""
_CANDIDATES = f"""
    DROP TABLE IF EXISTS duplicate_candidate, duplicate_person, duplicate_scored;
    CREATE TEMP TABLE duplicate_candidate ON COMMIT DROP AS
    WITH named AS (
        SELECT id, {Kind.MAIL} AS kind, unnest(mails) AS shared FROM duplicate_given
         UNION ALL SELECT id, {Kind.MAIL_NAME}, unnest(locals) FROM duplicate_given
         UNION ALL SELECT id, {Kind.PHONE}, unnest(phones) FROM duplicate_given
         UNION ALL SELECT id, {Kind.NAME}, array_to_string(words, ' ') FROM duplicate_given WHERE cardinality(words) > 1
         UNION ALL SELECT id, {Kind.SOUND}, array_to_string(sounds, ' ') FROM duplicate_given
                    WHERE cardinality(words) > 1
         UNION ALL SELECT id, {Kind.BORN}, born || '|' || word FROM duplicate_given, unnest(sounds) AS word
                    WHERE born IS NOT NULL
         UNION ALL SELECT id, {Kind.DOOR}, door || '|' || word
                     FROM duplicate_given, unnest(sounds) AS word, unnest(doors) AS door
    ), shared AS (
        SELECT named.kind, cardinality(block.ids) + 1 AS size, named.id AS first, other AS second
          FROM named
         CROSS JOIN LATERAL (
            SELECT ARRAY(SELECT theirs.contact_id FROM {MatchKey.table()} theirs
                          WHERE theirs.tenant_id = %(tenant)s AND theirs.kind = named.kind
                            AND theirs.key = hashtextextended(named.shared, 0) LIMIT {LARGEST}) AS ids) AS block,
               unnest(block.ids) AS other
         WHERE cardinality(block.ids) < {LARGEST}
    ) {matching.GROUPED}"""
_PEOPLE = """
    CREATE TEMP TABLE duplicate_person ON COMMIT DROP AS
    SELECT * FROM match_features(ARRAY(SELECT DISTINCT second FROM duplicate_candidate))
     UNION ALL SELECT * FROM duplicate_given"""
_BEST = """
    SELECT DISTINCT ON (first) -first, second, score, reasons FROM duplicate_scored
     ORDER BY first, score DESC, second"""
