"""How fast mail becomes cases: from the first MAIL to the last case that can be seen.

Senders speak SMTP to the door as an installation runs it, two workers take in. Beside it, in the
same run and with the same mails, a door that only writes them down (the mail catcher). Then workers
and the door are killed again and again while mail comes in, and the senders do what mail servers
do, try again: every mail that was answered with 250 must be one case, once.
"""

from __future__ import annotations

import os
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db.models import Count
from django.db.models.functions import Now

from bench import population, servers, workers
from bench.report import Report
from bench.sizes import count_of
from cases.models import CaseMessage
from ecrm.bootstrap import ports
from ecrm.jobs import outbox
from ecrm.jobs.models import OutboxEntry
from ecrm.mail.inbound import addresses
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant

DEFAULT_SIZE = "1k"
ROOT = Path(__file__).resolve().parents[1]
SENDERS = 8
PROCESSES = 2
KILLS = 3
PATIENCE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Place:
    tenant: Tenant
    recipient: str
    folder: Path


def run(size: str, report: Report) -> None:
    count = count_of(size)
    folder = Path(tempfile.mkdtemp(prefix="ecrm-bench-"))
    try:
        place = _place(folder)
        limit = _bare(place, count)
        _measure(report, place, count, limit)
        _kill(report, place, count)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place(folder: Path) -> Place:
    tenant = population.tenant_of("1k")
    with tenant_context(tenant):
        addresses.furnish(tenant)
        return Place(tenant, addresses.support_address(), folder)


def _bare(place: Place, count: int) -> float:
    """Mails per second that are merely written down."""
    with servers.catcher(place.folder) as catcher:
        began = time.perf_counter()
        _send(catcher.smtp_port, place.recipient, "bare", count)
        return count / (time.perf_counter() - began)


def _measure(report: Report, place: Place, count: int, limit: float) -> None:
    run_id = uuid.uuid4().hex[:8]
    log = place.folder / "worker.log"
    with _door(place) as (port, _door_process), workers.running({}, processes=PROCESSES, log_path=log, queues="ingest"):
        began = time.perf_counter()
        _send(port, place.recipient, run_id, count)
        accepted = time.perf_counter() - began
        _wait_until_seen(place, run_id, count)
        took = time.perf_counter() - began
    report.add("mails taken by the door", count / accepted, "mails/s", limit=limit)
    report.add("mails until the case can be seen", count / took, "mails/s", limit=limit)


def _kill(report: Report, place: Place, count: int) -> None:
    """SIGKILL to the worker and to the door, in turn; leases end at once, as they would by themselves."""
    run_id = uuid.uuid4().hex[:8]
    port = ports.choose()
    with ThreadPoolExecutor(1) as background, (place.folder / "killed.log").open("wb") as log:
        sending = background.submit(_send, port, place.recipient, run_id, count, True)
        for turn in range(KILLS):
            with _door(place, port) as (_port, door):
                worker = workers.start({}, name=f"killed{turn}", log=log, queues="ingest", processes=PROCESSES)
                _wait_until_seen(place, run_id, (turn + 1) * count // (KILLS + 2))
                workers.kill(worker)
                door.kill()
            _end_leases(place)
        last = place.folder / "last.log"
        with _door(place, port), workers.running({}, processes=PROCESSES, log_path=last, queues="ingest"):
            sending.result()
            _wait_until_seen(place, run_id, count)
    report.add("acknowledged and no case after kills", max(0, count - _seen(place, run_id)), "mails")
    report.add("in two cases after kills", _doubles(place, run_id), "mails")


def _send(port: int, recipient: str, run_id: str, count: int, keeps_trying: bool = False) -> None:
    """Each sender keeps its connection; with ``keeps_trying`` a mail without its 250 is sent again."""
    with ThreadPoolExecutor(SENDERS) as senders:
        shares = [range(number, count, SENDERS) for number in range(SENDERS)]
        list(senders.map(lambda share: _send_share(port, recipient, run_id, share, keeps_trying), shares))


def _send_share(port: int, recipient: str, run_id: str, share: range, keeps_trying: bool) -> None:
    client: smtplib.SMTP | None = None
    for number in share:
        while True:
            try:
                client = client or smtplib.SMTP("127.0.0.1", port, timeout=30)
                client.sendmail(f"p{number}@example.com", [recipient], _mail(run_id, number, recipient))
                break
            except (OSError, smtplib.SMTPException):
                client = None
                if not keeps_trying:
                    raise
                time.sleep(0.2)
    if client is not None:
        client.quit()


def _mail(run_id: str, number: int, recipient: str) -> bytes:
    head = (
        f"From: Person {number} <p{number}-{run_id}@example.com>\r\nTo: {recipient}\r\nSubject: Question {number}\r\n"
        f"Date: Mon, 05 Jun 2026 10:12:00 +0000\r\nMessage-ID: <{run_id}.{number}@example.com>\r\n\r\n"
    )
    words = f"Hello,\r\n\r\nwhere is my order {number}? It should have come last week.\r\n\r\nThank you\r\n"
    return (head + words).encode()


@contextmanager
def _door(place: Place, port: int = 0) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = port or ports.choose()
    environment = {**os.environ, "ECRM_SMTP_DOOR": f"127.0.0.1:{port}"}
    with (place.folder / "door.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "smtp_door"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            _wait_for(lambda: not ports.is_free(port), "The door does not open.")
            yield port, process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _wait_until_seen(place: Place, run_id: str, count: int) -> None:
    def is_seen() -> bool:
        outbox.poll()  # beat's part
        return _seen(place, run_id) >= count

    _wait_for(is_seen, f"Not all of {count} mails became cases.")


def _wait_for(is_so: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(complaint)
        time.sleep(0.25)


def _end_leases(place: Place) -> None:
    with tenant_context(place.tenant):
        OutboxEntry.objects.filter(leased_until__isnull=False).update(leased_until=Now() - timedelta(seconds=1))


def _seen(place: Place, run_id: str) -> int:
    with tenant_context(place.tenant):
        return CaseMessage.objects.filter(message_id__startswith=f"{run_id}.").values("message_id").distinct().count()


def _doubles(place: Place, run_id: str) -> int:
    with tenant_context(place.tenant):
        found = CaseMessage.objects.filter(message_id__startswith=f"{run_id}.").values("message_id")
        return found.annotate(times=Count("pk")).filter(times__gt=1).count()
