"""What is known of an event besides its sentence, for items of the history that have no page to lead to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecrm.ui import formats
from ecrm.ui.formats import money, number

LONGEST = 500
MOST = 20
_SECURE = ("https://", "http://")
# Told by the sentence, or of no use to a reader.
_LEFT_OUT = frozenset({"words", "text", "excerpt", "other_id", "rule_id"})
_LABELS = {
    "url": gettext_lazy("Address"),
    "path": gettext_lazy("Path"),
    "title": gettext_lazy("Title"),
    "number": gettext_lazy("Number"),
    "reference": gettext_lazy("Number"),
    "items": gettext_lazy("Items"),
    "form": gettext_lazy("Form"),
    "system": gettext_lazy("System"),
    "campaign": gettext_lazy("Campaign"),
    "link": gettext_lazy("Link"),
    "reason": gettext_lazy("Reason"),
    "subject": gettext_lazy("Subject"),
    "body": gettext_lazy("Text"),
}


class Told(NamedTuple):
    """``url`` is where the value leads, empty for nowhere."""

    label: str
    value: str
    url: str = ""


def of(event: Any) -> list[Told]:
    """Of an ``Event`` or what stands for one: when, how much, from where, and what was reported of it."""
    return [*_own(event), *list(_reported(event.properties))[:MOST]]


def _own(event: Any) -> Iterator[Told]:
    yield Told(_("When"), formats.full(event.occurred_at))
    if event.amount is not None and event.currency:
        yield Told(_("Amount"), money(event.amount, event.currency))
    if event.source_type:
        yield Told(_("Source"), event.source_type)


def _reported(properties: Mapping[str, Any]) -> Iterator[Told]:
    for key, value in properties.items():
        text = "" if key in _LEFT_OUT else _written(value)
        is_address = text.startswith(_SECURE)
        if text and (is_address or key != "url"):
            yield Told(str(_LABELS.get(key) or _label(key)), text[:LONGEST], text if is_address else "")


def _label(key: str) -> str:
    return key.replace("_", " ").replace(".", " ").strip().capitalize()[:60]


def _written(value: Any) -> str:
    """Plain text of any JSON."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float):
        return number(value) if isinstance(value, int) else str(value)
    if isinstance(value, list):
        return "; ".join(filter(None, map(_written, value[:MOST])))
    if isinstance(value, dict):
        named = {_label(str(key)): _written(one) for key, one in list(value.items())[:MOST]}
        return ", ".join(f"{label}: {text}" for label, text in named.items() if text)
    return "" if value is None else str(value).strip()
