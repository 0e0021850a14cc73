"""Merge fields under their plain names, as they show in text that is being written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from liquid.exceptions import LiquidError

from campaigns.content import rich_text
from contacts.texts.merge_fields import SYSTEM_ADDRESSES, FieldKind, registered
from contacts.texts.template_language import LIQUID_TAG, Token, read_token, unescaped


@dataclass(frozen=True, slots=True)
class Choice:
    """A field to put in: ``liquid`` is what is written for it."""

    label: str
    liquid: str


def choices() -> list[Choice]:
    """What the picker offers for words. Links of the message itself are for addresses only."""
    return [
        Choice(str(field.label), f"{{{{ {field.name} }}}}")
        for field in registered().values()
        if field.kind is not FieldKind.ADDRESS
    ]


def address_choices() -> list[Choice]:
    known = registered()
    return [Choice(str(known[name].label), f"{{{{ {name} }}}}") for name in SYSTEM_ADDRESSES if name in known]


def words(liquid: str) -> str:
    """A tag's plain name; the tag itself where it is more than a field, or wrong."""
    token = _read(liquid)
    field = registered().get(token.path) if token else None
    return str(field.label) if field else liquid


def in_words(text: str) -> str:
    """One line with every field under its plain name."""
    return LIQUID_TAG.sub(lambda match: words(match.group()), text)


def chip(liquid: str) -> SafeString:
    """The field as one piece: pressed, it asks what to say to those who lack it."""
    token = _read(liquid)
    fallback = token.fallback if token else ""
    title = _("Falls back to “%(words)s”") % {"words": fallback} if fallback else ""
    return format_html(
        '<button class="merge" type="button" contenteditable="false" data-liquid="{}" title="{}">{}</button>',
        liquid,
        title,
        words(liquid),
    )


def in_line(text: str) -> SafeString:
    """One line of words with its fields as chips."""
    html, done = "", 0
    for match in LIQUID_TAG.finditer(text):
        html += escape(text[done : match.start()]) + chip(match.group())
        done = match.end()
    return mark_safe(html + escape(text[done:]))


def in_rich_text(html: str) -> SafeString:
    """Rich text as stored, cleaned, with its fields as chips. Fields in addresses stay as written."""
    tags: list[str] = []
    source = unescaped(html)

    def hide(liquid: str) -> str:
        tags.append(liquid)
        return f"ecrmchip{len(tags) - 1}x"

    clean = rich_text.sanitised(LIQUID_TAG.sub(lambda match: hide(match.group()), source))
    clean = rich_text.map_links(clean, lambda address: _shown_again(address, tags, lambda liquid: liquid))
    return mark_safe(_shown_again(clean, tags, chip))


def _shown_again(text: str, tags: list[str], show: Callable[[str], str]) -> str:
    for number in range(len(tags) - 1, -1, -1):
        text = text.replace(f"ecrmchip{number}x", show(tags[number]))
    return text


def _read(liquid: str) -> Token | None:
    try:
        return read_token(liquid)
    except (LiquidError, IndexError):
        return None
