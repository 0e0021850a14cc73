"""Months of the history. An event finds its place without them; with them it is found fast."""

from __future__ import annotations

from datetime import date

from django.db import connection


def ensure(first: date, last: date) -> int:
    """Makes the partitions for the months from ``first`` to ``last``; answers how many are new.

    For work that writes many old events: call it beforehand, in a transaction of its own, since
    it locks the history for a moment. Without it those events lie in the default partition until
    ``tend`` moves them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_partitions(%s, %s)", [first, last])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def tend() -> int:
    """The months to come, and months the default partition has grown crowded with. Needs no tenant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tend_partitions()")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
