"""Erasing closed workspaces whose hold is over: files first, then every row, then the workspace itself."""

from __future__ import annotations

import structlog
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from ecrm.audit.models import AuditEntry
from ecrm.files.models import File
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import ErasedTenant, Tenant

BATCH = 5_000
log = structlog.get_logger(__name__)


def erase_due_tenants() -> int:
    """All whose time has come; one that fails does not hold up the others. Returns how many went."""
    erased = 0
    for tenant in Tenant.objects.filter(erase_after__lt=timezone.now()).order_by("erase_after"):
        try:
            erase_tenant(tenant)
            erased += 1
        except Exception:
            log.exception("tenant_not_erased", tenant=tenant.pk)
    return erased


def erase_tenant(tenant: Tenant) -> None:
    """Final. In steps that each commit, so that it goes on where it stopped. Leaves ``ErasedTenant`` as proof."""
    proof = _begin_proof(tenant)
    _erase_files(tenant, proof)
    while rows := _erase_batch(tenant):
        ErasedTenant.objects.filter(pk=proof.pk).update(rows=F("rows") + rows)
    with transaction.atomic():
        ErasedTenant.objects.filter(pk=proof.pk).update(erased_at=timezone.now())
        _call("SELECT erase_tenant_end(%s)", [tenant.pk])
    log.info("tenant_erased", tenant=tenant.pk)


def _begin_proof(tenant: Tenant) -> ErasedTenant:
    with tenant_context(tenant):
        closing = AuditEntry.objects.filter(action="tenant.closed").order_by("-at").first()
    proof, _made = ErasedTenant.objects.get_or_create(
        former_id=tenant.pk,
        defaults={"slug": tenant.slug, "closed_by_id": closing.actor_id if closing else None, "rows": 0, "files": 0},
    )
    return proof


def _erase_files(tenant: Tenant, proof: ErasedTenant) -> None:
    while True:
        with tenant_context(tenant):
            stored = list(File.objects.exclude(key="").order_by("id")[:BATCH])
            for file in stored:
                default_storage.delete(file.key)
            File.objects.filter(pk__in=[file.pk for file in stored]).update(key="")
            ErasedTenant.objects.filter(pk=proof.pk).update(files=F("files") + len(stored))
        if not stored:
            return


def _erase_batch(tenant: Tenant) -> int:
    return int(_call("SELECT erase_tenant_batch(%s, %s)", [tenant.pk, BATCH]))


def _call(sql: str, parameters: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0] or 0
