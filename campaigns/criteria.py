"""What segments can ask about a certain campaign. What people did with any mail is asked of the history
(``event:email.clicked``); machines that open and follow links are in neither."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from contacts import criteria, events
from contacts.criteria import Criterion, Having, Operator, Options, Scope
from contacts.models import Contact, Event
from contacts.segments.inputs import Choices
from ecrm.tenancy.roles import Capability
from ecrm.ui import formats

OFFERED = 200
# What the operators ask, by the event that answers.
ACTS = {
    "sent": "email.sent",
    "opened": "email.opened",
    "clicked": "email.clicked",
    "replied": "email.replied",
    "bounced": "email.bounced",
    "unsubscribed": "email.unsubscribed",
    "complained": "email.complained",
}


def register() -> None:
    which = Choices("value", gettext_lazy("Campaign"), campaigns, of=int)
    criteria.register(
        Criterion(
            "campaign",
            gettext_lazy("Campaign"),
            "email",
            tuple(_operators(which)),
            _compile,
            _explain,
            capability=Capability.CAMPAIGNS_VIEW,
            moved_by=("email.",),
        )
    )


def campaigns() -> Options:
    """Those that were begun, the newest first."""
    begun = Campaign.objects.filter(started_at__isnull=False).order_by("-started_at", "-id")
    return list(begun.values_list("pk", "name")[:OFFERED])


def _operators(which: Choices) -> Iterable[Operator]:
    asked = (
        ("sent", gettext_lazy("was sent any of"), gettext_lazy("Was sent %(value)s")),
        ("not_sent", gettext_lazy("was sent none of"), gettext_lazy("Was not sent %(value)s")),
        ("opened", gettext_lazy("opened any of"), gettext_lazy("Opened %(value)s")),
        ("not_opened", gettext_lazy("was sent and opened none of"), gettext_lazy("Was sent %(value)s, did not open")),
        ("clicked", gettext_lazy("clicked in any of"), gettext_lazy("Clicked in %(value)s")),
        ("not_clicked", gettext_lazy("was sent and clicked in none of"), gettext_lazy("Was sent %(value)s, no click")),
        ("replied", gettext_lazy("replied to any of"), gettext_lazy("Replied to %(value)s")),
        ("bounced", gettext_lazy("bounced in any of"), gettext_lazy("%(value)s bounced")),
        ("unsubscribed", gettext_lazy("unsubscribed from any of"), gettext_lazy("Unsubscribed from %(value)s")),
        ("complained", gettext_lazy("complained about any of"), gettext_lazy("Complained about %(value)s")),
    )
    return (Operator(key, label, sentence, (which,)) for key, label, sentence in asked)


def _compile(operator: str, value: Any, scope: Scope) -> Q:
    if operator == "not_sent":
        return ~_did("sent", value)
    if operator.startswith("not_"):
        return _did("sent", value) & ~_did(operator.removeprefix("not_"), value)
    return _did(operator, value)


def _did(act: str, value: Any) -> Q:
    return Q(Having(_facts(value).filter(name=ACTS[act])))


def _facts(value: Any) -> Any:
    return Event.objects.filter(campaign_id__in=value)


def _explain(contact: Contact, operator: str, value: Any, scope: Scope) -> str:
    """ "Email sent (3 Mar 2026, 10:02), Email clicked (…)": what happened with these campaigns."""
    told = _facts(value).filter(contact_id=contact.pk, name__in=ACTS.values()).order_by("occurred_at", "id")
    words = [
        f"{events.shown_as(name).title} ({formats.full(at)})"
        for name, at in told.values_list("name", "occurred_at")[:8]
    ]
    return ", ".join(words) or _("nothing")
