"""People, companies' people and segments in the palette, and what can be started here."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import search
from contacts.companies import listing
from contacts.models import Company, Contact, EmailAddress, Segment
from ecrm.search import actions, matching, sources
from ecrm.search.actions import Action
from ecrm.search.sources import Found, Source
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability
from ecrm.ui import shortcuts
from ecrm.ui.shortcuts import GO_TO, NEW, Shortcut

# Names of segments are compared in Python: a workspace has hundreds at most.
_SEGMENTS_READ = 500
# Fewer than so many, and those written alike come after them.
_FEW = 3


def register() -> None:
    sources.register(
        Source("contacts", gettext_lazy("Contacts"), "user-round", Capability.CONTACTS_VIEW, find_people, recall_people)
    )
    sources.register(
        Source(
            "companies",
            gettext_lazy("Companies"),
            "building-2",
            Capability.CONTACTS_VIEW,
            find_companies,
            recall_companies,
        )
    )
    sources.register(
        Source("segments", gettext_lazy("Segments"), "blend", Capability.SEGMENTS_VIEW, find_segments, recall_segments)
    )
    for action in _ACTIONS:
        actions.register(action)
    for shortcut in _SHORTCUTS:
        shortcuts.register(shortcut)


def find_people(membership: Membership, text: str, limit: int) -> list[Found]:
    ids = search.best_ids(text, membership=membership, at_most=limit)
    if len(ids) < min(limit, _FEW):
        ids += [pk for pk in search.alike_ids(text, membership=membership, at_most=limit) if pk not in ids]
    found = _people(membership, ids[:limit])
    return [found[pk] for pk in ids if pk in found]


def recall_people(membership: Membership, ids: list[int]) -> dict[int, Found]:
    return _people(membership, ids)


def find_companies(membership: Membership, text: str, limit: int) -> list[Found]:
    ids, _is_alike = listing.found_ids(text, membership=membership, at_most=limit)
    found = recall_companies(membership, ids)
    return [found[pk] for pk in ids if pk in found]


def recall_companies(membership: Membership, ids: list[int]) -> dict[int, Found]:
    companies = Company.objects.visible_to(membership).unbinned().filter(pk__in=ids)
    return {one.pk: _company(one) for one in companies}


def find_segments(membership: Membership, text: str, limit: int) -> list[Found]:
    live = Segment.objects.filter(archived_at=None).only("name").order_by("-id")[:_SEGMENTS_READ]
    closest = matching.best(text, ((segment.name, segment) for segment in live), limit=limit)
    return [_segment(segment) for segment in closest]


def recall_segments(membership: Membership, ids: list[int]) -> dict[int, Found]:
    return {segment.pk: _segment(segment) for segment in Segment.objects.filter(pk__in=ids)}


def _people(membership: Membership, ids: list[int]) -> dict[int, Found]:
    emails = EmailAddress.objects.filter(contact=OuterRef("pk")).order_by("-is_primary", "id")
    people: Any = Contact.objects.visible_to(membership).unbinned().filter(pk__in=ids)
    return {one.pk: _person(one) for one in people.annotate(email=Subquery(emails.values("address")[:1]))}


def _person(one: Any) -> Found:
    """``one`` is a contact with its first address beside it."""
    path = reverse("contact_page", args=[one.pk])
    return Found(one.name or one.email or str(one), one.email or "", path, "user-round")


def _company(company: Company) -> Found:
    return Found(company.name, company.city, reverse("company_page", args=[company.pk]), "building-2")


def _segment(segment: Segment) -> Found:
    return Found(segment.name, _("Segment"), reverse("segment", args=[segment.pk]), "blend")


_ACTIONS = (
    Action(
        "new_contact", gettext_lazy("New contact"), "user-plus", "create_contact", Capability.CONTACTS_EDIT,
        gettext_lazy("add create person customer"),
    ),
    Action(
        "new_company", gettext_lazy("New company"), "building-2", "create_company", Capability.CONTACTS_EDIT,
        gettext_lazy("add create organisation business"),
    ),
    Action(
        "import", gettext_lazy("Import people"), "upload", "import_list", Capability.CONTACTS_IMPORT,
        gettext_lazy("upload csv excel file contacts"),
    ),
    Action(
        "new_segment", gettext_lazy("New segment"), "blend", "create_segment", Capability.SEGMENTS_EDIT,
        gettext_lazy("add create rule filter group"),
    ),
)  # fmt: skip
_CONTACT = gettext_lazy("Contact page")
_SHORTCUTS = (
    Shortcut("g c", gettext_lazy("Contacts"), GO_TO, url_name="contact_list", capability=Capability.CONTACTS_VIEW),
    Shortcut("g s", gettext_lazy("Segments"), GO_TO, url_name="segment_list", capability=Capability.SEGMENTS_VIEW),
    Shortcut("c", gettext_lazy("New contact"), NEW, url_name="create_contact", capability=Capability.CONTACTS_EDIT),
    Shortcut("w s", gettext_lazy("New segment"), NEW, url_name="create_segment", capability=Capability.SEGMENTS_EDIT),
    Shortcut("j", gettext_lazy("Next contact of the list"), _CONTACT, control="next-contact"),
    Shortcut("k", gettext_lazy("Previous contact of the list"), _CONTACT, control="previous-contact"),
)
