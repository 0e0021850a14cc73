"""What a new workspace sets up before its first send and its first answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from analytics.models import Site
from campaigns.models import Campaign
from consent.models import ConsentRecord
from contacts.models import Contact, Segment
from ecrm.mail.inbound.addresses import support_address
from ecrm.mail.models import InboundMail
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Invitation, Membership, Tenant
from ecrm.tenancy.roles import Capability
from ecrm.ui.checklist import Step, register

MANAGE = Capability.SETTINGS_MANAGE


def _business() -> QuerySet[Any]:
    """The law asks for both in every mailing."""
    return Tenant.objects.filter(pk=require_tenant_id()).exclude(postal_address="").exclude(sender_email="")


def _team() -> QuerySet[Any]:
    others = Membership.objects.filter(
        tenant_id=require_tenant_id(), created_at__gt=F("tenant__created_at") + timedelta(seconds=5)
    )
    invited = Invitation.objects.filter(tenant_id=require_tenant_id())
    return others.values("pk").union(invited.values("pk"))


STEPS = (
    Step(
        "business", _("Say who you are"),
        _("Your postal address and the sender people see. Every mailing must carry them."),
        "tenant_settings", capability=MANAGE, order=10, rows=_business,
    ),
    Step(
        "people", _("Bring your people"),
        _("Import a file, or add one person by hand."),
        "import_list", capability=MANAGE, order=20, rows=lambda: Contact.objects.filter(binned_at=None),
    ),
    Step(
        "consent", _("Record what they agreed to"),
        _("Nobody is mailed without a recorded yes. An import brings it with its proof; or add it on a person’s page."),
        "consent", capability=MANAGE, order=30, rows=ConsentRecord.objects.all,
    ),
    Step(
        "segment", _("Pick whom to write to"),
        _("A segment is a rule; people enter and leave it by themselves."),
        "create_segment", capability=MANAGE, order=40, rows=Segment.objects.all,
    ),
    Step(
        "send", _("Send the first campaign"),
        _("Write it, rehearse it, send it. Nothing leaves before you say so."),
        "create_campaign", capability=MANAGE, order=50, rows=lambda: Campaign.objects.filter(started_at__isnull=False),
    ),
    Step(
        "inbound", _("Write to your support address"),
        _("Send a mail to it from your own mail program: it opens a case."),
        "cases", capability=MANAGE, order=55, rows=InboundMail.objects.all, detail=support_address,
    ),
    Step(
        "site", _("See visits of your site"),
        _("A small script that stores nothing before the visitor agrees."),
        "sites", capability=MANAGE, order=80, rows=lambda: Site.objects.filter(last_visit_at__isnull=False),
    ),
    Step(
        "team", _("Invite your team"),
        _("Each with the role that fits: what roles may do stands in a table."),
        "members", capability=MANAGE, order=90, rows=_team,
    ),
)  # fmt: skip


def register_all() -> None:
    for step in STEPS:
        register(step)
