"""What the values of a company are called, and where each came from, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import fields
from contacts.models import Company, CustomField
from contacts.provenance import Origin, Origins, wording
from contacts.provenance.wording import Mark
from ecrm.ui import formats

NAMES = {
    "name": gettext_lazy("Name"),
    "domains": gettext_lazy("Domains"),
    "phone": gettext_lazy("Phone"),
    "street": gettext_lazy("Street"),
    "postcode": gettext_lazy("Postcode"),
    "city": gettext_lazy("City"),
    "region": gettext_lazy("Region"),
    "country": gettext_lazy("Country"),
    "owner": gettext_lazy("Owner"),
}
PLACE = ("street", "postcode", "city", "region", "country")


def label_of(key: str, custom: Mapping[str, CustomField]) -> str:
    if key.startswith(fields.PREFIX):
        return wording.label_of(key, custom)
    return str(NAMES.get(key, key))


def shown(key: str, value: Any, *, custom: Mapping[str, CustomField], name: str = "") -> str:
    """One value; ``name`` is that of a colleague. Empty for nothing."""
    return wording.shown(key, value, custom=custom, name=name)


def marks(
    company: Company, origins: Origins, *, custom: Mapping[str, CustomField], held: Iterable[str], has_domains: bool
) -> dict[str, Mark]:
    """For each value that is there or was: who or what it came from, and what stood there before.

    ``held`` are the keys of the custom fields that are filled in. The address is one, told by the part
    of it that changed last.
    """
    filled = {key for key in NAMES if getattr(company, f"{key}_id" if key == "owner" else key, None)}
    filled = (filled - {"domains"}) | ({"domains"} if has_domains else set())
    keys = [key for key in NAMES if key in origins or key in filled]
    found = {key: _mark(company, key, origins.get(key), custom) for key in (*keys, *held)}
    place = [key for key in PLACE if key in found]
    if place:
        latest = max(place, key=lambda key: origins[key].at if key in origins else company.created_at)
        found["place"] = found[latest]
    return found


def _mark(company: Company, key: str, origin: Origin | None, custom: Mapping[str, CustomField]) -> Mark:
    url = f"{reverse('company_changes', args=[company.pk])}?{urlencode({'key': key})}"
    label = _("Where “%(field)s” comes from") % {"field": label_of(key, custom)}
    if origin is None:
        return Mark(label, f"{_('with the company')}, {formats.day(company.created_at)}", "", url)
    words = ", ".join(filter(None, (origin.source_label, origin.by_name, formats.when(origin.at))))
    old = shown(key, origin.old, custom=custom, name=origin.old_name) or _("Not set")
    return Mark(label, words, _("Before: %(value)s") % {"value": old}, url)
