"""A worker killed again and again while a move comes in: nobody twice, nothing half."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connections

from consent.models import Move, Suppression
from contacts.models import Company, Contact
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.test_undo import state
from tests.moving.exports import choose, sample, undo, upload, work

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, databases=["default", "dispatch", "migrate"])]
# One process after the other, each ended as by a power cut at one of its commits, before it or just after,
# and each coming one commit further than the one before it. Forked, since starting Django takes seconds;
# nothing is open yet when they part.
_WORKERS = """
import itertools, os, signal, sys, django
django.setup()
from django.db.backends.base.base import BaseDatabaseWrapper
from consent.moving import bringing
from ecrm.tenancy.context import bind_tenant
tenant, move, job, is_after = map(int, sys.argv[1:])
bringing.COMPANIES = bringing.BLOCKS = 1
real, done = BaseDatabaseWrapper.commit, [0]

def bring(last):
    def commit(self):
        done[0] += 1
        if done[0] == last and is_after:
            real(self)
        if done[0] == last:
            os.kill(os.getpid(), signal.SIGKILL)
        real(self)
    BaseDatabaseWrapper.commit = commit
    with bind_tenant(tenant):
        bringing.bring(move, job)

for last in itertools.count(1):
    child = os.fork()
    if not child:
        bring(last)
        sys.exit()
    _child, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
    if not os.WIFSIGNALED(status) or last == 40:
        break
"""


@pytest.mark.parametrize("is_after", [False, True])
def test_every_stage_can_be_killed(alice: Member, is_after: bool) -> None:
    files = {**sample("hubspot"), "hard bounces.csv": "Email\ngone@example.com\nlost@example.com\n"}
    before = state(alice)
    move = choose(alice, upload(alice, "hubspot", files))
    assert move.run is not None
    assert (move.planned["companies"], move.planned["blocked"] >= 2) == (2, True)
    assert alice.post("start_move", move.pk).status_code == 302
    with tenant_context(alice.tenant):
        move = Move.objects.get(pk=move.pk)
    *killed, last = _bring(alice, move, is_after=is_after)
    assert set(killed) == {-signal.SIGKILL}
    assert len(killed) >= 5
    assert last == 0
    move = work(alice, move)
    assert move.run is not None
    assert (move.run.state, move.job.state if move.job else "") == ("done", "done")
    assert {part: move.applied[part] for part in ("companies", "blocked")} == {
        part: move.planned[part] for part in ("companies", "blocked")
    }
    for verdict in ("new", "words"):
        assert move.run.applied_counts.get(verdict) == move.run.counts.get(verdict)
    with tenant_context(alice.tenant):
        assert Company.objects.count() == len(set(Company.objects.values_list("name_norm", flat=True))) == 2
        assert Suppression.objects.count() == move.planned["blocked"]
        assert Contact.objects.count() == move.run.counts["new"]
    undo(alice, move)
    assert state(alice) == before


def _bring(alice: Member, move: Move, *, is_after: bool) -> list[int]:
    """How each worker ended."""
    environment = dict(os.environ)
    for alias, variable in {"default": "ECRM_DATABASE_URL", "dispatch": "ECRM_DISPATCH_DATABASE_URL"}.items():
        name = connections[alias].settings_dict["NAME"]
        environment[variable] = urlsplit(os.environ[variable])._replace(path=f"/{name}").geturl()
    given = (alice.tenant.pk, move.pk, move.job_id, int(is_after))
    command = [sys.executable, "-c", _WORKERS, *map(str, given)]
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return [int(line) for line in told.stdout.split()]
