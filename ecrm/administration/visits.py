"""Support visits: staff of the installation inside a tenant, for a reason, for a while, in plain sight."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from ecrm.administration import journal, notices
from ecrm.administration.models import SupportVisit
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id, tenant_context
from ecrm.tenancy.models import Membership, Tenant, User
from ecrm.tenancy.roles import Capability, Role

SHORTEST, LONGEST = timedelta(minutes=15), timedelta(hours=8)
# A visit ends; what would outlast it is not for visitors.
WITHHELD = frozenset({Capability.MEMBERS_MANAGE, Capability.API_MANAGE, Capability.CONTACTS_EXPORT})


def may_administer(user: Any) -> bool:
    """Staff of the installation, signed in with a second factor where the installation asks for one."""
    return bool(user.is_active and user.is_staff) and has_second_factor(user)


def has_second_factor(user: Any) -> bool:
    return not settings.STAFF_SECOND_FACTOR or is_mfa_enabled(user)


@transaction.atomic
def enter(*, tenant: Tenant, by: User, reason: str, length: timedelta, at: datetime | None = None) -> SupportVisit:
    """Lets ``by`` into the tenant for ``length``. A visit that is open already is ended by the new one.

    Raises ``ValidationError`` without a reason, or for a length outside 15 minutes to 8 hours.
    """
    reason, at = reason.strip(), at or timezone.now()
    if not reason:
        raise ValidationError({"reason": _("Say why you go in. The workspace's members will read it.")})
    if not SHORTEST <= length <= LONGEST:
        raise ValidationError({"length": _("A visit lasts from 15 minutes to 8 hours.")})
    with tenant_context(tenant):
        for former in open_visits().filter(visitor_id=by.pk):
            end(visit=former, by=by, at=at)
        visit = SupportVisit.objects.create(visitor_id=by.pk, reason=reason, started_at=at, expires_at=at + length)
        _note_end(tenant)
        notices.came_in(visit, by=by)
    journal.record("visit.started", by=by, subject=visit, tenants=[tenant], reason=reason)
    return visit


@transaction.atomic
def end(*, visit: SupportVisit, by: User, at: datetime | None = None) -> bool:
    """Ends it at once, for the visitor leaving or a member showing them out. A second click changes nothing."""
    at = at or timezone.now()
    ended = SupportVisit.objects.filter(pk=visit.pk or 0, ended_at=None, expires_at__gt=at).update(
        ended_at=at, ended_by_id=by.pk
    )
    if ended:
        _note_end(Tenant.objects.get(pk=require_tenant_id()))
        audit.record("visit.ended", by=by, subject=visit)
    return bool(ended)


def open_visits() -> QuerySet[SupportVisit]:
    """Those going on in the current tenant."""
    return SupportVisit.objects.filter(ended_at=None, expires_at__gt=timezone.now())


def door(request: HttpRequest, slug: str) -> Membership | None:
    """Lets staff with an open visit in. For everybody else it costs nothing."""
    user: Any = request.user
    if not user.is_staff:
        return None
    tenant = Tenant.objects.filter(slug=slug, visited_until__gt=timezone.now()).first()
    if tenant is None or not may_administer(user):
        return None
    with tenant_context(tenant):
        visit = open_visits().filter(visitor_id=user.pk).first()
    return _place(tenant, user, visit) if visit else None


def _place(tenant: Tenant, user: User, visit: SupportVisit) -> Membership:
    """An admin's place, without what would outlast the visit. Never stored."""
    place = Membership(tenant=tenant, user=user, roles=[Role.ADMIN])
    place.visit, place.withheld = visit, WITHHELD
    return place


def _note_end(tenant: Tenant) -> None:
    """Keeps on the tenant until when it is visited, where every page sees it without asking."""
    latest = open_visits().aggregate(latest=Max("expires_at"))["latest"]
    Tenant.objects.filter(pk=tenant.pk).update(visited_until=latest)
    tenant.visited_until = latest
