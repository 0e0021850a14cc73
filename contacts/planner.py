"""What the database's planner is told of rows that have just arrived."""

from __future__ import annotations

from django.db import connection


def tell(run_id: int = 0) -> None:
    """Makes it know this tenant, and this import's rows (contacts/sql/statistics.sql). Cheap when it does.

    Else what is read of many new people next would go through all of them for each.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_import_statistics(%s)", [run_id])
