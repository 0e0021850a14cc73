"""``/contacts``: read, create, change, tag, bin."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Annotated, Any

from ninja import Query, Router, Status

from contacts import events, fields, services
from contacts.api import filtering, reading, writing
from contacts.api.reading import ContactFilters, HappeningFilters
from contacts.api.schemas import ContactIn, ContactOut, HappeningOut, IdentityIn, IdentityOut, RuleIn, TagsIn
from contacts.lists.query import ListQuery
from contacts.models import Event
from ecrm.api.access import ApiRequest, needs
from ecrm.api.paging import PageOut, Paging, Window, page_of
from ecrm.api.schemas import IdIn
from ecrm.api.scopes import Scope
from ecrm.tenancy.roles import Capability

router = Router()
READ, WRITE = needs(Scope.CONTACTS_READ), needs(Scope.CONTACTS_WRITE)


@router.get("", auth=READ, response=PageOut[ContactOut], summary="List contacts")
def list_contacts(request: ApiRequest, asked: Annotated[ContactFilters, Query()], window: Window) -> Any:
    return _listed(request, asked, window, filtering.read_where(request, asked.where))


@router.post("/search", auth=READ, response=PageOut[ContactOut], summary="List the contacts a rule finds")
def search_contacts(request: ApiRequest, given: RuleIn) -> Any:
    """For rules too long for an address. Nothing is kept; see segments for that."""
    asked = ContactFilters.model_construct(order=given.order)
    window = Paging(limit=given.limit, cursor=given.cursor)
    return _listed(request, asked, window, filtering.read_rule(request, given.rule))


@router.post("", auth=WRITE, response={201: ContactOut}, summary="Create a contact")
def create_contact(request: ApiRequest, given: ContactIn) -> Any:
    """An e-mail address that somebody else has is a conflict (409); see upsert."""
    contact = writing.create(request, given)
    return Status(201, _shown(request, contact.pk))


@router.post("/upsert", auth=WRITE, response={200: ContactOut, 201: ContactOut}, summary="Create or update a contact")
def upsert_contact(request: ApiRequest, given: ContactIn) -> Any:
    """Finds the person by one of the identities, else by one of the e-mails, and changes the given fields.

    E-mails, phones, tags and identities are added to those there. Nobody found: creates.
    """
    contact, result = writing.upsert(request, given)
    return Status(201 if result == "created" else 200, _shown(request, contact.pk))


@router.get("/{contact_id}", auth=READ, response=ContactOut, summary="Read a contact")
def read_contact(request: ApiRequest, contact_id: IdIn) -> Any:
    return reading.show(request, [reading.one(request, contact_id)])[0]


@router.patch("/{contact_id}", auth=WRITE, response=ContactOut, summary="Change a contact")
def change_contact(request: ApiRequest, contact_id: IdIn, given: ContactIn) -> Any:
    """Changes the fields given and leaves the others. Lists replace those there, identities are added."""
    contact = reading.one(request, contact_id)
    writing.change(request, contact, given)
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
    services.add_tags(contact_ids=[contact.pk], names=given.add, by=request.user, via="api")
    services.remove_tags(contact_ids=[contact.pk], names=given.remove, by=request.user, via="api")
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


@router.post("/{contact_id}/identities", auth=WRITE, response=list[IdentityOut], summary="Add an identity")
def add_identity(request: ApiRequest, contact_id: IdIn, given: IdentityIn) -> Any:
    """Answers all of theirs. One that somebody else has is a conflict (409)."""
    contact = writing.unbinned(reading.one(request, contact_id))
    services.add_identity(contact=contact, namespace=given.namespace, external_id=given.id, by=request.user, via="api")
    return _shown(request, contact.pk)["identities"]


@router.delete("/{contact_id}/identities", auth=WRITE, response={204: None}, summary="Remove an identity")
def remove_identity(request: ApiRequest, contact_id: IdIn, asked: Annotated[IdentityIn, Query()]) -> Any:
    """Twice changes nothing."""
    contact = reading.one(request, contact_id)
    services.remove_identity(
        contact=contact, namespace=asked.namespace, external_id=asked.id, by=request.user, via="api"
    )
    return Status(204, None)


@router.get("/{contact_id}/events", auth=READ, response=PageOut[HappeningOut], summary="Read a contact's history")
def list_contact_events(
    request: ApiRequest, contact_id: IdIn, asked: Annotated[HappeningFilters, Query()], window: Window
) -> Any:
    """Newest first; events the token's maker may not see are left out."""
    contact = reading.one(request, contact_id)
    hidden = [kind.name for kind in events.kinds() if not request.membership.may(kind.capability)]
    facts = asked.narrow(Event.objects.filter(contact_id=contact.pk).exclude(name__in=hidden))
    unseen = fields.hidden("contact", request.membership)
    return page_of(facts, window, order=("-occurred_at", "-id"), show=partial(_happenings, unseen=unseen))


def _shown(request: ApiRequest, contact_id: int) -> dict[str, Any]:
    return reading.show(request, [reading.one(request, str(contact_id))])[0]


def _listed(request: ApiRequest, asked: ContactFilters, window: Paging, query: ListQuery) -> Any:
    people = reading.with_lists(reading.narrowed(request, asked, query))
    with filtering.patient(query):
        return page_of(people, window, order=asked.keys, show=partial(reading.show, request))


def _happenings(facts: Any, *, unseen: Collection[str]) -> list[dict[str, Any]]:
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
            "properties": _seen(fact.properties, unseen),
        }
        for fact in facts
    ]


def _seen(properties: dict[str, Any], unseen: Collection[str]) -> dict[str, Any]:
    """Less the names of changed fields that the token's maker does not see."""
    changed = properties.get("fields")
    if not isinstance(changed, list):
        return properties
    return {**properties, "fields": [name for name in changed if name not in unseen]}
