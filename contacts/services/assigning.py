"""A person's own fields: which there are, how they are set, and what changed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.models import Company, Contact
from contacts.services.naming import LONGEST_NAME, NOBODY, Namer, get_or_create_companies
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership
from ecrm.tenancy.settings_rows import once

EDITABLE = (
    *("name", "given_name", "family_name", "stage", "owner", "company", "job_title", "language"),
    *("time_zone", "country", "city", "birthday", "source"),
)
# What was there and what is there now, by key, as ``contacts.provenance.NewChange`` keeps them.
Changed = dict[str, tuple[Any, Any]]


def assign(contact: Contact, values: dict[str, Any], *, namer: Namer = NOBODY) -> Changed:
    """Sets own fields and answers those that changed, the name's own change included.

    ``namer`` is who names the company, should there be none of that name yet.

    Raises ``ValidationError`` by field, ``TypeError`` for a field nobody may set.
    """
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise TypeError(f"A contact has no editable field {', '.join(sorted(unknown))}.")
    before, was_composed = _snapshot(contact), contact.name == _composed(contact)
    if "company" in values:
        values = {**values, "company": _company(values["company"], namer)}
    for name, value in values.items():
        setattr(contact, name, value.strip() if isinstance(value, str) else value)
    if not contact.name or (was_composed and "name" not in values):
        contact.name = _composed(contact)
    contact.country = contact.country.upper()
    _check(contact)
    after = _snapshot(contact)
    return {name: (before[name], after[name]) for name in EDITABLE if before[name] != after[name]}


def copy_fields(source: Contact, target: Contact) -> None:
    for name in (*EDITABLE, "updated_at"):
        setattr(target, name, getattr(source, name))


def _snapshot(contact: Contact) -> dict[str, Any]:
    """Own fields as they are; references by id, so that looking costs no query."""
    return {name: contact.__dict__.get(name, contact.__dict__.get(f"{name}_id")) for name in EDITABLE}


def _composed(contact: Contact) -> str:
    return f"{contact.given_name} {contact.family_name}".strip()


def _check(contact: Contact) -> None:
    contact.clean_fields(exclude={"tenant", "owner", "company", "sort_key", "search_text"})
    owner_id = contact.owner_id
    if owner_id and not _is_member(owner_id):
        raise ValidationError({"owner": _("This person is not a member of this workspace.")})


def _is_member(user_id: int) -> bool:
    members = Membership.objects.filter(tenant=require_tenant_id(), user=user_id)
    return once(("contacts.member", user_id), members.exists)


def _company(given: str | Company | None, namer: Namer) -> Company | None:
    if not isinstance(given, str):
        return given
    name = given.strip()
    if len(name) > LONGEST_NAME:
        too_long = _("A company's name has at most %(limit)d letters.") % {"limit": LONGEST_NAME}
        raise ValidationError({"company": too_long})
    ids = get_or_create_companies([name], namer=namer)
    return Company.objects.get(pk=ids[name]) if name else None
