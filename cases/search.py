"""Finding cases by any word of their number, subject and messages.

The work is done by a function of the database (cases/sql/search.sql), since row security would
cost every text operator its index.
"""

from __future__ import annotations

from django.db import connection

CAP = 500


def case_ids(term: str, *, at_most: int = CAP) -> list[int]:
    """Ids of the cases that hold every word of ``term``, newest first. An empty term finds nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT search.case_ids(%s, %s)", [term, at_most])
        return [row[0] for row in cursor.fetchall()]


def refresh(*case_ids: int) -> None:
    """Makes ``search_text`` anew, in one statement. Due after each message and change of subject."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_case_search(id) FROM unnest(%s::bigint[]) AS id", [list(case_ids)])
