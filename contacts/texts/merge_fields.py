"""The names an author may put into a message, and what each may be used for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class FieldKind(StrEnum):
    """How a value takes part in conditions, and whether it may stand as a whole link address."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class MergeField:
    """`name` as written in Liquid. Values are always given as text: numbers with a decimal
    point, dates as ISO 8601, an unknown value as the empty string."""

    name: str
    label: str | Promise
    sample: str
    kind: FieldKind = FieldKind.TEXT
    is_always_known: bool = False


Fields = Mapping[str, MergeField]

# Values every message gets from the engine. An author may link to the addresses.
SYSTEM_ADDRESSES = ("unsubscribe_url", "preferences_url", "view_url")

_registry: dict[str, MergeField] = {}
_sources: list[Callable[[], Iterable[MergeField]]] = []


def register(field: MergeField) -> None:
    """Offer a field to authors everywhere. Called from `apps.py: ready()`; the last one wins."""
    _registry[field.name] = field


def register_source(source: Callable[[], Iterable[MergeField]]) -> None:
    """For fields of the bound tenant. Asked often: it must answer from memory within a request."""
    _sources.append(source)


def registered() -> Fields:
    """All fields, in the order they were registered, then the bound tenant's own."""
    return _registry | {field.name: field for source in _sources for field in source()}


def samples(fields: Iterable[MergeField]) -> dict[str, str]:
    return {field.name: field.sample for field in fields}


def nearest(name: str, fields: Fields) -> str | None:
    """The field somebody most likely meant by a name that is none: `contact.firstname`."""
    if close := difflib.get_close_matches(name, fields, n=1, cutoff=0.6):
        return close[0]
    by_last_part = {known.rpartition(".")[2]: known for known in fields}
    close = difflib.get_close_matches(name.rpartition(".")[2], by_last_part, n=1, cutoff=0.5)
    return by_last_part[close[0]] if close else None


def _register_own() -> None:
    for field in (
        MergeField("contact.given_name", _("First name"), "Ana"),
        MergeField("contact.family_name", _("Last name"), "Nowak"),
        MergeField("contact.email", _("E-mail address"), "ana.nowak@example.com", is_always_known=True),
        MergeField("contact.company", _("Company"), "Verdelume"),
        MergeField("contact.city", _("City"), "Porto"),
        MergeField("contact.country", _("Country"), "PT"),
        MergeField("contact.language", _("Language"), "pl", is_always_known=True),
        MergeField("tenant.name", _("Your organisation"), "Verdelume", is_always_known=True),
        MergeField(
            "unsubscribe_url", _("Unsubscribe link"), "https://example.com/u", FieldKind.ADDRESS, is_always_known=True
        ),
        MergeField(
            "preferences_url", _("Preferences link"), "https://example.com/p", FieldKind.ADDRESS, is_always_known=True
        ),
        MergeField(
            "view_url", _("View in browser link"), "https://example.com/v", FieldKind.ADDRESS, is_always_known=True
        ),
    ):
        register(field)


_register_own()
