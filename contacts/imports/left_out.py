"""What a file names and an import does not make: companies and tags that are to be known, colleagues who are none.

Counted from ``import_plan``, beforehand and for good alike. In a run's words by ``company``, ``tags``
and ``owner`` behind ``PREFIX``: name to rows, the commonest names only; ``""`` counts the rows of all others.
"""

from __future__ import annotations

from collections import Counter

from django.db import connection

from contacts.imports import plan
from contacts.imports.wishes import SKIP, Wishes
from contacts.models import Tag
from ecrm.tenancy.context import require_tenant_id

PREFIX = "out."
MOST_NAMES = 100


def found(wishes: Wishes) -> dict[str, Counter[str]]:
    """Of the chunk that was planned. A query for each kind that this file can leave out."""
    counted = {}
    if not wishes.makes_companies and wishes.has("company"):
        counted["company"] = _counted("given_company", "misses_company")
    if not wishes.makes_tags and wishes.has("tags"):
        counted["tags"] = _tags(wishes)
    if wishes.has("owner"):
        counted["owner"] = _counted("given_owner", "misses_owner")
    return {f"{PREFIX}{key}": names for key, names in counted.items() if names}


def bounded(counted: Counter[str]) -> Counter[str]:
    """The commonest names; the rows of the others together."""
    named = Counter({name: rows for name, rows in counted.items() if name})
    kept = Counter(dict(named.most_common(MOST_NAMES)))
    others = counted.total() - kept.total()
    return kept + Counter({"": others})


def _counted(name: str, condition: str) -> Counter[str]:
    return _ask(f"SELECT {name}, count(*) FROM import_plan WHERE {condition} AND NOT is_twin GROUP BY 1")


def _tags(wishes: Wishes) -> Counter[str]:
    landing = "is_new AND NOT is_twin" if wishes.policy("tags") == SKIP else "NOT is_twin"
    return _ask(
        "SELECT tag, rows FROM (SELECT tag, count(*) AS rows FROM import_plan,"
        f"  jsonb_array_elements_text(given_tags) AS tag WHERE {landing} GROUP BY tag) AS written"
        f" WHERE NOT EXISTS (SELECT FROM {Tag.table()} known WHERE known.tenant_id = %(tenant)s"
        f"  AND known.name_norm = {plan.TAG_NORM.format('written.tag')})",
    )


def _ask(sql: str) -> Counter[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"tenant": require_tenant_id()})
        return bounded(Counter(dict(cursor.fetchall())))
