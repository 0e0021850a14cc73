"""A closed workspace: nothing moves in it for thirty days, then it is erased. Until then it can come back."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from ecrm.audit import services as audit
from ecrm.tenancy.closed import closed
from ecrm.tenancy.models import Membership, Tenant, User
from ecrm.tenancy.roles import Capability

DAYS = 30
OPEN_PAGES = frozenset(
    {"close_workspace", "restore_workspace", "export_workspace", "job", "open_jobs", "cancel_job", "file", "bell"}
)


@transaction.atomic
def close_tenant(*, tenant: Tenant, typed_slug: str, by: User) -> None:
    """Locks the workspace at once and starts the hold. A second click changes nothing."""
    if typed_slug.strip() != tenant.slug:
        raise ValidationError({"slug": _("Type %(slug)s to close this workspace.") % {"slug": tenant.slug}})
    ends = timezone.now() + timedelta(days=DAYS)
    if Tenant.objects.filter(pk=tenant.pk, erase_after=None).update(erase_after=ends):
        tenant.erase_after = ends
        audit.record("tenant.closed", by=by, subject=tenant)
        closed.forget()


@transaction.atomic
def restore_tenant(*, tenant: Tenant, by: User) -> bool:
    """Everything goes on where it stood. False when it was open already."""
    restored = Tenant.objects.filter(pk=tenant.pk, erase_after__gt=timezone.now()).update(erase_after=None)
    if restored:
        tenant.erase_after = None
        audit.record("tenant.restored", by=by, subject=tenant)
        closed.forget()
    return bool(restored)


def gate(request: HttpRequest, membership: Membership) -> HttpResponse | None:
    """Owners may take their data out or bring the workspace back; everybody else is told how it stands."""
    if not membership.tenant.is_closed:
        return None
    if request.path_info.startswith("/api/"):
        problem = {"title": "This workspace is closed", "status": 403}
        return JsonResponse(problem, status=403, content_type="application/problem+json")
    is_owner = membership.may(Capability.TENANT_OWN)
    if is_owner and _page_name(request) in OPEN_PAGES:
        return None
    return render(request, "tenancy/closed.html", {"is_owner": is_owner}, status=403)


def _page_name(request: HttpRequest) -> str | None:
    try:
        return resolve(request.path_info, urlconf="ecrm.urls_tenant").url_name
    except Resolver404:
        return None
