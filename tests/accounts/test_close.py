"""Closing a workspace: locked at once, taken back within the hold, erased to the last row after it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from campaigns.models import Campaign
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.jobs import outbox
from ecrm.jobs.models import Job, OutboxEntry
from ecrm.jobs.tasks import registry
from ecrm.tenancy import erasure
from ecrm.tenancy.closed import closed
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import ErasedTenant, Route, Tenant
from ecrm.tenancy.scoping import TenantModel
from tests import factories
from tests.accounts.test_ownership import confirmed
from tests.architecture.test_page_costs import content as read_to_the_end
from tests.cast import Member


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    closed.forget()
    yield
    closed.forget()


def close(alice: Member) -> None:
    confirmed(alice)
    assert alice.post("close_workspace", form={"slug": "acme"}).status_code == 302


def end_hold(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(erase_after=timezone.now() - timedelta(days=1))


def rows_of(tenant: Tenant) -> dict[str, int]:
    models = [model for model in apps.get_models() if issubclass(model, TenantModel)]
    with tenant_context(tenant):
        counts = {model._meta.label: model.objects.count() for model in models}
    return {label: count for label, count in counts.items() if count}


def test_the_address_has_to_be_typed(alice: Member, acme: Tenant) -> None:
    confirmed(alice)
    assert alice.post("close_workspace", form={"slug": "globex"}).status_code == 422
    acme.refresh_from_db()
    assert not acme.is_closed


def test_it_asks_for_the_password_first(alice: Member) -> None:
    assert alice.post("close_workspace", form={"slug": "acme"}).url.startswith("/accounts/reauthenticate/")


def test_a_closed_workspace_is_locked_for_everybody(alice: Member, bob: Member) -> None:
    close(alice)
    for member in (alice, bob):
        answer = member.get("contact_list")
        assert answer.status_code == 403
        assert "closed" in answer.content.decode()
        assert member.post("leave_workspace").status_code == 403
    assert alice.get("close_workspace").status_code == 200
    assert bob.get("close_workspace").status_code == 403
    assert alice.client.get("/?choose=1").status_code == 200


def test_an_owner_opens_it_again(alice: Member, bob: Member, acme: Tenant) -> None:
    close(alice)
    assert bob.post("restore_workspace").status_code == 403
    for _click in range(2):
        assert alice.post("restore_workspace").status_code == 302
    assert bob.get("contact_list").status_code == 200


def test_no_work_is_done_in_it_and_none_is_lost(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        entry = outbox.enqueue("audit.export", job_id=factories.JobFactory().pk)
    close(alice)
    registry["audit.export"].celery_task(tenant_id=acme.pk, entry_id=entry.pk)
    with tenant_context(acme):
        assert OutboxEntry.objects.get(pk=entry.pk).attempts == 0
    alice.post("restore_workspace")
    registry["audit.export"].celery_task(tenant_id=acme.pk, entry_id=entry.pk)
    with tenant_context(acme):
        assert not OutboxEntry.objects.filter(pk=entry.pk).exists()


def test_the_export_holds_every_table_and_no_secret(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        email = factories.EmailAddressFactory(address="ana@shop.example")
        upload = files.store([b"as it ", b"came"], name="letter.txt", content_type="text/plain", capability="", by=None)
        gone = files.store([b"x"], name="gone.txt", content_type="text/plain", capability="", by=None)
        default_storage.delete(gone.key)
    close(alice)
    alice.post("export_workspace")
    with bind_tenant(acme):
        outbox.drain()
    with tenant_context(acme):
        job = Job.objects.get(kind="tenant_export")
        assert job.state == Job.State.DONE
        file = File.objects.get(pk=job.file_id)
    download = alice.get("file", file.pk)
    assert download.status_code == 200
    read_to_the_end(download)
    with file.open() as stored, zipfile.ZipFile(stored) as archive:
        assert archive.testzip() is None
        people = [json.loads(line) for line in archive.read("contacts.emailaddress.jsonl").splitlines()]
        everything = b"".join(archive.read(name) for name in archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))["parts"]
        assert set(manifest) == set(archive.namelist()) - {"manifest.json"}
        for name, part in manifest.items():
            content = archive.read(name)
            assert (part["sha256"], part["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
        assert manifest["contacts.emailaddress.jsonl"]["rows"] == 1
        assert archive.read(f"files/{upload.pk}-letter.txt") == b"as it came"
        assert archive.read(f"files/{gone.pk}-gone.txt") == b""
    assert [person["contact_id"] for person in people] == [email.contact_id]
    assert b"ana@shop.example" in everything
    assert b"secret_hash" not in everything
    assert b"argon2" not in everything


def test_nothing_can_be_erased_before_its_time(alice: Member, acme: Tenant) -> None:
    close(alice)
    assert erasure.erase_due_tenants() == 0
    for call in ("SELECT erase_tenant_batch(%s, 10)", "SELECT erase_tenant_end(%s)"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(call, [acme.pk])


def test_after_the_hold_it_cannot_be_opened_again(alice: Member, acme: Tenant) -> None:
    close(alice)
    end_hold(acme)
    alice.post("restore_workspace")
    acme.refresh_from_db()
    assert acme.is_closed


def test_after_the_hold_nothing_is_left_but_the_proof(alice: Member, acme: Tenant, charlie: Member) -> None:
    with tenant_context(acme):
        for factory in factories.every_factory().values():
            factory()
        Campaign.objects.filter(pk=factories.CampaignContentFactory().campaign_id).update(state="sent")
        keys = list(File.objects.values_list("key", flat=True))
    with tenant_context(charlie.tenant):
        factories.EmailAddressFactory()
        factories.FileFactory()
    before = rows_of(charlie.tenant)
    close(alice)
    end_hold(acme)
    assert erasure.erase_due_tenants() == 1

    assert not Tenant.objects.filter(pk=acme.pk).exists()
    assert not Route.objects.filter(tenant_id=acme.pk).exists()
    assert rows_of(acme) == {}
    assert not any(default_storage.exists(key) for key in keys)
    assert rows_of(charlie.tenant) == before
    proof = ErasedTenant.objects.get(former_id=acme.pk)
    assert (proof.slug, proof.closed_by_id, proof.files) == ("acme", alice.user.pk, len(keys))
    assert proof.rows > len(factories.every_factory())
    assert alice.get("contact_list").status_code == 404


def test_erasing_goes_on_where_it_stopped(alice: Member, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenant_context(acme):
        for _number in range(5):
            factories.ContactFactory()
    close(alice)
    end_hold(acme)
    monkeypatch.setattr(erasure, "BATCH", 2)
    erasure._begin_proof(acme)
    erasure._erase_batch(acme)
    assert erasure.erase_due_tenants() == 1
    assert ErasedTenant.objects.filter(former_id=acme.pk).count() == 1
