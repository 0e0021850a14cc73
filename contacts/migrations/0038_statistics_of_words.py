"""Filters compare these in capitals. Without statistics of that the planner takes one person in two hundred
to live in any city, and reads a quarter of a million rows to find the fifty that it comes across anyway."""

from typing import ClassVar

from django.db import migrations

COLUMNS = ("city", "job_title", "source")


def _made(column: str) -> migrations.RunSQL:
    name = f"contact_{column}_in_capitals"
    return migrations.RunSQL(
        f"CREATE STATISTICS {name} ON (upper({column})) FROM contacts_contact", f"DROP STATISTICS {name}"
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("contacts", "0037_draft_files")]
    operations: ClassVar = [_made(column) for column in COLUMNS]
