"""How fast visits become history: from the request to the row in PostgreSQL.

wrk plays a shop's visitors against the web server as an installation runs it, while the flusher
writes; the clock stops when the last taken event is committed. Beside it, in the same run and with
the same requests, a bare WSGI function that only puts them on a Redis stream. Then the flusher is
killed again and again: every event that was answered with 204 must be there, once.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from analytics.models import Site
from analytics.tracking import sites
from bench import cpu, population
from bench.report import Report
from bench.sizes import count_of
from contacts.ingest import stream
from contacts.models import Event
from ecrm.bootstrap import ports
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant

DEFAULT_SIZE = "100k"
ROOT = Path(__file__).resolve().parents[1]
ORIGIN = "https://shop.example"
CONNECTIONS = 32
KILLS = 3
PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk sent and had answered: requests taken (204), refused, and broken off."""

    taken: int
    refused: int
    broken: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """One tenant's site, and a folder for logs."""

    tenant: Tenant
    site: Site
    folder: Path


def run(size: str, report: Report) -> None:
    if shutil.which("wrk") is None:
        raise RuntimeError("This benchmark needs wrk (apt-get install wrk): a client in Python would measure itself.")
    seconds = min(60, max(3, count_of(size) // 10_000))
    place = _place(Path(tempfile.mkdtemp(prefix="ecrm-bench-")))
    # What a run that was broken off has left would be counted as ours.
    stream.client().delete(stream.STREAM)
    try:
        for batch in (1, 20):
            limit = _bare(place, batch, seconds)
            _measure(report, place, batch, seconds, limit)
        _kill(report, place, seconds)
    finally:
        shutil.rmtree(place.folder, ignore_errors=True)


def _place(folder: Path) -> Place:
    tenant = population.tenant_of("1k")
    with tenant_context(tenant):
        site = Site.objects.filter(name="Bench").first() or sites.create_site(name="Bench", origins=[ORIGIN], by=None)
    return Place(tenant, site, folder)


def _bare(place: Place, batch: int, seconds: int) -> float:
    """Events per second that merely reach Redis."""
    with _web(place, "bench.peers.bare_collect:application") as (url, _web_pid):
        load = _visits(url, batch, seconds)
    stream.client().delete("bench:bare")
    return load.taken * batch / load.seconds


def _measure(report: Report, place: Place, batch: int, seconds: int, limit: float) -> None:
    with _web(place, "ecrm.wsgi:application") as (url, web), _flusher(place) as flusher:
        spent = cpu.of_tree(web) + cpu.of_tree(flusher.pid) + cpu.of_database()
        before, began = _written(place), time.perf_counter()
        load = _visits(f"{url}/p/e?k={place.site.key}", batch, seconds)
        _wait_until_written()
        took = time.perf_counter() - began
        spent = cpu.of_tree(web) + cpu.of_tree(flusher.pid) + cpu.of_database() - spent
    written = _written(place) - before
    _check(load, batch, written)
    what = "one event a request" if batch == 1 else f"{batch} events a request"
    report.add(f"{what}, until the row is in PostgreSQL", written / took, "events/s", limit=limit)
    report.add(f"{what}, by processor time but wrk's and Redis'", written / spent, "events/s")
    report.say(f"{load.taken:,} requests in {load.seconds:.1f} s, {load.refused} refused; written after {took:.1f} s")


def _kill(report: Report, place: Place, seconds: int) -> None:
    """The flusher dies by SIGKILL while visits come in, and another one goes on."""
    before = _written(place)
    with _web(place, "ecrm.wsgi:application") as (url, _pid):
        wrk = _start_wrk(f"{url}/p/e?k={place.site.key}", 20, seconds)
        for _time in range(KILLS):
            with _flusher(place) as flusher:
                time.sleep(seconds / (KILLS + 1))
                flusher.kill()
        with _flusher(place):
            load = _finish(wrk)
            _wait_until_written()
    written = _written(place) - before
    _check(load, 20, written)
    report.add("taken and not written after kills of the flusher", max(0, load.taken * 20 - written), "events")
    report.add("written twice after kills of the flusher", _doubles(place), "events")


def _check(load: Load, batch: int, written: int) -> None:
    """Answered means written. wrk does not count what it broke off at the end, though it may have been taken."""
    if load.broken:
        raise RuntimeError(f"{load.broken} connections broke.")
    if not load.taken * batch <= written <= (load.taken + CONNECTIONS) * batch:
        raise RuntimeError(f"{load.taken * batch:,} events were taken, {written:,} written.")


def _written(place: Place) -> int:
    with tenant_context(place.tenant):
        return Event.objects.filter(name="page.viewed", source_id=place.site.pk).count()


def _doubles(place: Place) -> int:
    """No two events of ours have the same path."""
    with tenant_context(place.tenant), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) - count(DISTINCT properties->>'path') FROM {Event.table()}"
            " WHERE tenant_id = %s AND name = 'page.viewed' AND source_id = %s",
            [place.tenant.pk, place.site.pk],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _wait_until_written() -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while stream.waiting():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{stream.waiting()} parcels are not written.")
        time.sleep(0.01)


def _visits(url: str, batch: int, seconds: int) -> Load:
    return _finish(_start_wrk(url, batch, seconds))


_runs = iter(range(int(time.time()) % 10_000_000, 2**24))


def _start_wrk(url: str, batch: int, seconds: int) -> subprocess.Popen[str]:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(ROOT / "bench" / "visits.lua"), url]
    environment = {**os.environ, "BENCH_BATCH": str(batch), "BENCH_RUN": str(next(_runs))}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _finish(wrk: subprocess.Popen[str]) -> Load:
    told, _nothing = wrk.communicate(timeout=PATIENCE_SECONDS)
    result = re.search(r"RESULT (\d+) (\d+) (\d+)", told)
    lasted = re.search(r"requests in ([\d.]+)(m?)s", told)
    if result is None or lasted is None:
        raise RuntimeError(f"wrk said: {told}")
    seconds = float(lasted[1]) / (1000 if lasted[2] else 1)
    return Load(int(result[1]), int(result[2]), int(result[3]), seconds)


@contextmanager
def _web(place: Place, application: str) -> Iterator[tuple[str, int]]:
    """granian as the product runs it, without the minute's limit of one place."""
    port = ports.choose()
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws", "--workers", "2"]
    command = [sys.executable, "-m", "granian", *options, "--blocking-threads", "4", application]
    environment = {"ECRM_COLLECT_PER_MINUTE": "0", "ECRM_LOG_LEVEL": "WARNING", "ECRM_REDIS_URL": settings.REDIS_URL}
    with (place.folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


@contextmanager
def _flusher(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    path = place.folder / f"flusher-{next(_runs)}.log"
    with path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "django", "flush_events"], cwd=ROOT, stdout=log, stderr=log
        )
        try:
            _wait_for_words(path)
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for_words(log: Path) -> None:
    """A flusher says so when it begins; its start is not what is measured."""
    deadline = time.monotonic() + 60
    while not log.stat().st_size:
        if time.monotonic() > deadline:
            raise RuntimeError("The flusher does not start.")
        time.sleep(0.02)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not ports.is_free(port):
            time.sleep(1.0)  # the second worker's start
            return
        time.sleep(0.1)
    raise RuntimeError("The web server does not answer.")
