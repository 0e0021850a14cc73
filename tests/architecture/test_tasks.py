"""Every task names its queue and refuses to run without a tenant."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist

from contacts.models import Tag
from ecrm.celery import app
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import RegisteredTask, platform_registry, registry, route, task
from ecrm.tenancy.context import MissingTenant, current_tenant_id
from ecrm.tenancy.models import Tenant

app.loader.import_default_modules()
TENANT_TASKS = sorted(registry.values(), key=lambda registered: registered.name)
every_task = pytest.mark.parametrize("registered", TENANT_TASKS, ids=lambda registered: registered.name)


def test_nothing_runs_outside_the_registries() -> None:
    ours = {*registry, *platform_registry}
    assert {name for name in app.tasks if not name.startswith("celery.")} == ours


def test_every_task_names_its_queue() -> None:
    for registered in [*registry.values(), *platform_registry.values()]:
        assert route(registered.name) == {"queue": Queue(registered.queue)}
        noun, _dot, verb = registered.name.partition(".")
        assert noun
        assert verb


@every_task
def test_it_refuses_to_run_without_a_tenant(registered: RegisteredTask) -> None:
    with pytest.raises(MissingTenant):
        registered.celery_task(**dict.fromkeys(parameters(registered.body), 1))


@every_task
def test_its_arguments_are_ids(registered: RegisteredTask) -> None:
    for name in parameters(registered.body):
        assert name.endswith(("_id", "_ids")), f"{registered.name}({name}=…)"


@every_task
@pytest.mark.django_db
def test_it_does_nothing_for_ids_of_another_tenant(registered: RegisteredTask, acme: Tenant, globex: Tenant) -> None:
    """Called inside Globex with ids of Acme: no error that tells, and nothing of Acme's changes."""
    from ecrm.tenancy.context import tenant_context
    from tests.architecture.test_url_matrix import fingerprint
    from tests.architecture.urls import ARGUMENTS

    names = parameters(registered.body)
    with tenant_context(acme):
        ids: dict[str, Any] = {name: ARGUMENTS[name]() for name in names if name in ARGUMENTS}
    unknown = {name: [0] if name.endswith("_ids") else 0 for name in names if name not in ids}
    before = fingerprint(acme)
    # Any refusal will do, as long as it is one for rows or values that are not there.
    with contextlib.suppress(ObjectDoesNotExist, LookupError, ValueError):
        registered.celery_task(tenant_id=globex.pk, **ids, **unknown)
    assert fingerprint(acme) == before


def test_a_task_runs_for_its_tenant_alone(acme: Tenant) -> None:
    seen: list[int | None] = []

    @task("guard.look", queue=Queue.INTERACTIVE)
    def look() -> None:
        Tag.objects.count()
        seen.append(current_tenant_id())

    try:
        registry["guard.look"].celery_task(tenant_id=acme.pk)
    finally:
        del registry["guard.look"]
        app.tasks.unregister("guard.look")
    assert seen == [acme.pk]
    assert current_tenant_id() is None


def parameters(body: Any) -> list[str]:
    return list(inspect.signature(body).parameters)
