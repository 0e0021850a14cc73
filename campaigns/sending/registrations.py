"""What the engine gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import tasks as tasks  # known to the web processes too, which hint them
from campaigns.event_links import report_of
from campaigns.models import Delivery, Exclusion
from campaigns.sending import hints, outcomes, soft_bounces, watching
from contacts import events, merging
from contacts.events import EventKind
from contacts.models import Event
from ecrm.jobs import beats
from ecrm.mail.classify import Refusal
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy import services as tenancy
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Capability

_REFUSALS = {
    Refusal.HARD: gettext_lazy("the address does not exist"),
    Refusal.FULL: gettext_lazy("the mailbox is full"),
    Refusal.POLICY: gettext_lazy("their mail server refused it"),
    Refusal.SOFT: gettext_lazy("their mail server could not take it"),
    soft_bounces.GAVE_UP: gettext_lazy("their mail server kept putting it off"),
}


def _sent(event: Event) -> str:
    return _("Sent “%(campaign)s”") % {"campaign": event.properties.get("campaign", "")}


def _bounced(event: Event) -> str:
    reason = _REFUSALS.get(event.properties.get("reason", ""))
    words = {"campaign": event.properties.get("campaign", ""), "reason": reason or _("no reason given")}
    return _("“%(campaign)s” came back: %(reason)s") % words


def _first_identity(tenant: Tenant) -> None:
    """A tenant can write as soon as it has said who it is."""
    if tenant.sender_email:
        SendingIdentity.objects.get_or_create(
            email=tenant.sender_email,
            defaults={"name": tenant.sender_name or tenant.name, "reply_to": tenant.reply_to},
        )


events.register(
    EventKind(
        outcomes.SENT,
        gettext_lazy("Email sent"),
        "send",
        _sent,
        Capability.CONTACTS_VIEW,
        group="email",
        link=report_of,
        link_capability=Capability.CAMPAIGNS_VIEW,
    )
)
events.register(
    EventKind(
        outcomes.BOUNCED,
        gettext_lazy("Email came back"),
        "mail",
        _bounced,
        Capability.CONTACTS_VIEW,
        group="email",
        tone="bad",
        link=report_of,
        link_capability=Capability.CAMPAIGNS_VIEW,
    )
)
merging.leave(Delivery, why=gettext_lazy("What was sent to whom stays as it was."))
merging.leave(Exclusion, why=gettext_lazy("Who was left out of a send stays as it was."))
beats.on_tick.append(hints.tick)
tenancy.furnishings.append(_first_identity)
tenancy.followers.append(_first_identity)
watching.register()
