"""A suspended workspace: its members read why, nothing leaves it, and people's rights go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from consent import public
from contacts import services
from ecrm.administration import visits
from ecrm.administration.models import PlatformEntry
from ecrm.audit.models import AuditEntry
from ecrm.jobs import outbox, tasks
from ecrm.jobs.models import OutboxEntry
from ecrm.jobs.tasks import registry
from ecrm.tenancy.closed import closed
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories
from tests.api.conftest import make_program
from tests.cast import Member

WHY = "Complaints about bought addresses"


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    closed.forget()
    yield
    closed.forget()


def act(rita: Member, tenant: Tenant, verb: str, reason: str = WHY) -> int:
    status = rita.client.post(f"/admin/tenancy/tenant/{tenant.pk}/{verb}/", {"reason": reason}).status_code
    closed.forget()  # as five seconds would
    return status


def test_members_read_why_and_see_nothing_else(rita: Member, alice: Member, bob: Member, charlie: Member) -> None:
    assert act(rita, alice.tenant, "suspend", "") == 422
    assert bob.get("contact_list").status_code == 200
    assert act(rita, alice.tenant, "suspend") == 302
    for member in (alice, bob):
        answer = member.get("contact_list")
        assert answer.status_code == 403
        assert WHY in answer.content.decode()
    assert charlie.get("contact_list").status_code == 200
    assert charlie.client.get("/acme/").status_code == 404


def test_an_owner_may_still_take_the_data_out(rita: Member, alice: Member, bob: Member, acme: Tenant) -> None:
    act(rita, acme, "suspend")
    assert alice.get("close_workspace").status_code in (200, 302)
    assert bob.get("close_workspace").status_code == 403
    assert not tasks.waits("tenant.export", acme.pk)


def test_it_goes_on_where_it_stood(rita: Member, alice: Member, acme: Tenant) -> None:
    for _click in range(2):
        assert act(rita, acme, "suspend") == 302
    for _click in range(2):
        assert act(rita, acme, "resume", "Settled") == 302
    assert alice.get("contact_list").status_code == 200
    told = PlatformEntry.objects.filter(action__in=["tenant.suspended", "tenant.resumed"]).order_by("pk")
    assert [(entry.action, entry.reason, entry.concerned_id) for entry in told] == [
        ("tenant.suspended", WHY, acme.pk),
        ("tenant.resumed", "Settled", acme.pk),
    ]
    with tenant_context(acme):
        assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"tenant.suspended", "tenant.resumed"}


def test_who_is_no_staff_cannot(alice: Member, acme: Tenant) -> None:
    assert act(alice, acme, "suspend") == 404
    acme.refresh_from_db()
    assert not acme.is_suspended


def test_staff_may_look_during_a_visit(rita: Member, acme: Tenant) -> None:
    act(rita, acme, "suspend")
    assert rita.get("contact_list").status_code == 404
    with transaction.atomic():
        visits.enter(tenant=acme, by=rita.user, reason="Look", length=timedelta(minutes=15))
    assert rita.get("contact_list").status_code == 200


def test_tokens_are_told(rita: Member, alice: Member, charlie: Member) -> None:
    program, other = make_program(alice), make_program(charlie)
    act(rita, alice.tenant, "suspend")
    for answer in (program.get("/contacts"), program.post("/events", {"name": "order.placed"})):
        assert answer.status_code == 403
        assert answer["Content-Type"] == "application/problem+json"
        assert "suspended" in answer.json()["detail"]
    assert other.get("/contacts").status_code == 200
    act(rita, alice.tenant, "resume")
    assert program.get("/contacts").status_code == 200


def test_work_that_sends_waits_and_is_not_lost(rita: Member, acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        job = factories.JobFactory()
        entry = outbox.enqueue("audit.export", job_id=job.pk)
    act(rita, acme, "suspend")
    registry["audit.export"].celery_task(tenant_id=acme.pk, entry_id=entry.pk)
    with tenant_context(acme):
        assert OutboxEntry.objects.get(pk=entry.pk).attempts == 0
    act(rita, acme, "resume")
    registry["audit.export"].celery_task(tenant_id=acme.pk, entry_id=entry.pk)
    with tenant_context(acme):
        assert not OutboxEntry.objects.filter(pk=entry.pk).exists()


def test_what_comes_in_is_still_taken(rita: Member, acme: Tenant, globex: Tenant) -> None:
    act(rita, acme, "suspend")
    waiting = {name for name in registry if tasks.waits(name, acme.pk)}
    assert {"campaigns.start", "campaigns.work", "campaigns.materialise", "cases.send", "imports.land"} <= waiting
    assert not waiting & {"mail.take_in", "webhooks.work", "campaigns.judge_hits", "segments.recalculate"}
    assert not any(tasks.waits(name, globex.pk) for name in registry)


def test_peoples_own_pages_go_on(rita: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        dora = services.create_contact(by=None, name="Dora", emails=["dora@example.com"])
        page = public.preferences_path(dora.pk)
    act(rita, acme, "suspend")
    answer = Client().get(page)
    assert answer.status_code == 200
    assert WHY not in answer.content.decode()


def test_a_suspension_says_why(acme: Tenant) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Tenant.objects.filter(pk=acme.pk).update(suspended_for="nothing")


def test_the_platform_sees_how_many_people_there_are(rita: Member, acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        for _number in range(3):
            factories.ContactFactory()
    page = rita.client.get("/admin/tenancy/tenant/")
    assert {tenant.slug: tenant.people_told for tenant in page.context["cl"].result_list} == {
        "acme": "3",
        "globex": "0",
    }
    assert "3" in rita.client.get(f"/admin/tenancy/tenant/{acme.pk}/change/").content.decode()
