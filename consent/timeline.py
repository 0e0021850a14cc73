"""How consent reads on the timeline."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import ledger
from contacts import events
from contacts.event_links import numbered
from contacts.models import Event
from ecrm.tenancy.roles import Capability


def register() -> None:
    events.register(_kind(ledger.GRANTED, gettext_lazy("Consent given"), "badge-check", _granted, tone="good"))
    events.register(_kind(ledger.WITHDRAWN, gettext_lazy("Consent withdrawn"), "ban", _withdrawn))
    events.register(_kind(ledger.EXPIRED, gettext_lazy("Consent expired"), "clock", _expired))


def _kind(
    name: str, title: Promise, icon: str, sentence: Callable[[Event], str], *, tone: str = ""
) -> events.EventKind:
    return events.EventKind(
        name=name,
        title=title,
        icon=icon,
        sentence=sentence,
        capability=Capability.CONSENT_VIEW,
        group="consent",
        tone=tone,
        link=_evidence,
    )


def _granted(event: Event) -> str:
    return _("Gave consent for %(purpose)s") % {"purpose": _purpose(event)}


def _withdrawn(event: Event) -> str:
    return _("Withdrew consent for %(purpose)s") % {"purpose": _purpose(event)}


def _expired(event: Event) -> str:
    return _("Consent for %(purpose)s expired") % {"purpose": _purpose(event)}


def _evidence(event: Event) -> events.Link | None:
    return events.Link(numbered("consent_record", event.object_id), _purpose(event)) if event.object_id else None


def _purpose(event: Event) -> str:
    """The name the purpose had when the person answered."""
    return str(event.properties.get("purpose_name") or event.properties.get("purpose") or _("a purpose"))
