"""PostgreSQL: its version and clock, the roles, the schema, the months of the history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from ecrm.doctor.findings import Finding, bad, good, warn
from ecrm.tenancy.checks import role_problems

OLDEST = 18
SKEW_WARNS, SKEW_HURTS = timedelta(seconds=2), timedelta(seconds=30)
LATE_SECONDS = 120
NEXT_MONTH_SQL = """
    SELECT EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                    WHERE i.inhparent = 'contacts_event'::regclass
                      AND strpos(pg_get_expr(c.relpartbound, c.oid),
                                 'FROM (''' || to_char(now() + interval '1 month', 'YYYY-MM') || '-01') > 0)
"""


def check() -> Iterator[Finding]:
    try:
        version = _one("SELECT current_setting('server_version_num')::int / 10000")
    except DatabaseError as error:
        yield bad(
            f"The database does not answer: {_first_line(error)}", "Look at ECRM_DATABASE_URL and PostgreSQL's log."
        )
        return
    yield (
        good(f"PostgreSQL {version} answers.")
        if version >= OLDEST
        else bad(f"PostgreSQL {version} is too old.", f"eCRM needs {OLDEST} or newer.")
    )
    yield _clock()
    yield from _roles()
    yield from _schema()
    yield _months()
    yield from _due_work()


def _clock() -> Finding:
    theirs: datetime = _one("SELECT clock_timestamp()")
    skew = abs(datetime.now(UTC) - theirs)
    words = f"The clocks of this machine and the database differ by {skew.total_seconds():.1f} s."
    if skew > SKEW_HURTS:
        return bad(words, "Leases and schedules go by the clock: set both with NTP.")
    return warn(words, "Set both with NTP.") if skew > SKEW_WARNS else good("The clocks agree.")


def _roles() -> Iterator[Finding]:
    problems = role_problems()
    for sentence in problems:
        yield bad(sentence, "It could see past the walls between tenants. See docs/production.md, Roles.")
    if not problems:
        yield good("The app's role cannot see past the walls.")
    app, dispatch = (settings.DATABASES[alias]["USER"] for alias in ("default", "dispatch"))
    if app == dispatch:
        yield warn("Workers have no role of their own to find due work.", "Set ECRM_DISPATCH_DATABASE_URL.")


def _schema() -> Iterator[Finding]:
    executor = MigrationExecutor(connections["default"])
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        names = ", ".join(str(migration) for migration, _backwards in missing[:3])
        yield bad(
            f"{len(missing)} migrations are missing ({names}).", "Run: python3 manage.py migrate --database migrate"
        )
    else:
        yield good("The schema is up to date.")


def _months() -> Finding:
    if _one(NEXT_MONTH_SQL):
        return good("The history has a place for next month.")
    return warn("The history has no partition for next month.", "Beat makes it hourly: is it running?")


def _due_work() -> Iterator[Finding]:
    try:
        with connections["dispatch"].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE failed_at IS NULL AND due_at < now()),"
                " COALESCE(extract(epoch FROM now() - min(due_at) FILTER (WHERE failed_at IS NULL))::bigint, 0),"
                " count(*) FILTER (WHERE failed_at IS NOT NULL) FROM jobs_outboxentry"
            )
            due, oldest, failed = cursor.fetchone()
    except DatabaseError as error:
        yield bad(f"The dispatch role cannot read what is due: {_first_line(error)}")
        return
    if due and oldest > LATE_SECONDS:
        yield bad(f"{due} calls are due, the oldest for {oldest} s.", "Are the workers and beat running?")
    else:
        yield good(f"{due} calls are due, none late.")
    if failed:
        yield warn(f"{failed} calls were given up after many attempts.", "See Settings, Jobs in each workspace.")


def _one(sql: str) -> Any:
    with connections["default"].cursor() as cursor:
        cursor.execute(sql)
        row: tuple[Any, ...] = cursor.fetchone()
    return row[0]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
