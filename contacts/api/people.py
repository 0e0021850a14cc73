"""``/contacts``: read, create, change, tag, bin."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from contacts import events, services
from contacts.api import custom, reading
from contacts.api.reading import ContactFilters
from contacts.api.schemas import ContactIn, ContactOut, HappeningOut, TagsIn
from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.models import Contact, EmailAddress, Event
from contacts.services import linking
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Window, page_of
from ecrm.api.problems import Problem
from ecrm.api.schemas import IdIn, number_of
from ecrm.api.scopes import Scope
from ecrm.tenancy.models import User
from ecrm.tenancy.roles import Capability

router = Router()
READ, WRITE = needs(Scope.CONTACTS_READ), needs(Scope.CONTACTS_WRITE)


@router.get("", auth=READ, response=PageOut[ContactOut], summary="List contacts")
def list_contacts(request: ApiRequest, asked: Annotated[ContactFilters, Query()], window: Window) -> Any:
    people = reading.with_lists(reading.narrowed(request, asked))
    return page_of(people, window, order=asked.keys, show=partial(reading.show, request))


@router.post("", auth=WRITE, response={201: ContactOut}, summary="Create a contact")
def create_contact(request: ApiRequest, given: ContactIn) -> Any:
    """An e-mail address that somebody else has is a conflict (409); see upsert."""
    contact = _create(request, given)
    return Status(201, _shown(request, contact.pk))


@router.post("/upsert", auth=WRITE, response={200: ContactOut, 201: ContactOut}, summary="Create or update a contact")
def upsert_contact(request: ApiRequest, given: ContactIn) -> Any:
    """Finds the person by one of the identities, else by one of the e-mails, and changes the given fields.

    E-mails, phones, tags and identities are added to those there. Nobody found: creates.
    """
    known = _known(request, given)
    if known is not None:
        _update(request, known, given)
        return Status(200, _shown(request, known.pk))
    return Status(201, _shown(request, _create(request, given).pk))


@router.get("/{contact_id}", auth=READ, response=ContactOut, summary="Read a contact")
def read_contact(request: ApiRequest, contact_id: IdIn) -> Any:
    return reading.show(request, [reading.one(request, contact_id)])[0]


@router.patch("/{contact_id}", auth=WRITE, response=ContactOut, summary="Change a contact")
def change_contact(request: ApiRequest, contact_id: IdIn, given: ContactIn) -> Any:
    """Changes the fields given and leaves the others. Lists replace those there, identities are added."""
    contact = _unbinned(reading.one(request, contact_id))
    services.edit_contact(contact=contact, by=request.user, via="api", **_changes(request, given, contact))
    _link(contact, given, request.user)
    return _shown(request, contact.pk)


@router.delete("/{contact_id}", auth=WRITE, response={204: None}, summary="Delete a contact")
def delete_contact(request: ApiRequest, contact_id: IdIn) -> Any:
    """Puts them in the bin, from where they can be restored. Twice changes nothing."""
    request.grant.check_capability(Capability.CONTACTS_DELETE)
    services.bin_contact(contact=reading.one(request, contact_id), by=request.user)
    return Status(204, None)


@router.post("/{contact_id}/tags", auth=WRITE, response=list[str], summary="Add and remove tags")
def tag_contact(request: ApiRequest, contact_id: IdIn, given: TagsIn) -> Any:
    """Answers the tags as they are now."""
    contact = reading.one(request, contact_id)
    services.add_tags(contact_ids=[contact.pk], names=given.add, by=request.user)
    services.remove_tags(contact_ids=[contact.pk], names=given.remove, by=request.user)
    return _shown(request, contact.pk)["tags"]


@router.post("/{contact_id}/bin", auth=WRITE, response=ContactOut, summary="Put a contact in the bin")
def bin_contact(request: ApiRequest, contact_id: IdIn) -> Any:
    """Frees their e-mail addresses. Twice changes nothing."""
    request.grant.check_capability(Capability.CONTACTS_DELETE)
    contact = reading.one(request, contact_id)
    services.bin_contact(contact=contact, by=request.user)
    return _shown(request, contact.pk)


@router.post("/{contact_id}/restore", auth=WRITE, response=ContactOut, summary="Take a contact out of the bin")
def restore_contact(request: ApiRequest, contact_id: IdIn) -> Any:
    """A conflict (409) when somebody else has one of their addresses now."""
    request.grant.check_capability(Capability.CONTACTS_DELETE)
    contact = reading.one(request, contact_id)
    services.restore_contact(contact=contact, by=request.user)
    return _shown(request, contact.pk)


@router.get("/{contact_id}/events", auth=READ, response=PageOut[HappeningOut], summary="Read a contact's history")
def list_contact_events(request: ApiRequest, contact_id: IdIn, window: Window) -> Any:
    """Newest first; events the token's maker may not see are left out."""
    contact = reading.one(request, contact_id)
    hidden = [kind.name for kind in events.kinds() if not request.membership.may(kind.capability)]
    facts = Event.objects.filter(contact_id=contact.pk).exclude(name__in=hidden)
    return page_of(facts, window, order=("-occurred_at", "-id"), show=_happenings)


