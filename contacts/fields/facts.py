"""Custom fields as the page of a person or company tells them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.template.defaultfilters import linebreaksbr
from django.urls import reverse

from contacts.fields import reading
from contacts.fields.kinds import Kind
from ecrm.tenancy.models import Membership


@dataclass(frozen=True, slots=True)
class Fact:
    """As ``person.Fact``: ``key`` is the provenance's (``f:tier``), ``url`` leads to what the value names."""

    label: str
    value: str
    key: str
    url: str = ""


def facts(entity: str, owner_id: int, membership: Membership) -> list[Fact]:
    """What this member sees and what is filled in, in the order of the fields. Two queries at most."""
    return list(_facts(entity, owner_id, membership))


def empty(membership: Membership, entity: str, held: Collection[str]) -> list[Fact]:
    """What this member sees and is not among the keys that are filled in. No query after ``facts``."""
    fields = reading.of(entity, membership)
    return [Fact(field.label, "", key) for field in fields if (key := reading.prefixed(field)) not in held]


def _facts(entity: str, owner_id: int, membership: Membership) -> Iterator[Fact]:
    fields = reading.of(entity, membership)
    told = reading.told(entity, owner_id, fields, membership)
    for field in fields:
        if field.key in told:
            text, target = told[field.key]
            value = linebreaksbr(text, autoescape=True) if "\n" in text else text
            yield Fact(field.label, value, reading.prefixed(field), _url(field.kind, text, target))


def _url(kind: str, text: str, target: int | None) -> str:
    if kind == Kind.LINK:
        return text
    if target is None:
        return ""
    return reverse("contact_page" if kind == Kind.PERSON else "company_page", args=[target])
