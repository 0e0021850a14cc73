"""The list of jobs, starting one anew, and the work that got stuck."""

from __future__ import annotations

import pytest

from ecrm.audit.models import AuditEntry
from ecrm.files import services as files
from ecrm.jobs import outbox, services
from ecrm.jobs.models import Job, OutboxEntry
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import RegisteredTask, registry
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.factories import JobFactory


class Machine:
    """A task that fails as long as it is broken."""

    def __init__(self) -> None:
        self.is_broken = True
        self.ran: list[int] = []

    def run(self, job_id: int) -> None:
        self.ran.append(job_id)
        if self.is_broken:
            raise ConnectionRefusedError("10.0.0.7 does not answer")
        services.begin(job_id)
        services.finish(job_id)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The task is put into the registry only: Celery would keep its name for ever."""
    machine = Machine()
    registered = RegisteredTask("test.machine", Queue.INTERACTIVE, machine.run, False, celery_task=Unheard())
    monkeypatch.setitem(registry, "test.machine", registered)
    return machine


class Unheard:
    """A broker that loses every hint; the tests work the entries themselves."""

    def apply_async(self, **options: object) -> None:
        pass


def start(acme: Tenant, member: Member, *, can_retry: bool = True) -> Job:
    with tenant_context(acme):
        return services.start_job(
            task="test.machine", kind="test", title="Count stars", by=member.user, can_retry=can_retry
        )


def fail_for_good(acme: Tenant, job: Job) -> OutboxEntry:
    """As the worker does it at the last attempt."""
    with tenant_context(acme):
        entry = OutboxEntry.objects.get(arguments__job_id=job.pk)
        OutboxEntry.objects.filter(pk=entry.pk).update(attempts=outbox.MAX_ATTEMPTS - 1)
    with bind_tenant(acme), pytest.raises(ConnectionRefusedError):
        outbox.work_entry(entry.pk)
    return entry


def test_the_list_shows_ones_own_and_to_admins_everybodys(alice: Member, bob: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        JobFactory(requested_by=bob.user, title="Import of Bob")
    assert "Import of Bob" in bob.get("jobs").content.decode()
    assert "Import of Bob" not in alice.get("jobs").content.decode()
    assert "Import of Bob" in alice.get("jobs", query={"whose": "all"}).content.decode()


def test_asking_for_everybodys_without_the_right_shows_ones_own(alice: Member, bob: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        job = JobFactory(requested_by=alice.user, title="Import of Alice")
    assert "Import of Alice" not in bob.get("jobs", query={"whose": "all"}).content.decode()
    assert bob.get("job", job.pk).status_code == 404
    assert bob.post("retry_job", job.pk).status_code == 404


def test_the_list_is_quiet_when_nothing_changed(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        job = JobFactory(requested_by=alice.user)
    headers = {"HX-Request": "true"}
    first = alice.client.get(alice.url("jobs"), headers=headers)
    headers["If-None-Match"] = first["ETag"]
    assert alice.client.get(alice.url("jobs"), headers=headers).status_code == 304
    with tenant_context(acme):
        services.begin(job.pk, total=10)
    assert alice.client.get(alice.url("jobs"), headers=headers).status_code == 200


def test_given_up_work_ends_its_job_with_a_sentence(alice: Member, acme: Tenant, machine: Machine) -> None:
    job = start(acme, alice)
    fail_for_good(acme, job)
    page = alice.get("job", job.pk).content.decode()
    assert "could not be reached" in page
    assert "10.0.0.7" not in page
    with tenant_context(acme):
        assert Job.objects.get(pk=job.pk).state == Job.State.FAILED


def test_stuck_work_goes_on_when_tried_again(alice: Member, acme: Tenant, machine: Machine) -> None:
    job = start(acme, alice)
    entry = fail_for_good(acme, job)
    assert "Try again" in alice.get("stuck_work").content.decode()
    machine.is_broken = False
    for _click in range(2):
        assert alice.post("try_again", form={"entry": entry.pk}).status_code == 302
    with bind_tenant(acme):
        outbox.drain()
    with tenant_context(acme):
        assert Job.objects.get(pk=job.pk).state == Job.State.DONE
        assert AuditEntry.objects.filter(action="work.retried", count=1).count() == 1
        assert not OutboxEntry.objects.filter(pk=entry.pk).exists()


def test_a_failed_job_starts_anew_once(alice: Member, acme: Tenant, machine: Machine) -> None:
    job = start(acme, alice)
    fail_for_good(acme, job)
    machine.is_broken = False
    for _click in range(2):
        alice.post("retry_job", job.pk)
    with tenant_context(acme):
        assert Job.objects.filter(title="Count stars").count() == 2


def test_a_job_that_says_nothing_of_it_is_not_started_anew(alice: Member, acme: Tenant, machine: Machine) -> None:
    job = start(acme, alice, can_retry=False)
    fail_for_good(acme, job)
    assert "Start again" not in alice.get("job", job.pk).content.decode()
    alice.post("retry_job", job.pk)
    with tenant_context(acme):
        assert Job.objects.count() == 1


def test_the_file_is_offered_to_those_who_may_have_it(mara: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        stored = {"name": "a.csv", "content_type": "text/csv", "by": None}
        open_file = files.store([b"a"], capability="contacts.import", **stored)
        closed_file = files.store([b"a"], capability="audit.view", **stored)
        done = {"requested_by": mara.user, "state": "done"}
        shown, hidden = JobFactory(file=open_file, **done), JobFactory(file=closed_file, **done)
    assert f"/files/{open_file.pk}/" in mara.get("job", shown.pk).content.decode()
    assert f"/files/{closed_file.pk}/" not in mara.get("job", hidden.pk).content.decode()


def test_stuck_work_is_for_those_who_change_settings(bob: Member) -> None:
    assert bob.get("stuck_work").status_code == 403
    assert bob.post("try_again").status_code == 403
