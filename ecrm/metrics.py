"""``/metrics`` in Prometheus' text format: how much waits, how much went wrong, how long requests take.

No personal data and no tenant's name: figures of the whole installation. Answered to this machine
itself and to whoever shows ``ECRM_METRICS_TOKEN``; to everybody else there is nothing here.

Requests are counted in memory and added to a hash in Redis every few seconds, so that the figures
of all processes come together and outlive them.
"""

from __future__ import annotations

import hmac
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from redis import Redis
from redis.exceptions import RedisError

from ecrm.jobs.queues import Queue

PATH = "/metrics"
LOOPBACK = frozenset({"127.0.0.1", "::1"})
HASH = "ecrm:requests"
FLUSH_SECONDS = 5.0
# Upper bounds in milliseconds.
BUCKETS = (10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
log = structlog.get_logger(__name__)

Labels = dict[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """Numbers a room tells. ``read`` answers (labels, number); all rows have the same labels."""

    name: str
    words: str
    read: Callable[[], Iterable[tuple[Labels, float]]]
    is_counter: bool = False


_figures: dict[str, Figure] = {}


def register(figure: Figure) -> None:
    """A room's own figure. ``read`` runs at every scrape and must be cheap; it may use ``dispatch``."""
    _figures[figure.name] = figure


class MetricsMiddleware:
    """Before sessions and tenants, as probes come by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        if not _may_read(request):
            return HttpResponse(status=404)
        _requests.flush()
        registry = CollectorRegistry()
        registry.register(_Collector())
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def observe(route: str | None, method: str | None, status: int, milliseconds: float) -> None:
    """Counts one request. ``route`` is a name from the URL configuration, never a path."""
    _requests.add(route or "none", method or "", status, milliseconds)


class _Requests:
    """What this process has seen and not yet told."""

    def __init__(self) -> None:
        self.counts: dict[str, float] = defaultdict(float)
        self.lock = Lock()
        self.told_at = time.monotonic()

    def add(self, route: str, method: str, status: int, milliseconds: float) -> None:
        key = f"{route} {method} {status // 100}xx"
        with self.lock:
            self.counts[f"{key} {bisect_left(BUCKETS, milliseconds)}"] += 1
            self.counts[f"{key} sum"] += milliseconds / 1000
            is_due = time.monotonic() - self.told_at > FLUSH_SECONDS
        if is_due:
            self.flush()

    def flush(self) -> None:
        with self.lock:
            counts, self.counts = self.counts, defaultdict(float)
            self.told_at = time.monotonic()
        if not counts:
            return
        try:
            with _redis() as redis, redis.pipeline(transaction=False) as pipeline:
                for key, count in counts.items():
                    pipeline.hincrbyfloat(HASH, key, count)
                pipeline.execute()
        except (RedisError, OSError):
            log.warning("metrics_not_kept")


_requests = _Requests()


class _Collector:
    def collect(self) -> Iterator[Metric]:
        for figure in (*_OWN, *_figures.values()):
            try:
                yield _family(figure)
            except (DatabaseError, RedisError, OSError) as error:
                # A part that is away is seen by its figure missing; the others are still told.
                log.warning("metric_unknown", metric=figure.name, error=type(error).__name__)
        try:
            yield _durations()
        except (RedisError, OSError):
            log.warning("metric_unknown", metric="ecrm_request_seconds")


def _family(figure: Figure) -> Metric:
    rows = list(figure.read())
    names = list(rows[0][0]) if rows else []
    kind = CounterMetricFamily if figure.is_counter else GaugeMetricFamily
    family = kind(figure.name, figure.words, labels=names)
    for labels, number in rows:
        family.add_metric(list(labels.values()), number)
    return family


def _durations() -> Metric:
    family = HistogramMetricFamily(
        "ecrm_request_seconds", "Requests by route, method and class of status", labels=["route", "method", "status"]
    )
    with _redis() as redis:
        kept: Any = redis.hgetall(HASH)
    series: dict[str, dict[str, float]] = defaultdict(dict)
    for key, count in kept.items():
        labels, _space, part = key.decode().rpartition(" ")
        series[labels][part] = float(count)
    for labels, parts in sorted(series.items()):
        family.add_metric(labels.split(" "), _buckets(parts), parts.get("sum", 0.0))
    return family


def _buckets(parts: dict[str, float]) -> list[tuple[str, float]]:
    """Cumulative, as the format wants them."""
    found, so_far = [], 0.0
    for place, bound in enumerate((*(bound / 1000 for bound in BUCKETS), float("inf"))):
        so_far += parts.get(str(place), 0.0)
        found.append(("+Inf" if bound == float("inf") else str(bound), so_far))
    return found


def _outbox(column: str) -> Callable[[], list[tuple[Labels, float]]]:
    def read() -> list[tuple[Labels, float]]:
        with connections["dispatch"].cursor() as cursor:
            cursor.execute(f"SELECT queue, {column} FROM jobs_outboxentry GROUP BY queue")
            told = dict(cursor.fetchall())
        return [({"queue": queue.value}, float(told.get(queue.value) or 0)) for queue in Queue]

    return read


def _broker() -> list[tuple[Labels, float]]:
    with _redis() as redis:
        return [({"queue": queue.value}, float(int(redis.llen(queue.value)))) for queue in Queue]


_DUE = "failed_at IS NULL AND due_at <= now()"
_OWN = (
    Figure("ecrm_outbox_due", "Calls that are due and not yet done", _outbox(f"count(*) FILTER (WHERE {_DUE})")),
    Figure(
        "ecrm_outbox_oldest_due_seconds",
        "For how long the oldest due call has waited",
        _outbox(f"extract(epoch FROM now() - min(due_at) FILTER (WHERE {_DUE}))"),
    ),
    Figure("ecrm_outbox_failed", "Calls given up", _outbox("count(*) FILTER (WHERE failed_at IS NOT NULL)")),
    Figure("ecrm_broker_messages", "Hints that wait for a worker", _broker),
)


def _may_read(request: HttpRequest) -> bool:
    """The header of a proxy means that somebody else is behind it."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return request.META.get("REMOTE_ADDR") in LOOPBACK and "X-Forwarded-For" not in request.headers


def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
