"""Finding people who may be one: blocks of shared keys, then a score for each pair. Set-based SQL.

Two ways in: some people against everybody (``compare``), and everybody (``sweep``). Nothing is
compared that shares no key, and keys that many share are left out (``kinds.LARGEST``).
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Q

from contacts import worth
from contacts.duplicates import scoring
from contacts.duplicates.kinds import LARGEST, LEAST_SCORE, MANY
from contacts.models import Contact, DuplicatePair, MatchCard, MatchCount, MatchKey, Merge
from ecrm.tenancy.context import require_tenant_id


def refresh_keys(contact_ids: list[int]) -> int:
    """Makes the cards and keys of these people anew; answers of how many something changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_match_keys(%s::bigint[])", [contact_ids])
        row = cursor.fetchone()
        # Those of the search for names written alike (contacts.search).
        cursor.execute("SELECT refresh_name_keys(%s::bigint[])", [contact_ids])
    return int(row[0]) if row else 0


@transaction.atomic
def compare(contact_ids: list[int]) -> int:
    """Pairs of these people with anybody, kept up to date; answers how many stand. The keys must be fresh."""
    _count_if_stale()
    run(_SOME, contact_ids)
    score()
    run(_FORGET_OF, contact_ids)
    return run(_KEEP)


@transaction.atomic
def sweep() -> int:
    """Pairs of everybody with everybody; answers how many stand. The keys must be there."""
    run("SET LOCAL work_mem = '256MB'")
    run("SELECT refresh_match_counts()")
    run(_EVERY)
    score()
    run(_FORGET_ALL)
    return run(_KEEP)


def partners(contact_ids: list[int]) -> set[int]:
    """Everybody who is in an open pair with one of these."""
    pairs = DuplicatePair.objects.filter(state=DuplicatePair.State.OPEN)
    found = pairs.filter(Q(first__in=contact_ids) | Q(second__in=contact_ids)).values_list("first_id", "second_id")
    return {pk for pair in found for pk in pair}


def rekey_all(*, after: int, limit: int) -> int:
    """Makes the keys of the next people by id anew; answers the last id, 0 when there is nobody left."""
    ids = list(Contact.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])
    if ids:
        refresh_keys(ids)
    return ids[-1] if ids else 0


def score(more_cards: str = "") -> None:
    """Compares the candidates of this transaction; ``more_cards`` selects cards of whom nobody knows yet."""
    run("ANALYZE duplicate_candidate")
    run(_RARITIES)
    run(_PEOPLE % {"more": f"UNION ALL {more_cards}" if more_cards else ""})
    run("CREATE INDEX ON duplicate_person (contact_id)")
    run("ANALYZE duplicate_person")
    run(f"{scoring.SCORED}; {_TOLD_APART}")


def run(sql: str, ids: list[int] | None = None) -> int:
    """Only numbers are filled in, and as literals: a statement that makes a table takes no parameters."""
    numbers = ",".join(str(int(each)) for each in ids or ())
    with connection.cursor() as cursor:
        cursor.execute(sql.replace(":tenant", str(require_tenant_id())).replace(":ids", f"'{{{numbers}}}'"))
        return int(cursor.rowcount)


