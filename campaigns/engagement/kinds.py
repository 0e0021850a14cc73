"""What people do with a mail, in the timeline's words. (What becomes of a mail: sending/registrations.)"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.event_links import report_of
from contacts.events import EventKind
from contacts.models import Event
from ecrm.tenancy.roles import Capability

OPENED, CLICKED, UNSUBSCRIBED = "email.opened", "email.clicked", "email.unsubscribed"
REPLIED, COMPLAINED = "email.replied", "email.complained"


def _opened(event: Event) -> str:
    return _("Opened “%(campaign)s”") % {"campaign": event.properties.get("campaign", "")}


def _clicked(event: Event) -> str:
    words = {"campaign": event.properties.get("campaign", ""), "link": event.properties.get("link", "")}
    if not words["link"]:
        return _("Clicked a link in “%(campaign)s”") % words
    return _("Clicked “%(link)s” in “%(campaign)s”") % words


def _unsubscribed(event: Event) -> str:
    return _("Unsubscribed from “%(campaign)s”") % {"campaign": event.properties.get("campaign", "")}


def _replied(event: Event) -> str:
    return _("Answered “%(campaign)s”") % {"campaign": event.properties.get("campaign", "")}


def _complained(event: Event) -> str:
    return _("Marked “%(campaign)s” as spam") % {"campaign": event.properties.get("campaign", "")}


KINDS = (
    EventKind(
        OPENED, gettext_lazy("Email opened"), "eye", _opened,
        capability=Capability.CONTACTS_VIEW, group="email", is_activity=True,
        link=report_of, link_capability=Capability.CAMPAIGNS_VIEW,
    ),
    EventKind(
        CLICKED, gettext_lazy("Email clicked"), "mouse-pointer-click", _clicked,
        capability=Capability.CONTACTS_VIEW, group="email", tone="accent", is_activity=True,
        link=report_of, link_capability=Capability.CAMPAIGNS_VIEW,
    ),
    EventKind(
        UNSUBSCRIBED, gettext_lazy("Unsubscribed"), "ban", _unsubscribed,
        capability=Capability.CONTACTS_VIEW, group="email", tone="warn", is_activity=True,
        link=report_of, link_capability=Capability.CAMPAIGNS_VIEW,
    ),
    EventKind(
        REPLIED, gettext_lazy("Email answered"), "reply", _replied,
        capability=Capability.CONTACTS_VIEW, group="email", tone="good", is_activity=True,
        link=report_of, link_capability=Capability.CAMPAIGNS_VIEW,
    ),
    EventKind(
        COMPLAINED, gettext_lazy("Marked as spam"), "ban", _complained,
        capability=Capability.CONTACTS_VIEW, group="email", tone="bad",
        link=report_of, link_capability=Capability.CAMPAIGNS_VIEW,
    ),
)  # fmt: skip
