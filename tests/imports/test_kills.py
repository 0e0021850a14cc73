"""A worker killed in the midst of an import: what had landed is there once, the rest comes later."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connections

from contacts.imports import lanes, plan
from contacts.models import Contact, Event, ImportChunk, ImportRow, ImportRun
from ecrm.tenancy.context import bind_tenant, tenant_context
from tests.cast import Member
from tests.imports.files import begin, check, fresh, landed

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, databases=["default", "dispatch", "migrate"])]
ROWS = 3_000
_WORKER = (
    "import sys, django; django.setup();"
    "from contacts.imports import lanes; from ecrm.tenancy.context import bind_tenant;"
    "tenant, run, job = map(int, sys.argv[1:]);"
    "context = bind_tenant(tenant); context.__enter__(); lanes.land(run, job)"
)


@pytest.fixture
def run(alice: Member, monkeypatch: pytest.MonkeyPatch) -> ImportRun:
    """Checked, cut into many stretches, and asked to land."""
    monkeypatch.setattr(plan, "CHUNK_ROWS", 50)
    monkeypatch.setattr(plan, "FIRST_CHUNK_ROWS", 50)
    content = "Email,Name\n" + "".join(f"person{n}@example.com,Person {n}\n" for n in range(ROWS))
    run = check(alice, begin(alice, content))
    assert alice.post("start_import", run.pk).status_code == 302
    return fresh(alice, run)


def test_killed_half_way_every_row_lands_once(alice: Member, run: ImportRun) -> None:
    worker = _start_worker(alice, run)
    try:
        _wait_until_some_landed(alice, worker)
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    with tenant_context(alice.tenant):
        before = Contact.objects.count()
    assert 0 < before < ROWS
    # In several connections at once, as a worker would.
    with bind_tenant(alice.tenant):
        lanes.land(run.pk, run.job_id)
    run = fresh(alice, run)
    assert (run.state, landed(run)) == ("done", {"new": ROWS})
    with tenant_context(alice.tenant):
        assert Contact.objects.count() == ROWS
        assert Event.objects.filter(name="contact.created").count() == ROWS
        assert not ImportRow.objects.exists()


def _start_worker(alice: Member, run: ImportRun) -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    for alias, variable in {"default": "ECRM_DATABASE_URL", "dispatch": "ECRM_DISPATCH_DATABASE_URL"}.items():
        name = connections[alias].settings_dict["NAME"]
        environment[variable] = urlsplit(os.environ[variable])._replace(path=f"/{name}").geturl()
    command = [sys.executable, "-c", _WORKER, str(alice.tenant.pk), str(run.pk), str(run.job_id)]
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(command, cwd=root, env=environment, start_new_session=True)


def _wait_until_some_landed(alice: Member, worker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert worker.poll() is None, "the worker ended before it could be killed"
        with tenant_context(alice.tenant):
            if ImportChunk.objects.exclude(landed_at=None).count() >= 3:
                return
        time.sleep(0.01)
    raise AssertionError("nothing landed")
