from __future__ import annotations

from collections.abc import Iterable

from django.db import connection


def refresh_search(contact_ids: Iterable[int]) -> int:
    """Makes ``sort_key`` and ``search_text`` of these people anew, in one statement; returns how many.

    Due after every change of a name, an address, a phone or a company.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_contact_search(%s::bigint[])", [list(contact_ids)])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
