"""A person laid flat: one row of cells, from which an import makes the same person again.

Tables and JSON lines share it: an export writes these cells, and an import lays the lines of an export
flat in the same way. ``contacts.imports.several`` is the way back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.numbers import get_currency_precision
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

# One person: own fields as JSON has them, and lists of ``emails``, ``phones``, ``addresses``,
# ``identities`` (the primary one first) and ``tags``.
Record = Mapping[str, Any]

OUR_NUMBER = gettext_noop("eCRM number")
MANY = ":::"  # between several values of one cell, as address books write it
PLAIN = "other"
PARTS = ("street", "postcode", "city", "region", "country")
_SPLITS_TAGS = re.compile(r'[,;|"]|:::')


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str | Promise
    read: Callable[[Record], str]


def cells(record: Record) -> dict[str, str]:
    """By the keys of ``COLUMNS``, what is filled."""
    return {column.key: cell for column in COLUMNS if (cell := column.read(record))}


def is_record(found: Mapping[str, Any]) -> bool:
    """Whether an object of a file is a line of an export of ours."""
    return all(isinstance(found.get(listed), list) for listed in ("emails", "phones", "addresses", "identities"))


def custom_text(value: Any) -> str:
    """A value of a custom field as JSON holds it, so that ``fields.parse`` reads the same again."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return money_text(value)
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


def money_text(value: Mapping[str, Any]) -> str:
    """``{"amount": 1250, "currency": "EUR"}`` is ``12.50 EUR``."""
    places = get_currency_precision(str(value.get("currency", "")))
    amount = int(value.get("amount", 0))
    sign, digits = "-" if amount < 0 else "", str(abs(amount)).rjust(places + 1, "0")
    figure = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"{sign}{figure} {value.get('currency', '')}"


def tags_text(names: Sequence[str]) -> str:
    """With quotation marks around a name that holds what parts names."""
    return ", ".join(_quoted(name) if _SPLITS_TAGS.search(name) else name for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def escaped(text: str, marks: str = ":;") -> str:
    """Without anything that parts cells, so that ``split`` and ``unescaped`` find it again."""
    return "".join(f"\\{letter}" if letter in marks or letter == "\\" else letter for letter in text)


def split(text: str, mark: str) -> list[str]:
    """At each ``mark`` that no backslash stands before; the parts still escaped."""
    if "\\" not in text:
        return text.split(mark)
    parts = [""]
    for piece in re.findall(rf"{re.escape(mark)}|\\.|[^\\]|\\$", text, re.DOTALL):
        if piece == mark:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _own(key: str) -> Callable[[Record], str]:
    return lambda record: str(record.get(key) or "")


def _nth(listed: str, key: str, place: int) -> Callable[[Record], str]:
    return lambda record: _text(record[listed][place][key]) if len(record[listed]) > place else ""


def _text(value: Any) -> str:
    """Raises ``TypeError`` for what is several values: others may have written in the file."""
    if isinstance(value, Mapping | list):
        raise TypeError(f"one value expected, not a {type(value).__name__}")
    return "" if value is None else str(value)


def _rest(listed: str, key: str, start: int) -> Callable[[Record], str]:
    return lambda record: MANY.join(one[key] for one in record[listed][start:])


def _place(key: str) -> Callable[[Record], str]:
    """Of the first postal address, else what is known of the place without one."""

    def read(record: Record) -> str:
        if record["addresses"]:
            return _text(record["addresses"][0][key])
        return str(record.get(key) or "") if key in ("city", "country") else ""

    return read


def _own_place(key: str) -> Callable[[Record], str]:
    """Where somebody is, beside where their post goes."""
    return lambda record: str(record.get(key) or "") if record["addresses"] else ""


def _details(listed: str) -> Callable[[Record], str]:
    """Kind and day of verification of each, in their order; empty when there is nothing to be said."""

    def read(record: Record) -> str:
        told = [_about(one) for one in record[listed]]
        return MANY.join(told) if any(one != PLAIN for one in told) else ""

    return read


def _about(one: Mapping[str, Any]) -> str:
    position = ""
    if one.get("latitude") is not None and one.get("longitude") is not None:
        position = f"{one['latitude']},{one['longitude']}"
    verified = one.get("verified_at") or ("yes" if one.get("verified") else "")
    return " ".join(filter(None, (one.get("kind") or PLAIN, verified, position)))


def _written(record: Record) -> str:
    phones = record["phones"]
    if all(one.get("written", one["number"]) == one["number"] for one in phones):
        return ""
    return MANY.join(escaped(one.get("written", one["number"]), ":") for one in phones)


def _address_details(record: Record) -> str:
    return _about(record["addresses"][0]) if record["addresses"] else ""


def _more_addresses(record: Record) -> str:
    return MANY.join(
        ";".join(escaped(part) for part in (*(one[part] or "" for part in PARTS), _about(one)))
        for one in record["addresses"][1:]
    )


def _identities(record: Record) -> str:
    return MANY.join(
        f"{escaped(one['namespace'], ':')}:{escaped(one['external_id'], ':')}" for one in record["identities"]
    )


COLUMNS = (
    Column("id", _(OUR_NUMBER), _own("id")),
    Column("ecrm_workspace", _("eCRM workspace"), _own("ecrm_workspace")),
    Column("email", _("Email"), _nth("emails", "address", 0)),
    Column("email2", _("Second email"), _nth("emails", "address", 1)),
    Column("more_emails", _("More emails"), _rest("emails", "address", 2)),
    Column("email_details", _("Kinds of the emails"), _details("emails")),
    Column("given_name", _("Given name"), _own("given_name")),
    Column("family_name", _("Family name"), _own("family_name")),
    Column("name", _("Full name"), _own("name")),
    Column("phone", _("Phone"), _rest("phones", "number", 0)),
    Column("phones_written", _("Phones as written"), _written),
    Column("phone_details", _("Kinds of the phones"), _details("phones")),
    Column("company", _("Company"), _own("company")),
    Column("job_title", _("Job title"), _own("job_title")),
    Column("stage", _("Stage"), _own("stage")),
    Column("tags", _("Tags"), lambda record: tags_text(record["tags"])),
    Column("language", _("Language"), _own("language")),
    Column("time_zone", _("Time zone"), _own("time_zone")),
    Column("birthday", _("Birthday"), _own("birthday")),
    Column("street", _("Street"), _place("street")),
    Column("postcode", _("Postcode"), _place("postcode")),
    Column("city", _("City"), _place("city")),
    Column("region", _("Region"), _place("region")),
    Column("country", _("Country"), _place("country")),
    Column("address_details", _("Kind of the address"), _address_details),
    Column("own_city", _("City of the person"), _own_place("city")),
    Column("own_country", _("Country of the person"), _own_place("country")),
    Column("more_addresses", _("More addresses"), _more_addresses),
    Column("identities", _("Numbers in other systems"), _identities),
    Column("source", _("Source"), _own("source")),
    Column("created_at", _("Customer since"), _own("created_at")),
    Column("last_active_at", _("Last active"), _own("last_active_at")),
    Column("owner", _("Owner"), _own("owner")),
)
