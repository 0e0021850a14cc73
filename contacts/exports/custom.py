"""Values of custom fields in a file: not as a page says them, but so that an import reads them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babel.numbers import get_currency_precision

from contacts import fields
from contacts.fields.reading import reference_names
from contacts.models import CustomField
from ecrm.tenancy.models import Membership

Kind = CustomField.Kind


def read(ids: Sequence[int], asked: Sequence[CustomField], membership: Membership) -> dict[int, dict[str, Any]]:
    """By person and key, as JSON holds them; a company by its name."""
    found = fields.values("contact", ids, asked)
    companies = {field.key: field for field in asked if field.kind == Kind.COMPANY}
    if companies:
        given = [{key: value for key, value in one.items() if key in companies} for one in found.values()]
        names = reference_names(companies, given, membership)[Kind.COMPANY]
        for one in found.values():
            one.update({key: names.get(one[key], "") for key in companies if key in one})
    return found


def text(field: CustomField, value: Any) -> str:
    if value is None:
        return ""
    match Kind(field.kind):
        case Kind.MONEY:
            places = get_currency_precision(value["currency"])
            return f"{value['amount'] / 10**places:.{places}f} {value['currency']}"
        case Kind.BOOLEAN:
            return "yes" if value else "no"
        case Kind.CHOICES:
            return "; ".join(value)
    return str(value)
