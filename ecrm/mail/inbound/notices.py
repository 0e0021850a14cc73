"""Tells those who look after the mailboxes that a mail could not be taken in."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecrm.mail.models import InboundMail
from ecrm.notices.kinds import NoticeKind
from ecrm.notices.models import Notification
from ecrm.notices.services import notify
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability

FAILED = "mail.failed"


def tell_failed(mail: InboundMail) -> None:
    """One notice for many mails: they fold while nobody has read it."""
    members = Membership.objects.filter(tenant_id=require_tenant_id()).values_list("user_id", flat=True)
    facts = {"recipient": mail.recipient}
    notify(FAILED, to=members, url="/settings/mailboxes/mails/", facts=facts, key=FAILED)


def _failed(notice: Notification) -> str:
    return _("A mail to %(address)s could not be taken in") % {"address": notice.facts.get("recipient", "")}


def _kept(notice: Notification) -> str:
    return _("It is kept as it came and can be tried again.")


KIND = NoticeKind(
    FAILED,
    gettext_lazy("A mail to us could not be taken in"),
    "triangle-alert",
    _failed,
    note=_kept,
    capability=Capability.CASES_MANAGE,
)
