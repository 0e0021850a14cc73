"""What a letter says to its person: merge fields become values before it is sent, or even written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError

from contacts.letters import refusals
from contacts.models import Contact
from contacts.texts import merge_fields, own_fields
from contacts.texts.merge_fields import Fields
from contacts.texts.template_language import evaluate, paths_in, problems_in, template
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

_OF_A_PERSON = ("contact.", "tenant.")


class Said(NamedTuple):
    subject: str
    text: str


def offered() -> Fields:
    """Those that speak of a person or of us; the links of a campaign mean nothing in a letter."""
    return {name: field for name, field in merge_fields.registered().items() if name.startswith(_OF_A_PERSON)}


def check(**texts: str) -> None:
    """Raises ``ValidationError`` by field when a text cannot be filled in."""
    fields = offered()
    wrong = {name: problems for name, text in texts.items() if (problems := problems_in(text, fields))}
    if wrong:
        raise ValidationError(wrong)


def filled(contact: Contact, *, subject: str, text: str) -> Said:
    """For this person; at most six queries, none without merge fields. Raises ``ValidationError`` by field."""
    if "{" not in subject + text:
        return Said(subject.strip(), text.strip())
    check(subject=subject, text=text)
    values = _values(contact, own_fields.used_in(subject + text))
    return Said(_fill(subject, values).strip(), _fill(text, values).strip())


def _fill(text: str, values: Mapping[str, str]) -> str:
    return evaluate(template(text), paths_in(text), values, offered())


def _values(contact: Contact, own_keys: frozenset[str]) -> dict[str, str]:
    tenant = Tenant.objects.get(pk=require_tenant_id())
    language = contact.language or tenant.language
    known = {
        "contact.given_name": contact.given_name,
        "contact.family_name": contact.family_name,
        "contact.email": next((each.address for each in refusals.addresses_of(contact.pk)), ""),
        "contact.company": contact.company.name if contact.company else "",
        "contact.city": contact.city,
        "contact.country": contact.country,
        "contact.language": language,
        "tenant.name": tenant.name,
    }
    return known | dict(own_fields.pairs([contact.pk], own_keys, language).get(contact.pk, ()))
