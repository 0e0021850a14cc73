"""A person as a request gives them, written through the services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contacts import services
from contacts.api import custom, reading
from contacts.api.schemas import ContactIn
from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.models import Contact, EmailAddress, PhoneNumber
from contacts.services import linking
from ecrm.api import problems
from ecrm.api.access import ApiRequest
from ecrm.api.problems import Problem
from ecrm.api.schemas import number_of
from ecrm.tenancy.models import User
from ecrm.tenancy.settings_rows import once


def create(request: ApiRequest, given: ContactIn) -> Contact:
    with transaction.atomic():
        contact = services.create_contact(by=request.user, via="api", **changes_of(request, given, None))
        link(contact, given, request.user)
    return contact


def known(request: ApiRequest, given: ContactIn) -> Contact | None:
    """Whom the identities and addresses name; a conflict when they name two, or somebody out of reach."""
    named = [linking.find_by_identity(each.namespace, each.id) for each in given.identities]
    named = [each for each in named if each] or [services.find_by_email(each.address) for each in given.emails]
    found = {each.pk: each for each in named if each}
    if len(found) > 1:
        raise Problem(409, _("These identities or addresses belong to different contacts."))
    contact = next(iter(found.values()), None)
    if contact is not None and not reading.visible(request).filter(pk=contact.pk).exists():
        raise Problem(409, _("This contact belongs to somebody whose records you do not see."))
    return unbinned(contact) if contact else None


def upsert(request: ApiRequest, given: ContactIn) -> tuple[Contact, Literal["created", "updated", "unchanged"]]:
    """The person found or made, and what became of them. Two requests at once make one person."""
    found = known(request, given)
    if found is None:
        try:
            return create(request, given), "created"
        except ValidationError as refusal:
            found = known(request, given) if problems.of_validation(refusal).status == 409 else None
            if found is None:
                raise
    return found, "updated" if update(request, found, given) else "unchanged"


def change(request: ApiRequest, contact: Contact, given: ContactIn) -> bool:
    """Lists replace those there, identities are added. False when all of it was so already."""
    unbinned(contact)
    changes = changes_of(request, given, contact)
    changed = services.edit_contact(contact=contact, by=request.user, via="api", **changes)
    return bool(link(contact, given, request.user)) or bool(changed)


def unbinned(contact: Contact) -> Contact:
    if contact.binned_at is not None:
        raise Problem(409, _("This contact is in the bin. Restore it first."))
    return contact


def update(request: ApiRequest, contact: Contact, given: ContactIn) -> bool:
    """Lists come to those there. False when all of it was so already."""
    by, changes = request.user, changes_of(request, given, contact)
    emails = changes.pop("emails", [])
    phones = changes.pop("phones", [])
    tags = changes.pop("tags", [])
    own = EmailAddress.objects.filter(contact=contact).order_by("-is_primary", "id")
    if emails:
        changes["emails"] = [*(EmailEntry(row.address, row.kind) for row in own), *emails]
    if phones:
        numbers = contact.phones.order_by("-is_primary", "id")
        changes["phones"] = [*(PhoneEntry(_as_written(row), row.kind) for row in numbers), *phones]
    changed = services.edit_contact(contact=contact, by=by, via="api", **changes)
    added = services.add_tags(contact_ids=[contact.pk], names=tags, by=by, via="api")
    return any((link(contact, given, by), added, changed))


def _as_written(row: PhoneNumber) -> str:
    """What was written without its country code may mean another number by now."""
    return row.written if row.written.startswith("+") else row.number


def link(contact: Contact, given: ContactIn, by: User) -> int:
    return linking.link_identities(contact=contact, identities=pairs_of(given), by=by, via="api")


def pairs_of(given: ContactIn) -> list[tuple[str, str]]:
    return [(each.namespace, each.id) for each in given.identities]


def changes_of(
    request: ApiRequest, given: ContactIn, contact: Contact | None, held: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The fields that were given, as the services take them; ``contact`` is whom they change.

    ``held`` are the custom fields they have, read when nobody tells them.
    """
    changes = {name: getattr(given, name) for name in given.model_fields_set - {"identities", "id"}}
    if "owner_id" in changes:
        changes["owner"] = member(changes.pop("owner_id"))
    if "emails" in changes:
        changes["emails"] = [EmailEntry(each.address, each.kind) for each in given.emails]
    if "phones" in changes:
        changes["phones"] = [PhoneEntry(each.number, each.kind) for each in given.phones]
    if "addresses" in changes:
        changes["addresses"] = [AddressEntry(**each.model_dump()) for each in given.addresses]
    return changes | _custom(request, given, contact, held)


def _custom(
    request: ApiRequest, given: ContactIn, contact: Contact | None, held: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Custom fields, and whether those needed at the person's stage are there."""
    is_told = contact is None or not given.model_fields_set.isdisjoint({"stage", "custom_fields"})
    if not is_told:
        return {}
    stage = given.stage if contact is None or "stage" in given.model_fields_set else contact.stage
    sent = given.model_dump(include={"custom_fields"})["custom_fields"]
    contact_id = contact.pk if contact is not None else None
    was_stage = contact.stage if contact is not None else None
    found = custom.checked(request, sent, stage=stage, owner_id=contact_id, held=held, was_stage=was_stage)
    return {"custom_fields": found}


def member(owner_id: str | None) -> User | None:
    if owner_id is None:
        return None
    user_id = number_of(owner_id)
    user = once(("contacts.owner", user_id), User.objects.filter(pk=user_id).first)
    if user is None:
        raise ValidationError({"owner_id": _("This person is not a member of this workspace.")})
    return user
