"""Finding people who may be one: blocks of shared keys, then a score for each pair. Set-based SQL.

Two ways in: some people against everybody (``compare``), and everybody (``sweep``). Nothing is
compared that shares no key, and keys that many share are left out (``kinds.LARGEST``).
"""

from __future__ import annotations

from django.db import connection, transaction

from contacts.duplicates.kinds import LARGEST, LEAST_SCORE, Kind
from contacts.models import Contact, DuplicatePair, MatchKey
from ecrm.tenancy.context import require_tenant_id


def refresh_keys(contact_ids: list[int]) -> int:
    """Makes the keys of these people anew; answers how many keys changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_match_keys(%s::bigint[])", [contact_ids])
        row = cursor.fetchone()
        # Those of the search for names written alike (contacts.search).
        cursor.execute("SELECT refresh_name_keys(%s::bigint[])", [contact_ids])
    return int(row[0]) if row else 0


@transaction.atomic
def compare(contact_ids: list[int]) -> int:
    """Pairs of these people with anybody, kept up to date; answers how many stand. The keys must be fresh."""
    run(_SOME, contact_ids)
    score()
    run(_FORGET_OF, contact_ids)
    return run(_KEEP)


@transaction.atomic
def sweep() -> int:
    """Pairs of everybody with everybody; answers how many stand. The keys must be there."""
    run("SET LOCAL work_mem = '256MB'")
    run(_EVERY)
    score()
    run(_FORGET_ALL)
    return run(_KEEP)


def rekey_all(*, after: int, limit: int) -> int:
    """Makes the keys of the next people by id anew; answers the last id, 0 when there is nobody left."""
    ids = list(Contact.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])
    if ids:
        refresh_keys(ids)
    return ids[-1] if ids else 0


def score(people: str | None = None) -> None:
    """Compares the candidates of this transaction; ``people`` makes the table of what is known of them."""
    run("ANALYZE duplicate_candidate")
    run(people or _PEOPLE)
    run("CREATE INDEX ON duplicate_person (id)")
    run("ANALYZE duplicate_person")
    run(_SCORED)


def run(sql: str, ids: list[int] | None = None) -> int:
    """Only numbers are filled in, and as literals: a statement that makes a table takes no parameters."""
    numbers = ",".join(str(int(each)) for each in ids or ())
    given = {"tenant": require_tenant_id(), "largest": LARGEST, "least": LEAST_SCORE}
    with connection.cursor() as cursor:
        cursor.execute(sql % {**given, "ids": f"'{{{numbers}}}'"})
        return int(cursor.rowcount)


# Of a name that hardly anybody else has.
_RARE = "CASE WHEN size = 2 THEN 18 WHEN size <= 4 THEN 12 WHEN size <= 10 THEN 5 ELSE 0 END"
# The most that two people can come to who share these keys and no others: whoever cannot reach the
# score is not even read. Worth of each key, then of name and city, which are looked at in any case.
_MOST = {
    Kind.MAIL: 66, Kind.MAIL_NAME: 80, Kind.PHONE: 42, Kind.BORN: 50, Kind.DOOR: 18, Kind.WORK: 10, Kind.IDENTITY: 22,
}  # fmt: skip
_BOUND = " + ".join(f"({weight} * (kinds >> {kind} & 1))" for kind, weight in _MOST.items())
GROUPED = f"""
    , pair AS (
        SELECT first, second, bit_or(1 << kind) AS kinds,
               min(size) FILTER (WHERE kind IN ({Kind.NAME}, {Kind.SOUND})) AS size
          FROM shared GROUP BY first, second
    ) SELECT first, second, size FROM pair WHERE 44 + {_BOUND} + {_RARE} >= %(least)s"""
_DROP = "DROP TABLE IF EXISTS duplicate_candidate, duplicate_person, duplicate_scored;"

_EVERY = f"""
    {_DROP}
    CREATE TEMP TABLE duplicate_candidate ON COMMIT DROP AS
    WITH block AS (
        SELECT kind, array_agg(contact_id) AS ids FROM {MatchKey.table()}
         WHERE tenant_id = %(tenant)s GROUP BY kind, key HAVING count(*) BETWEEN 2 AND %(largest)s
    ), shared AS (
        SELECT kind, cardinality(ids) AS size, least(one, other) AS first, greatest(one, other) AS second
          FROM block, unnest(ids) WITH ORDINALITY AS a (one, i), unnest(ids) WITH ORDINALITY AS b (other, j)
         WHERE i < j
    ) {GROUPED}"""

_SOME = f"""
    {_DROP}
    CREATE TEMP TABLE duplicate_candidate ON COMMIT DROP AS
    WITH shared AS (
        SELECT mine.kind, cardinality(block.ids) AS size,
               least(mine.contact_id, other) AS first, greatest(mine.contact_id, other) AS second
          FROM {MatchKey.table()} mine
         CROSS JOIN LATERAL (
            SELECT ARRAY(SELECT theirs.contact_id FROM {MatchKey.table()} theirs
                          WHERE theirs.tenant_id = %(tenant)s AND theirs.kind = mine.kind AND theirs.key = mine.key
                          LIMIT %(largest)s + 1) AS ids) AS block,
               unnest(block.ids) AS other
         WHERE mine.tenant_id = %(tenant)s AND mine.contact_id = ANY (%(ids)s::bigint[])
           AND cardinality(block.ids) BETWEEN 2 AND %(largest)s AND other <> mine.contact_id
    ) {GROUPED}"""

_PEOPLE = """
    CREATE TEMP TABLE duplicate_person ON COMMIT DROP AS
    SELECT * FROM match_features(ARRAY(
        SELECT first FROM duplicate_candidate UNION SELECT second FROM duplicate_candidate))"""

# What speaks for one person is added, what speaks against taken away. The weights are close to the
# logarithms of how much likelier each is of one person than of two (Fellegi and Sunter, 1969, JASA 64),
# in round figures; 60 is where the pairs of the labelled base are almost all true (bench/duplicates.py).
_WEIGHTS = f"""
      CASE alike WHEN 3 THEN 34 WHEN 2 THEN 30 WHEN 1 THEN -20 WHEN 0 THEN -40 ELSE 0 END
      + CASE WHEN mail THEN 66 WHEN own_local AND alike >= 2 THEN 80 WHEN own_local THEN 50
             WHEN local THEN 12 WHEN other_mail THEN -8 ELSE 0 END
      + CASE WHEN phone THEN 42 WHEN other_phone THEN -22 ELSE 0 END
      + CASE born WHEN 'same' THEN 50 WHEN 'near' THEN 20 WHEN 'other' THEN -60 ELSE 0 END
      + CASE WHEN city THEN 10 WHEN city IS NULL THEN 0 ELSE -10 END
      + CASE WHEN door THEN 18 ELSE 0 END
      + CASE WHEN company THEN 10 ELSE 0 END
      + CASE WHEN named THEN 22 ELSE 0 END
      + CASE WHEN alike >= 2 THEN {_RARE} ELSE 0 END"""
_REASONS = """
      array_remove(ARRAY[
        CASE WHEN mail THEN 'mail' END, CASE WHEN phone THEN 'phone' END,
        CASE alike WHEN 3 THEN 'name' WHEN 2 THEN 'name_alike' END,
        CASE WHEN local AND NOT mail THEN 'mail_name' END, CASE WHEN born = 'same' THEN 'born' END,
        CASE WHEN door THEN 'door' END, CASE WHEN named THEN 'identity' END, CASE WHEN company THEN 'company' END,
        CASE WHEN city THEN 'city' END, CASE WHEN alike >= 2 AND size <= 4 THEN 'rare' END,
        CASE WHEN born = 'other' THEN 'born_differs' END, CASE WHEN NOT city THEN 'city_differs' END], NULL)"""
_EVIDENCE = """
    SELECT c.first, c.second, c.size, search.names_alike(a.words, b.words) AS alike,
           a.mails && b.mails AS mail, a.locals && b.locals AS local,
           a.locals && b.locals AND EXISTS (
               SELECT FROM unnest(a.locals) AS l WHERE l = ANY (b.locals)
                  AND (l ~ '\\d' OR NOT EXISTS (SELECT FROM unnest(a.words || b.words) AS w
                                                WHERE length(w) > 2 AND strpos(l, w) > 0))) AS own_local,
           a.phones && b.phones AS phone,
           a.phones <> '{{}}' AND b.phones <> '{{}}' AND NOT a.phones && b.phones AS other_phone,
           a.mails <> '{{}}' AND b.mails <> '{{}}' AND NOT a.locals && b.locals AS other_mail,
           CASE WHEN a.born = b.born THEN 'same' WHEN a.born IS NULL OR b.born IS NULL THEN ''
                WHEN (to_char(a.born, 'MMDD') = to_char(b.born, 'MMDD')
                      OR to_char(a.born, 'YYYYMMDD') = to_char(b.born, 'YYYYDDMM')
                      OR (date_trunc('month', a.born) = date_trunc('month', b.born))) THEN 'near'
                ELSE 'other' END AS born,
           a.cities && b.cities AS city, a.doors && b.doors AS door,
           coalesce(a.company_id = b.company_id, false) AS company, a.named && b.named AS named
      FROM {candidates} c JOIN duplicate_person a ON a.id = c.first JOIN duplicate_person b ON b.id = c.second"""
_SCORED = f"""
    CREATE TEMP TABLE duplicate_scored ON COMMIT DROP AS
    SELECT first, second, least(score, 100) AS score, reasons FROM (
        SELECT first, second, ({_WEIGHTS}) AS score, {_REASONS} AS reasons
          FROM ({_EVIDENCE.format(candidates="duplicate_candidate")}) AS evidence) AS scored
     WHERE score >= %(least)s"""

# Whoever was judged stays judged; of the others only those that still look alike stay.
_FORGET = f"""
    DELETE FROM {DuplicatePair.table()} pair
     WHERE pair.tenant_id = %(tenant)s AND pair.state = 'open'
       AND NOT EXISTS (SELECT FROM duplicate_scored s WHERE s.first = pair.first_id AND s.second = pair.second_id)"""
_FORGET_ALL = _FORGET
_FORGET_OF = f"{_FORGET} AND (pair.first_id = ANY (%(ids)s::bigint[]) OR pair.second_id = ANY (%(ids)s::bigint[]))"
_KEEP = f"""
    INSERT INTO {DuplicatePair.table()} AS pair (tenant_id, first_id, second_id, score, reasons, state, found_at)
    SELECT %(tenant)s, first, second, score, to_jsonb(reasons), 'open', now() FROM duplicate_scored
     ORDER BY first, second
        ON CONFLICT (tenant_id, first_id, second_id) DO UPDATE
       SET score = excluded.score, reasons = excluded.reasons
     WHERE pair.state = 'open' AND (pair.score, pair.reasons) IS DISTINCT FROM (excluded.score, excluded.reasons)"""
