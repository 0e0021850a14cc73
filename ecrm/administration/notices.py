"""Owners and admins hear of a support visit at once, wherever they are."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecrm.administration.models import SupportVisit
from ecrm.notices.kinds import NoticeKind
from ecrm.notices.models import Notification
from ecrm.notices.services import notify
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.roles import Capability, Role


def came_in(visit: SupportVisit, *, by: User) -> None:
    hosts = Membership.objects.filter(tenant_id=require_tenant_id(), roles__overlap=[Role.OWNER, Role.ADMIN])
    notify(
        KIND.name,
        to=hosts.values_list("user_id", flat=True),
        url=f"/settings/visits/{visit.pk}/",
        facts={"who": str(by), "reason": visit.reason},
        by=by,
        at=visit.started_at,
    )


def _sentence(notice: Notification) -> str:
    return _("%(who)s of support came in") % {"who": notice.facts.get("who", "")}


def _reason(notice: Notification) -> str:
    return str(notice.facts.get("reason", ""))


KIND = NoticeKind(
    "visit.started",
    gettext_lazy("Support comes into the workspace"),
    "life-buoy",
    _sentence,
    "now",
    _reason,
    capability=Capability.SETTINGS_MANAGE,
)
