"""The details of a person as the rows of a list, written here for its cost like ``people_table``.

Everything from the outside goes through ``escape``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Protocol

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from contacts import inline
from contacts.event_links import numbered
from contacts.models.people import ChildKind
from contacts.provenance.wording import Mark
from ecrm.ui.templatetags.ui import email_wbr, icon

Marks = Mapping[str, Mark]


class Fact(Protocol):
    """``person.Fact`` and ``fields.facts.Fact``."""

    @property
    def label(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def key(self) -> str: ...
    @property
    def url(self) -> str: ...


def rows(
    person: Any, facts: Iterable[Fact], place_lines: Iterable[str], marks: Marks, *, may_edit: bool = False
) -> SafeString:
    """``person`` is one that ``person.find`` answered. The ``<dt>`` and ``<dd>`` of each detail.

    Who ``may_edit`` gets a way into the ones that are edited where they stand.
    """
    unset = _unset()
    page = numbered("contact_page", person.pk) if may_edit else ""
    kinds = {value: escape(str(label)) for value, label in ChildKind.choices if value != ChildKind.OTHER}
    emails = [
        _block(f'<a href="mailto:{escape(one["address"])}">{email_wbr(one["address"])}</a>{_about(one, kinds)}')
        for one in person.email_list
    ]
    phones = [
        _block(f'<a href="tel:{escape(one["number"])}">{escape(one["written"])}</a>{_about(one, kinds)}')
        for one in person.phone_list
    ]
    places = [_block(escape(line)) for line in place_lines]
    written = [
        _row(_("Email"), "".join(emails) or unset, marks.get("emails")),
        _row(_("Phone"), "".join(phones) or unset, marks.get("phones"), "num "),
        _row(_("Place"), "".join(places) or unset, marks.get("place"), words=' dir="auto"'),
    ]
    written += [f"<dt>{escape(fact.label)}</dt>{_fact(fact, marks.get(fact.key), page, unset)}" for fact in facts]
    return mark_safe("\n".join(written))


def row(fact: Fact, mark: Mark | None, page: str) -> SafeString:
    """The ``<dd>`` of one detail that was just edited on a person's ``page``: whoever did it goes on from there."""
    return mark_safe(_fact(fact, mark, page, _unset(), words=" autofocus"))


def _fact(fact: Fact, mark: Mark | None, page: str, unset: str, words: str = "") -> str:
    origin = str(mark) if mark else ""
    if not (page and inline.can_edit(fact.key)):
        return f'<dd class="has-origin" dir="auto">{_value(fact) or unset}{origin}</dd>'
    place, url = inline.place_of(fact.key), f"{page}facts/{escape(fact.key)}/"
    says = escape(_("Edit “%(field)s”") % {"field": fact.label})
    edit = (
        f'<a class="fact-edit" href="{url}" aria-label="{says}" hx-get="{url}" hx-target="#{place}"'
        f' hx-swap="outerHTML"{words}>{icon("pencil", "sm")}</a>'
    )
    return f'<dd class="has-origin is-editable" id="{place}" dir="auto">{_value(fact) or unset}{edit}{origin}</dd>'


def _unset() -> str:
    return f'<span class="muted">{escape(_("Not set"))}</span>'


def _row(label: str, value: str, mark: Mark | None, classes: str = "", words: str = "") -> str:
    origin = str(mark) if mark else ""
    return f'<dt>{escape(label)}</dt><dd class="{classes}has-origin"{words}>{value}{origin}</dd>'


def _value(fact: Fact) -> str:
    value = "" if fact.value is None else conditional_escape(fact.value)
    return f'<a href="{escape(fact.url)}">{value}</a>' if fact.url else str(value)


def _about(one: Mapping[str, Any], kinds: Mapping[str, str]) -> str:
    verified = f" {icon('badge-check', 'sm', _('Verified'))}" if one["verified_at"] else ""
    kind = kinds.get(one["kind"])
    return f'{verified} <span class="muted small">{kind}</span>' if kind else verified


def _block(markup: str) -> str:
    return f'<span class="as-block">{markup}</span>'
