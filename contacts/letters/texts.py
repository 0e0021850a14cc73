"""What a letter says to its person: merge fields become values before it is sent, or even written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.letters import refusals
from contacts.models import Contact
from contacts.texts import merge_fields, own_fields
from contacts.texts.merge_fields import Fields
from contacts.texts.template_language import evaluate, paths_in, problems_in, template
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

_OF_A_PERSON = ("contact.", "tenant.")
_NAMES = re.compile(r"[a-z_]+\.[\w.-]+")
_OUTPUTS = re.compile(r"\{\{-?\s*([a-z_]+\.[\w.-]+?)\s*(?:\|(?!\s*default|[^}]*\|\s*default)[^}]*)?-?\}\}")
_TESTS = re.compile(r"\{%-?\s*(?:if|unless|case)\b([^%]*)%\}")


class Said(NamedTuple):
    """``gaps`` are names of fields that this person has no value for, left standing as they were written."""

    subject: str
    text: str
    gaps: Sequence[str] = ()


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
    said = begun(contact, subject=subject, text=text)
    if said.gaps:
        raise ValidationError({"text": [gap_words(contact, name) for name in said.gaps]})
    return said


def begun(contact: Contact, *, subject: str, text: str) -> Said:
    """The same for words still to be read over: what is empty stays standing instead of becoming a hole."""
    if "{" not in subject + text:
        return Said(subject.strip(), text.strip())
    check(subject=subject, text=text)
    values = _values(contact, own_fields.used_in(subject + text))
    gaps = [name for name in _bare(subject + text) if not values.get(name, "").strip()]
    standing = values | {name: f"{{{{ {name} }}}}" for name in gaps}
    return Said(_fill(subject, standing).strip(), _fill(text, standing).strip(), gaps)


def gap_words(contact: Contact, name: str) -> str:
    label = offered()[name].label
    return _("%(person)s has no “%(field)s”. Write something in place of {{ %(name)s }}, or remove it.") % {
        "person": contact,
        "field": label,
        "name": name,
    }


def _bare(source: str) -> list[str]:
    """Fields written without a word for those who have none, and without an "if" around them."""
    guarded = {name for tag in _TESTS.findall(source) for name in _NAMES.findall(tag)}
    return [name for name in dict.fromkeys(_OUTPUTS.findall(source)) if name not in guarded]


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
