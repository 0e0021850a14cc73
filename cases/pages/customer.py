"""The panel at the right: whose case it is, what they allow, what else is going on with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cases.models import Case
from cases.pages.opened import MOST_CASES, Opened
from consent import panel as consent
from consent import purposes
from contacts import person, places, timeline
from contacts.models import Contact
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability

MOST_EVENTS = 6


@dataclass(frozen=True, slots=True)
class Customer:
    """``contact`` as ``contacts.person.find`` reads it."""

    contact: Any
    label: str
    facts: list[tuple[str, str]]
    worth: list[person.Worth]
    consents: list[consent.Entry]
    other_cases: list[Case]
    recently: list[timeline.Item]


def of(opened: Opened, membership: Membership) -> Customer | None:
    """Four queries. None for a case of nobody, and of somebody this member may not see."""
    case = opened.case
    if case.contact_id is None or not membership.may(Capability.CONTACTS_VIEW):
        return None
    contact = person.find(membership, case.contact_id)
    if contact is None:
        return None
    return Customer(
        contact,
        label_of(contact),
        _facts(contact),
        person.worth(contact),
        consent.entries(contact, purposes.catalogue()) if membership.may(Capability.CONSENT_VIEW) else [],
        opened.other_cases,
        _recently(contact, membership),
    )


def others(contact: Contact, *, but: Case | None = None) -> Any:
    """The person's newest cases."""
    theirs = Case.objects.filter(contact=contact, merged_into=None).order_by("-opened_at", "-pk")
    return (theirs.exclude(pk=but.pk) if but else theirs)[:MOST_CASES]


def label_of(contact: Any) -> str:
    return contact.name or next((one["address"] for one in contact.email_list), "") or str(contact)


def _facts(contact: Any) -> list[tuple[str, str]]:
    return [
        (_("Place"), ", ".join(filter(None, (contact.city, person.local_time(contact.time_zone))))),
        (_("Language"), places.language_name(contact.language) if contact.language else ""),
        (_("Company"), str(contact.company or "")),
    ]


def _recently(contact: Contact, membership: Membership) -> list[timeline.Item]:
    told = timeline.of(contact, membership)
    return [item for day in told.days for item in day.items][:MOST_EVENTS]
