"""Earlier and present values in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from contacts import fields, places
from contacts.event_kinds import FIELD_NAMES
from contacts.models import CustomField
from contacts.models.people import Stage
from contacts.provenance.reading import Origin, Origins
from ecrm.ui import formats
from ecrm.ui.templatetags.ui import icon

Fields = Mapping[str, CustomField]
_NONE: Fields = {}


def label_of(key: str, custom: Fields) -> str:
    """What the page calls it. ``custom`` are the fields of ``contacts.fields.by_key``."""
    if key.startswith(fields.PREFIX):
        field = custom.get(key.removeprefix(fields.PREFIX))
        return str(field.label) if field else key
    return capfirst(str(FIELD_NAMES.get(key, key)))


def shown(key: str, value: Any, *, custom: Fields, name: str = "") -> str:
    """One value; ``name`` is that of a company or colleague. Empty for nothing."""
    if value in (None, "", []):
        return ""
    if key.startswith(fields.PREFIX):
        return _custom(key.removeprefix(fields.PREFIX), value, custom)
    match key, value:
        case "stage", str():
            return str(dict(Stage.choices).get(value, value))
        case "country", str():
            return places.country_name(value)
        case "language", str():
            return places.language_name(value)
        case "birthday", str():
            return birthday(date.fromisoformat(value))
        case (("owner" | "company"), _value):
            return name or _("Somebody who is gone") if key == "owner" else name or _("A company that is gone")
        case (("addresses" | "identities"), list()):
            return "; ".join(", ".join(filter(None, parts)) for parts in value)
        case _key, list():
            return ", ".join(map(str, value))
    return str(value)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a page says of the origin of one value; ``url`` leads to its changes.

    In markup it is the mark beside the value and the words that show with it; a page has a dozen.
    """

    label: str
    words: str
    before: str
    url: str

    def __str__(self) -> SafeString:
        words, before = escape(self.words), escape(self.before)
        told = f"{escape(self.label)}: {words}. {before}" if before else f"{escape(self.label)}: {words}"
        then = f'<span dir="auto">{before}</span>' if before else ""
        return mark_safe(
            f'<a class="origin-mark" href="{escape(self.url)}" aria-label="{told}">{icon("info", "sm")}</a>'
            f'<span class="origin-text" aria-hidden="true"><span>{words}</span>{then}</span>'
        )


def marks(person: Any, origins: Origins, *, custom: Fields = _NONE, held: Iterable[str] = ()) -> dict[str, Mark]:
    """For each value that is there or was: who or what it came from, and what stood there before.

    ``person`` is one that ``person.find`` answered, ``held`` the keys of the custom fields that are
    filled in. What never changed came with them.
    """
    keys = [*(key for key in FIELD_NAMES if key in origins or _has(person, key)), *held]
    url, label = reverse("contact_changes", args=[person.pk]), _("Where “%(field)s” comes from")
    found = {
        key: _mark(person, key, origins.get(key), custom, f"{url}?{urlencode({'key': key})}", label) for key in keys
    }
    place = "addresses" if person.address_list else "city"
    return {**found, "place": found[place]} if place in found else found


def _mark(person: Any, key: str, origin: Origin | None, custom: Fields, url: str, where: str) -> Mark:
    label = where % {"field": label_of(key, custom)}
    if origin is None:
        source = person.source or _("with the contact")
        return Mark(label, f"{source}, {formats.day(person.created_at)}", "", url)
    words = ", ".join(filter(None, (origin.source_label, origin.by_name, formats.when(origin.at))))
    old = shown(key, origin.old, custom=custom, name=origin.old_name) or _("Not set")
    return Mark(label, words, _("Before: %(value)s") % {"value": old}, url)


def _has(person: Any, key: str) -> bool:
    listed = _LISTED.get(key)
    return bool(getattr(person, listed or f"{key}_id", None) or (not listed and getattr(person, key, None)))


_LISTED = {
    "emails": "email_list",
    "phones": "phone_list",
    "addresses": "address_list",
    "tags": "tag_names",
    "identities": "identity_list",
}


def birthday(day: date) -> str:
    noon = datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001
    return formats.day(timezone.make_aware(noon), year=True)


def _custom(key: str, value: Any, custom: Fields) -> str:
    field = custom.get(key)
    if field is None:
        return str(value)
    try:
        return fields.shown(field, value)
    except (KeyError, TypeError, ValueError):
        # The field has changed its kind since: what was written down then.
        return str(value)
