"""Whom the dashboard's figures count, for the contact list to show."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from analytics.figures import allowing, recent
from consent import purposes
from contacts import people_sets
from contacts.people_sets import PeopleSet
from contacts.querysets import ContactQuerySet
from ecrm.tenancy.roles import Capability

VISITED, CLICKED, UNSUBSCRIBED, ORDERED, MAILABLE = "visited", "clicked", "unsubscribed", "ordered", "mailable"
_DID = {
    VISITED: ("page.viewed", _("visited your sites in twelve weeks"), Capability.CONTACTS_VIEW),
    CLICKED: ("email.clicked", _("clicked in a mail in twelve weeks"), Capability.CONTACTS_VIEW),
    UNSUBSCRIBED: ("email.unsubscribed", _("unsubscribed in twelve weeks"), Capability.CONTACTS_VIEW),
    ORDERED: ("order.placed", _("ordered in twelve weeks"), Capability.REVENUE_VIEW),
}


def register() -> None:
    for key, (name, label, capability) in _DID.items():
        people_sets.register(PeopleSet(key, label, _who_did(name), capability))
    people_sets.register(PeopleSet(MAILABLE, _("may be e-mailed the newsletter"), _mailable, Capability.CONTACTS_VIEW))


def _who_did(name: str) -> Callable[[ContactQuerySet], ContactQuerySet]:
    def narrow(people: ContactQuerySet) -> ContactQuerySet:
        return people.filter(Exists(recent().filter(name=name, contact_id=OuterRef("pk"))))

    return narrow


def _mailable(people: ContactQuerySet) -> ContactQuerySet:
    purpose = purposes.by_key(purposes.NEWSLETTER)
    return people.filter(allowing(purpose)) if purpose else people.none()
