"""A workspace that asks a second step of sign-in of everybody in it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ecrm.audit import services as audit
from ecrm.tenancy.models import Membership, Tenant, User
from ecrm.tenancy.reauthentication import has_second_step
from ecrm.tenancy.urls import platform_url

GRACE_DAYS = (0, 7, 30)


@transaction.atomic
def ask_second_step(*, tenant: Tenant, grace_days: int, by: User) -> None:
    """From then on members without one are led to set it up. Refuses whoever would lock themselves out."""
    if not has_second_step(by):
        raise ValidationError(_("Set up your own passkey or authenticator app first, so that you stay in."))
    tenant.second_factor_from = timezone.now() + timedelta(days=grace_days)
    tenant.save(update_fields=["second_factor_from"])
    audit.record("tenant.second_step_asked", by=by, subject=tenant, count=grace_days)


@transaction.atomic
def drop_second_step(*, tenant: Tenant, by: User) -> bool:
    dropped = Tenant.objects.filter(pk=tenant.pk, second_factor_from__isnull=False).update(second_factor_from=None)
    if dropped:
        tenant.second_factor_from = None
        audit.record("tenant.second_step_dropped", by=by, subject=tenant)
    return bool(dropped)


def gate(request: HttpRequest, membership: Membership) -> HttpResponse | None:
    """Costs nothing in workspaces that do not ask, one query in those that do."""
    asked_from = membership.tenant.second_factor_from
    if asked_from is None or asked_from > timezone.now() or not _is_asked_here(request, membership):
        return None
    if has_second_step(membership.user):
        return None
    return redirect(f"{platform_url('second_step_needed')}?{urlencode({'workspace': membership.tenant.slug})}")


def banner(request: HttpRequest) -> SafeString | None:
    """While there is time left: until when to set it up."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    asked_from = membership.tenant.second_factor_from
    if asked_from is None or asked_from <= timezone.now() or has_second_step(membership.user):
        return None
    return render_to_string("tenancy/_second_step_banner.html", {"asked_from": asked_from}, request)


def _is_asked_here(request: HttpRequest, membership: Membership) -> bool:
    """Not of programs with a token, nor of support visits: those have rules of their own."""
    return not membership._state.adding and not request.path_info.startswith("/api/")
