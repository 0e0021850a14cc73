"""Jobs people wait for: counted, cancelled, seen by the one who asked."""

from __future__ import annotations

import pytest

from ecrm.jobs import services
from ecrm.jobs.models import Job
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.factories import JobFactory


@pytest.fixture
def job(alice: Member, acme: Tenant) -> Job:
    with tenant_context(acme):
        return JobFactory(requested_by=alice.user, title="Import people.csv", url="/acme/contacts/")


def test_it_is_shown_while_it_runs(alice: Member, bob: Member, job: Job) -> None:
    assert "Import people.csv" in alice.get("open_jobs").content.decode()
    assert "Import people.csv" not in bob.get("open_jobs").content.decode()
    assert bob.get("job", job.pk).status_code == 404


def test_the_part_that_polls_is_quiet_when_nothing_changed(alice: Member, job: Job) -> None:
    first = alice.get("open_jobs")
    again = alice.client.get(alice.url("open_jobs"), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_cancel_stops_at_the_next_step_and_once(alice: Member, job: Job, acme: Tenant) -> None:
    with tenant_context(acme):
        assert services.begin(job.pk, total=10)
        services.advance(job.pk, done=4)
        assert Job.objects.get(pk=job.pk).percent == 40
    for _click in range(2):
        assert alice.post("cancel_job", job.pk).status_code == 302
    with tenant_context(acme):
        with pytest.raises(services.Cancelled):
            services.advance(job.pk, done=1)
        services.finish(job.pk, state=Job.State.CANCELLED)
        services.finish(job.pk, state=Job.State.DONE)
        assert Job.objects.get(pk=job.pk).state == Job.State.CANCELLED


def test_a_cancelled_job_does_not_begin(alice: Member, job: Job, acme: Tenant) -> None:
    alice.post("cancel_job", job.pk)
    with tenant_context(acme):
        assert not services.begin(job.pk)
