"""How this installation is: what runs, what waits, what is behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django
from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from ecrm.celery import app
from ecrm.jobs.queues import Queue
from ecrm.ui.formats import number

# Seconds to wait for workers: a page, not a monitor.
PATIENCE = 0.7
BEHIND_SECONDS = 60
LARGEST = 12

WAITING_SQL = """
    SELECT count(*) FILTER (WHERE failed_at IS NULL AND due_at <= now()),
           count(*) FILTER (WHERE failed_at IS NOT NULL),
           extract(epoch FROM now() - min(due_at) FILTER (WHERE failed_at IS NULL AND due_at <= now()))::bigint
      FROM jobs_outboxentry
"""
# Partitions count for their parent.
TABLES_SQL = """
    SELECT COALESCE(p.inhparent, c.oid)::regclass::text,
           sum(greatest(c.reltuples, 0))::bigint, sum(pg_total_relation_size(c.oid))::bigint
      FROM pg_class c LEFT JOIN pg_inherits p ON p.inhrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
     GROUP BY 1 ORDER BY 3 DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the page. ``is_good`` None says that it could not be asked."""

    label: str
    value: str
    is_good: bool | None = True


@require_safe
def health_page(request: HttpRequest) -> HttpResponse:
    from ecrm.administration.platform_site import platform_site

    context = {
        **platform_site.each_context(request),
        "title": _("Health"),
        "findings": [*_versions(), *_work(), *_broker(), _workers()],
        "tables": _largest_tables(),
    }
    return TemplateResponse(request, "admin/health.html", context)


def _versions() -> list[Finding]:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))")
        server, size = cursor.fetchone()
    missing = _missing_migrations()
    told = ngettext("%(count)d migration is missing", "%(count)d migrations are missing", missing)
    return [
        Finding(_("Django"), django.get_version()),
        Finding(_("PostgreSQL"), f"{server} · {size}"),
        Finding(_("Schema"), told % {"count": missing} if missing else _("Up to date"), not missing),
    ]


def _missing_migrations() -> int:
    executor = MigrationExecutor(connections["default"])
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _work() -> list[Finding]:
    """Read as ``dispatch``, which sees due work of all tenants and nothing else of theirs."""
    try:
        with connections["dispatch"].cursor() as cursor:
            cursor.execute(WAITING_SQL)
            due, failed, oldest = cursor.fetchone()
    except DatabaseError as error:
        return [Finding(_("Work"), type(error).__name__, None)]
    age = ngettext("oldest %(count)s second", "oldest %(count)s seconds", oldest or 0) % {"count": number(oldest or 0)}
    return [
        Finding(_("Due work"), f"{number(due)} · {age}" if due else "0", (oldest or 0) < BEHIND_SECONDS),
        Finding(_("Work given up"), number(failed), not failed),
    ]


def _broker() -> list[Finding]:
    try:
        redis: Any = Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        lengths = {queue.value: int(redis.llen(queue.value)) for queue in Queue}
        redis.close()
    except RedisError as error:
        return [Finding(_("Broker"), type(error).__name__, False)]
    return [
        Finding(_("Broker"), _("Answers")),
        Finding(_("Queues"), " · ".join(f"{k} {v}" for k, v in lengths.items())),
    ]


def _workers() -> Finding:
    try:
        answers = app.control.inspect(timeout=PATIENCE).ping() or {}
    except (OperationalError, OSError) as error:
        return Finding(_("Workers"), type(error).__name__, False)
    told = ngettext("%(count)d answers", "%(count)d answer", len(answers)) % {"count": len(answers)}
    names = ", ".join(sorted(answers))
    return Finding(_("Workers"), f"{told}: {names}" if names else told, bool(answers))


def _largest_tables() -> list[tuple[str, str, str]]:
    """Names, rows as the planner estimates them, and megabytes: asking costs nothing."""
    with connections["default"].cursor() as cursor:
        cursor.execute(TABLES_SQL, [LARGEST])
        return [(name, number(rows), number(size // 2**20)) for name, rows, size in cursor.fetchall()]