def _count_if_stale() -> None:
    """What is rare is counted every night; sooner in a base that has grown by a fifth since."""
    counted = MatchCount.objects.filter(key=0).values_list("people", flat=True).first() or 0
    known = MatchCard.objects.all()[: counted * 6 // 5 + 2].count()
    if known > counted * 6 // 5 + 1 or not counted:
        run("SELECT refresh_match_counts()")


LIMIT = f"CASE kind {' '.join(f'WHEN {kind} THEN {most}' for kind, most in MANY.items())} ELSE {LARGEST} END"
DROP = "DROP TABLE IF EXISTS duplicate_candidate, duplicate_rarity, duplicate_card, duplicate_person, duplicate_scored;"
GROUPED = f"""
    , pair AS (
        SELECT first, second, bit_or(1 << kind) AS kinds FROM shared GROUP BY first, second
    ) SELECT first, second FROM pair WHERE {scoring.MAY_REACH}"""
_EVERY = f"""
    {DROP}
    CREATE TEMP TABLE duplicate_candidate ON COMMIT DROP AS
    WITH block AS (
        SELECT kind, array_agg(contact_id) AS ids FROM {MatchKey.table()}
         WHERE tenant_id = :tenant GROUP BY kind, key HAVING count(*) BETWEEN 2 AND {LIMIT}
    ), shared AS (
        SELECT kind, least(one, other) AS first, greatest(one, other) AS second
          FROM block, unnest(ids) WITH ORDINALITY AS a (one, i), unnest(ids) WITH ORDINALITY AS b (other, j)
         WHERE i < j
    ) {GROUPED}"""
_SOME = f"""
    {DROP}
    CREATE TEMP TABLE duplicate_candidate ON COMMIT DROP AS
    WITH shared AS (
        SELECT mine.kind, least(mine.contact_id, other) AS first, greatest(mine.contact_id, other) AS second
          FROM {MatchKey.table()} mine
         CROSS JOIN LATERAL (
            SELECT ARRAY(SELECT theirs.contact_id FROM {MatchKey.table()} theirs
                          WHERE theirs.tenant_id = :tenant AND theirs.kind = mine.kind AND theirs.key = mine.key
                          LIMIT {LARGEST} + 1) AS ids) AS block,
               unnest(block.ids) AS other
         WHERE mine.tenant_id = :tenant AND mine.contact_id = ANY (:ids::bigint[])
           AND cardinality(block.ids) BETWEEN 2 AND {LIMIT.replace("kind", "mine.kind")} AND other <> mine.contact_id
    ) {GROUPED}"""
# How rare each word of a name and each city is, in bits: what one in 1,024 has is worth 10. The person
# themselves do not count, and a small base says little of how rare a name is. Key 0 is of what one has alone.
# A table of its own, so that the planner knows it.
_RARITIES = f"""
    CREATE TEMP TABLE duplicate_rarity ON COMMIT DROP AS
    WITH total AS (
        SELECT (coalesce(max(people), 0) + {scoring.STRANGERS})::float8 AS people FROM {MatchCount.table()}
         WHERE tenant_id = :tenant AND key = 0
    )
    SELECT key, (ln(total.people / (CASE WHEN key = 0 THEN 1 ELSE had.people END - 0.5)) / ln(2::float8))::real AS bits
      FROM {MatchCount.table()} had CROSS JOIN total WHERE tenant_id = :tenant;
    CREATE UNIQUE INDEX ON duplicate_rarity (key);
    ANALYZE duplicate_rarity"""
_PEOPLE = f"""
    CREATE TEMP TABLE duplicate_card ON COMMIT DROP AS
    SELECT * FROM {MatchCard.table()}
     WHERE tenant_id = :tenant AND contact_id IN (
        SELECT first FROM duplicate_candidate UNION SELECT second FROM duplicate_candidate)
    %(more)s;
    ANALYZE duplicate_card;
    CREATE TEMP TABLE duplicate_person ON COMMIT DROP AS
    WITH alone AS (
        SELECT coalesce(max(bits), 0)::real AS bits FROM duplicate_rarity WHERE key = 0
    ), name AS (
        SELECT contact_id, array_agg(bits ORDER BY place) AS bits, sum(bits)::real AS total FROM (
            SELECT card.contact_id, word.place, coalesce(rare.bits, alone.bits) AS bits
              FROM duplicate_card card CROSS JOIN alone
             CROSS JOIN LATERAL unnest(card.words) WITH ORDINALITY AS word (word, place)
              LEFT JOIN duplicate_rarity rare ON rare.key = hashtextextended(word.word, 1)) AS each
         GROUP BY contact_id
    ), town AS (
        SELECT contact_id, min(coalesce(rare.bits, alone.bits)) AS bits
          FROM duplicate_card card CROSS JOIN alone CROSS JOIN LATERAL unnest(card.cities) AS city
          LEFT JOIN duplicate_rarity rare ON rare.key = city GROUP BY contact_id
    )
    SELECT card.*, coalesce(name.bits, '{{}}') AS bits, name.total AS name_bits,
           coalesce(town.bits, 0)::real AS city_bits, (alone.bits - 1)::real AS people_bits
      FROM duplicate_card card CROSS JOIN alone
      LEFT JOIN name USING (contact_id) LEFT JOIN town USING (contact_id)"""

# Whoever somebody told apart from one of two is not the other one either, while these are merged.
_TOLD_APART = f"""
    DELETE FROM duplicate_scored scored USING (
        SELECT coalesce(mine.survivor_id, pair.first_id) AS one, coalesce(theirs.survivor_id, pair.second_id) AS other
          FROM {DuplicatePair.table()} pair
          LEFT JOIN {Merge.table()} mine ON mine.tenant_id = :tenant AND mine.loser_id = pair.first_id
                                        AND mine.undone_at IS NULL
          LEFT JOIN {Merge.table()} theirs ON theirs.tenant_id = :tenant AND theirs.loser_id = pair.second_id
                                          AND theirs.undone_at IS NULL
         WHERE pair.tenant_id = :tenant AND pair.state = 'apart'
           AND (mine.loser_id IS NOT NULL OR theirs.loser_id IS NOT NULL)) AS apart
     WHERE scored.first = least(apart.one, apart.other) AND scored.second = greatest(apart.one, apart.other)"""
# Whoever was judged stays judged; of the others only those that still look alike stay.
_FORGET_ALL = f"""
    DELETE FROM {DuplicatePair.table()} pair
     WHERE pair.tenant_id = :tenant AND pair.state = 'open'
       AND NOT EXISTS (SELECT FROM duplicate_scored s WHERE s.first = pair.first_id AND s.second = pair.second_id)"""
_FORGET_OF = f"{_FORGET_ALL} AND (pair.first_id = ANY (:ids::bigint[]) OR pair.second_id = ANY (:ids::bigint[]))"
# What two people who were told apart must newly share for somebody to look again: a person, and no rule.
_TELLING = "'mail', 'mail_name', 'phone', 'identity', 'born'"
_KEEP = f"""
    INSERT INTO {DuplicatePair.table()} AS pair
           (tenant_id, first_id, second_id, score, reasons, worth, state, found_at, decided_as)
    SELECT :tenant, found.first, found.second, found.score, to_jsonb(found.reasons),
           {worth.PAIR} + (found.score - {LEAST_SCORE}) / 4 + greatest({worth.sql("one")}, {worth.sql("other")}),
           'open', now(), ''
      FROM duplicate_scored found
      JOIN {Contact.table()} one ON one.tenant_id = :tenant AND one.id = found.first
      JOIN {Contact.table()} other ON other.tenant_id = :tenant AND other.id = found.second
     ORDER BY found.first, found.second
        ON CONFLICT (tenant_id, first_id, second_id) DO UPDATE
       SET score = excluded.score, reasons = excluded.reasons, worth = excluded.worth, state = 'open',
           decided_as = CASE WHEN pair.state = 'apart' THEN coalesce(nullif(pair.decided_as, ''), 'apart')
                             ELSE pair.decided_as END
     WHERE (pair.state = 'open' AND (pair.score, pair.reasons, pair.worth)
                                    IS DISTINCT FROM (excluded.score, excluded.reasons, excluded.worth))
        OR (pair.state = 'apart' AND excluded.score > pair.score
            AND (excluded.reasons - ARRAY(SELECT jsonb_array_elements_text(pair.reasons)))
                ?| ARRAY[{_TELLING}])"""