def _shown(request: ApiRequest, contact_id: int) -> dict[str, Any]:
    return reading.show(request, [reading.one(request, str(contact_id))])[0]


def _happenings(facts: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": fact.pk,
            "name": fact.name,
            "at": fact.occurred_at,
            "received_at": fact.received_at,
            "source": fact.source_type,
            "amount": fact.amount,
            "currency": fact.currency,
            "campaign_id": fact.campaign_id,
            "properties": fact.properties,
        }
        for fact in facts
    ]


def _create(request: ApiRequest, given: ContactIn) -> Contact:
    with transaction.atomic():
        contact = services.create_contact(by=request.user, **_changes(request, given, None))
        _link(contact, given, request.user)
    return contact


def _known(request: ApiRequest, given: ContactIn) -> Contact | None:
    """Whom the identities and addresses name; a conflict when they name two, or somebody out of reach."""
    named = [linking.find_by_identity(each.namespace, each.id) for each in given.identities]
    named = [each for each in named if each] or [services.find_by_email(each.address) for each in given.emails]
    found = {each.pk: each for each in named if each}
    if len(found) > 1:
        raise Problem(409, _("These identities or addresses belong to different contacts."))
    contact = next(iter(found.values()), None)
    if contact is not None and not reading.visible(request).filter(pk=contact.pk).exists():
        raise Problem(409, _("This contact belongs to somebody whose records you do not see."))
    return _unbinned(contact) if contact else None


def _unbinned(contact: Contact) -> Contact:
    if contact.binned_at is not None:
        raise Problem(409, _("This contact is in the bin. Restore it first."))
    return contact


def _update(request: ApiRequest, contact: Contact, given: ContactIn) -> None:
    by, changes = request.user, _changes(request, given, contact)
    emails = changes.pop("emails", [])
    phones = changes.pop("phones", [])
    tags = changes.pop("tags", [])
    known = EmailAddress.objects.filter(contact=contact).order_by("-is_primary", "id")
    if emails:
        changes["emails"] = [*(EmailEntry(row.address, row.kind) for row in known), *emails]
    if phones:
        numbers = contact.phones.order_by("-is_primary", "id")
        changes["phones"] = [*(PhoneEntry(row.number, row.kind) for row in numbers), *phones]
    services.edit_contact(contact=contact, by=by, via="api", **changes)
    services.add_tags(contact_ids=[contact.pk], names=tags, by=by)
    _link(contact, given, by)


def _link(contact: Contact, given: ContactIn, by: User) -> None:
    pairs = [(each.namespace, each.id) for each in given.identities]
    linking.link_identities(contact=contact, identities=pairs, by=by)


def _changes(request: ApiRequest, given: ContactIn, contact: Contact | None) -> dict[str, Any]:
    """The fields that were given, as the services take them; ``contact`` is whom they change."""
    changes = {name: getattr(given, name) for name in given.model_fields_set - {"identities"}}
    if "owner_id" in changes:
        changes["owner"] = _member(changes.pop("owner_id"))
    if "emails" in changes:
        changes["emails"] = [EmailEntry(each.address, each.kind) for each in given.emails]
    if "phones" in changes:
        changes["phones"] = [PhoneEntry(each.number, each.kind) for each in given.phones]
    if "addresses" in changes:
        changes["addresses"] = [AddressEntry(**each.model_dump()) for each in given.addresses]
    return changes | _custom(request, given, contact)


def _custom(request: ApiRequest, given: ContactIn, contact: Contact | None) -> dict[str, Any]:
    """Custom fields, and whether those needed at the person's stage are there."""
    is_told = contact is None or not given.model_fields_set.isdisjoint({"stage", "custom_fields"})
    if not is_told:
        return {}
    stage = given.stage if contact is None or "stage" in given.model_fields_set else contact.stage
    sent = given.model_dump(include={"custom_fields"})["custom_fields"]
    contact_id = contact.pk if contact is not None else None
    return {"custom_fields": custom.checked(request, sent, stage=stage, contact_id=contact_id)}


def _member(owner_id: str | None) -> User | None:
    if owner_id is None:
        return None
    user = User.objects.filter(pk=number_of(owner_id)).first()
    if user is None:
        raise ValidationError({"owner_id": _("This person is not a member of this workspace.")})
    return user
