"""What staff of the installation do outside of all tenants, and what each concerned tenant sees of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from ecrm.administration.models import PlatformEntry
from ecrm.audit import services as audit
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User


@transaction.atomic
def record(
    action: str,
    *,
    by: User,
    subject: Any = None,
    tenants: Iterable[Tenant | int] = (),
    fields: Iterable[str] = (),
    reason: str = "",
) -> None:
    """Notes an act of the platform, and repeats it in the audit of every tenant it concerns."""
    tenants, names = list(tenants), sorted(fields)
    concerned = tenants[0] if len(tenants) == 1 else None
    PlatformEntry.objects.create(
        actor_id=by.pk,
        action=action,
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        concerned_id=concerned.pk if isinstance(concerned, Tenant) else concerned,
        fields=names,
        reason=reason,
    )
    for tenant in tenants:
        with tenant_context(tenant):
            audit.record(action, by=by, subject=subject, fields=names, reason=reason)
