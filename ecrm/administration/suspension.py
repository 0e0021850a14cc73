"""Suspending a workspace: staff of the platform stop it for a reason, and let it go on.

Its members see the reason and nothing else, nothing is sent and no token works. Mails and visits still
arrive, and people's own pages (preferences, unsubscribing, answers) go on: their rights are not the
workspace's to lose.
"""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone

from ecrm.administration import journal
from ecrm.tenancy.closed import closed
from ecrm.tenancy.models import Membership, Tenant, User
from ecrm.tenancy.roles import Capability

# An owner may still take the data out, and end it all.
OPEN_PAGES = frozenset({"close_workspace", "export_workspace", "job", "open_jobs", "cancel_job", "file"})


@transaction.atomic
def suspend(*, tenant: Tenant, by: User, reason: str) -> bool:
    """False when it was suspended already. Workers learn of it within seconds (``closed``)."""
    changed = Tenant.objects.filter(pk=tenant.pk, suspended_at=None).update(
        suspended_at=timezone.now(), suspended_for=reason
    )
    return _noted("tenant.suspended", changed, tenant, by, reason)


@transaction.atomic
def resume(*, tenant: Tenant, by: User, reason: str) -> bool:
    """What waited goes on, campaigns whose hour has passed at once. False when it was not suspended."""
    changed = Tenant.objects.filter(pk=tenant.pk, suspended_at__isnull=False).update(
        suspended_at=None, suspended_for=""
    )
    return _noted("tenant.resumed", changed, tenant, by, reason)


def gate(request: HttpRequest, membership: Membership) -> HttpResponse | None:
    """Members are told why. Staff on a support visit may look."""
    if not membership.tenant.is_suspended or membership.visit is not None:
        return None
    is_owner = membership.may(Capability.TENANT_OWN)
    if is_owner and _page_name(request) in OPEN_PAGES:
        return None
    return render(request, "administration/suspended.html", {"is_owner": is_owner}, status=403)


def _noted(action: str, changed: int, tenant: Tenant, by: User, reason: str) -> bool:
    if changed:
        journal.record(action, by=by, subject=tenant, tenants=[tenant], reason=reason)
        transaction.on_commit(closed.forget)
    return bool(changed)


def _page_name(request: HttpRequest) -> str | None:
    try:
        return resolve(request.path_info, urlconf="ecrm.urls_tenant").url_name
    except Resolver404:
        return None
