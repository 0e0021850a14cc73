"""Whom the dashboard's figures count, for the contact list to show."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from analytics.figures import month_start, part_of, recent
from consent import purposes
from contacts import people_sets
from contacts.people_sets import PeopleSet
from contacts.querysets import ContactQuerySet
from ecrm.tenancy.roles import Capability

VISITED, MAILED, CLICKED, UNSUBSCRIBED, ORDERED = "visited", "mailed", "clicked", "unsubscribed", "ordered"
JOINED = "joined"
_DID = {
    VISITED: ("page.viewed", _("visited your sites in twelve weeks"), Capability.CONTACTS_VIEW),
    MAILED: ("email.sent", _("were mailed in twelve weeks"), Capability.CONTACTS_VIEW),
    CLICKED: ("email.clicked", _("clicked in a mail in twelve weeks"), Capability.CONTACTS_VIEW),
    UNSUBSCRIBED: ("email.unsubscribed", _("unsubscribed in twelve weeks"), Capability.CONTACTS_VIEW),
    ORDERED: ("order.placed", _("ordered in twelve weeks"), Capability.REVENUE_VIEW),
}
# By the part of ``figures.Mailable``: the key of its set, and its words.
PARTS = {
    "may": ("mailable", _("may be e-mailed the newsletter")),
    "refused": ("refused", _("said no to the newsletter")),
    "never_asked": ("never-asked", _("were never asked about the newsletter")),
    "blocked": ("blocked", _("have a blocked address")),
    "no_address": ("no-address", _("have no e-mail address")),
}


def register() -> None:
    for key, (name, label, capability) in _DID.items():
        people_sets.register(PeopleSet(key, label, _who_did(name), capability))
    for part, (key, label) in PARTS.items():
        people_sets.register(PeopleSet(key, label, _part(part), Capability.CONTACTS_VIEW))
    people_sets.register(PeopleSet(JOINED, _("joined this month"), _joined, Capability.CONTACTS_VIEW))


def _who_did(name: str) -> Callable[[ContactQuerySet], ContactQuerySet]:
    def narrow(people: ContactQuerySet) -> ContactQuerySet:
        return people.filter(Exists(recent().filter(name=name, contact_id=OuterRef("pk"))))

    return narrow


def _part(part: str) -> Callable[[ContactQuerySet], ContactQuerySet]:
    def narrow(people: ContactQuerySet) -> ContactQuerySet:
        purpose = purposes.by_key(purposes.NEWSLETTER)
        return people.filter(part_of(purpose, part)) if purpose else people.none()

    return narrow


def _joined(people: ContactQuerySet) -> ContactQuerySet:
    return people.filter(created_at__gte=month_start())
