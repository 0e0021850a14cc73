"""Values of custom fields in a file: not as a page says them, but so that an import reads them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from contacts import fields, flat_people
from contacts.fields.kinds import choices_of, entries_text
from contacts.fields.reading import reference_names
from contacts.models import CustomChoice, CustomField, EmailAddress
from ecrm.tenancy.models import Membership

Kind = CustomField.Kind


def read(ids: Sequence[int], asked: Sequence[CustomField], membership: Membership) -> dict[int, dict[str, Any]]:
    """By person and key, as JSON holds them; a company by its name, a person by their address."""
    found = fields.values("contact", ids, asked)
    _name_companies(found, {field.key: field for field in asked if field.kind == Kind.COMPANY}, membership)
    _name_people(found, {field.key: field for field in asked if field.kind == Kind.PERSON}, membership)
    return found


class Entries:
    """Values as the cells of a table; entries of a list by their names, so that a workspace that has not got
    the list can make it."""

    def __init__(self) -> None:
        self._names: dict[int, dict[str, str]] = {}

    def text(self, field: CustomField, value: Any) -> str:
        if value is None or not field.has_choices:
            return flat_people.custom_text(value)
        names = self._names_of(field)
        if isinstance(value, list):
            return entries_text([names.get(key) or str(key) for key in value])
        return names.get(value) or str(value)

    def named(self, asked: Sequence[CustomField], values: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """The names of the entries among these values: by field, then by entry."""
        found = {}
        for field in asked:
            if field.has_choices and (value := values.get(field.key)):
                names = self._names_of(field)
                chosen = value if isinstance(value, list) else [value]
                found[field.key] = {key: names[key] for key in chosen if key in names}
        return found

    def _names_of(self, field: CustomField) -> dict[str, str]:
        names = self._names.get(field.pk)
        if names is None:
            names = self._names[field.pk] = {one.key: _name_of(field, one) for one in choices_of(field)}
        return names


def _name_of(field: CustomField, choice: CustomChoice) -> str:
    """Its key where the name leads elsewhere: it is retired, or another is called so."""
    try:
        is_found = fields.check(field, choice.label if field.kind == Kind.CHOICE else [choice.label])
    except ValidationError:
        return str(choice.key)
    return str(choice.label) if is_found in (choice.key, [choice.key]) else str(choice.key)


def _name_companies(
    found: dict[int, dict[str, Any]], companies: dict[str, CustomField], membership: Membership
) -> None:
    if companies:
        given = [{key: value for key, value in one.items() if key in companies} for one in found.values()]
        names = reference_names(companies, given, membership)[Kind.COMPANY]
        for one in found.values():
            one.update({key: names.get(one[key], "") for key in companies if key in one})


def _name_people(found: dict[int, dict[str, Any]], people: dict[str, CustomField], membership: Membership) -> None:
    """Number and name where they have no address: another workspace has somebody else by that number."""
    given = [{key: value for key, value in one.items() if key in people} for one in found.values()]
    named = {pk for one in given for pk in one.values()}
    if named:
        addresses = EmailAddress.objects.filter(contact__in=named, is_primary=True, binned_at=None)
        by_id = dict(addresses.values_list("contact_id", "address"))
        names = reference_names(people, given, membership)[Kind.PERSON] if named - by_id.keys() else {}
        words = {pk: by_id.get(pk) or f"#{pk} {names.get(pk, '?')}" for pk in named}
        for one in found.values():
            one.update({key: words[one[key]] for key in people if key in one})
