"""A committed page never loses its work: with Redis away, with dead workers, with failing tasks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from contacts.models import Tag
from ecrm.jobs import alive, outbox
from ecrm.jobs.models import OutboxEntry
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import registry, task
from ecrm.tenancy.context import bind_tenant, tenant_context, tenant_transaction
from ecrm.tenancy.models import Tenant

calls: list[int] = []


@pytest.fixture(autouse=True)
def _a_task() -> Iterator[None]:
    @task("guard.note", queue=Queue.INTERACTIVE)
    def note(tag_id: int) -> None:
        calls.append(tag_id)
        if tag_id < 0:
            raise ValueError("negative")
        Tag.objects.create(name=str(tag_id), name_norm=str(tag_id))

    calls.clear()
    yield
    registered = registry.pop("guard.note")
    registered.celery_task.app.tasks.unregister("guard.note")


def entries(tenant: Tenant) -> list[OutboxEntry]:
    with tenant_context(tenant):
        return list(OutboxEntry.objects.order_by("id"))


def enqueue(tenant: Tenant, tag_id: int, **kwargs: Any) -> int:
    with tenant_context(tenant):
        return outbox.enqueue("guard.note", tag_id=tag_id, **kwargs).pk


def test_work_is_done_once_and_its_row_goes(acme: Tenant) -> None:
    entry_id = enqueue(acme, 1)
    with bind_tenant(acme):
        assert outbox.work_entry(entry_id)
        assert not outbox.work_entry(entry_id)
    assert calls == [1]
    assert entries(acme) == []


def test_a_rollback_takes_the_work_back(acme: Tenant) -> None:
    with tenant_context(acme), transaction.atomic():
        outbox.enqueue("guard.note", tag_id=1)
        transaction.set_rollback(True)
    assert entries(acme) == []


@pytest.mark.django_db(transaction=True, databases=["default", "dispatch", "migrate"])
def test_without_redis_the_page_commits_and_the_poller_finds_the_row(
    acme: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    celery_task = registry["guard.note"].celery_task

    def unreachable(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(type(celery_task._get_current_object()), "apply_async", unreachable)
        entry_id = enqueue(acme, 1)
    with tenant_context(acme):
        OutboxEntry.objects.filter(pk=entry_id).update(due_at=timezone.now() - timedelta(seconds=10))
    hinted: list[tuple[str, int, int]] = []
    monkeypatch.setattr(outbox, "hint", lambda *args: hinted.append(args) or True)
    assert outbox.poll() == 1
    assert hinted == [("guard.note", acme.pk, entry_id)]


def test_a_lease_keeps_others_away_until_it_ends(acme: Tenant) -> None:
    entry_id = enqueue(acme, 1)
    with bind_tenant(acme):
        assert outbox._claim(entry_id)
        assert not outbox.work_entry(entry_id)
        with tenant_transaction():
            OutboxEntry.objects.filter(pk=entry_id).update(leased_until=timezone.now() - timedelta(seconds=1))
        assert outbox.work_entry(entry_id)


def test_a_failing_task_comes_back_later_and_leaves_nothing_half_done(acme: Tenant) -> None:
    entry_id = enqueue(acme, -1)
    with bind_tenant(acme), pytest.raises(ValueError, match="negative"):
        outbox.work_entry(entry_id)
    [entry] = entries(acme)
    assert (entry.attempts, entry.error, entry.leased_until) == (1, "ValueError", None)
    assert entry.due_at > timezone.now()


def test_it_gives_up_in_the_open(acme: Tenant) -> None:
    entry_id = enqueue(acme, -1)
    for _attempt in range(outbox.MAX_ATTEMPTS):
        with tenant_context(acme):
            OutboxEntry.objects.filter(pk=entry_id).update(due_at=timezone.now() - timedelta(seconds=1))
        with bind_tenant(acme), pytest.raises(ValueError, match="negative"):
            outbox.work_entry(entry_id)
    [entry] = entries(acme)
    assert entry.failed_at is not None
    with bind_tenant(acme):
        assert not outbox.work_entry(entry_id)


def test_later_means_later(acme: Tenant) -> None:
    entry_id = enqueue(acme, 1, due_at=timezone.now() + timedelta(hours=1))
    with bind_tenant(acme):
        assert not outbox.work_entry(entry_id)


def test_another_tenants_entry_is_not_there(acme: Tenant, globex: Tenant) -> None:
    entry_id = enqueue(acme, 1)
    with bind_tenant(globex):
        assert not outbox.work_entry(entry_id)
    assert calls == []


def test_rows_are_made_for_the_right_tenant(acme: Tenant, globex: Tenant) -> None:
    enqueue(acme, 1)
    with bind_tenant(acme):
        assert outbox.drain() == 1
    with tenant_context(globex):
        assert not Tag.objects.exists()


@pytest.fixture
def long_work() -> Iterator[list[bool]]:
    """A task that ends when its lease has been renewed, and answers whether it was."""
    seen: list[bool] = []

    @task("guard.endure", queue=Queue.IMPORT, atomic=False)
    def endure() -> None:
        first = _leased_until()
        give_up = time.monotonic() + 20
        while _leased_until() == first and time.monotonic() < give_up:
            threading.Event().wait(0.02)
        seen.append(_leased_until() > first)

    yield seen
    registry.pop("guard.endure").celery_task.app.tasks.unregister("guard.endure")


def _leased_until() -> datetime:
    with tenant_transaction():
        return OutboxEntry.objects.values_list("leased_until", flat=True).get()


@pytest.mark.django_db(transaction=True, databases=["default", "dispatch", "migrate"])
def test_long_work_keeps_its_lease_while_its_worker_lives(
    acme: Tenant, long_work: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the lease can be short, and who waits for work of a dead worker waits for seconds."""
    monkeypatch.setattr(alive, "BEAT_SECONDS", 0.05)
    with tenant_context(acme):
        entry_id = outbox.enqueue("guard.endure").pk
    with bind_tenant(acme):
        assert outbox.work_entry(entry_id)
    assert long_work == [True]
    assert entries(acme) == []


def test_work_a_person_waits_for_is_taken_over_soon(acme: Tenant) -> None:
    with tenant_context(acme):
        entry_id = outbox.enqueue("imports.check", run_id=0, job_id=0).pk
    with bind_tenant(acme):
        assert outbox._claim(entry_id)
        assert _leased_until() < timezone.now() + timedelta(minutes=1)
