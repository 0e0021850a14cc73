"""The details of a person as the rows of a list, written here for its cost like ``people_table``.

Everything from the outside goes through ``escape``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple, Protocol

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts import inline
from contacts.event_links import numbered
from contacts.models.people import ChildKind
from contacts.provenance.wording import Mark
from ecrm.ui.templatetags.ui import email_wbr, icon

Marks = Mapping[str, Mark]


class _Standing(NamedTuple):
    label: str
    value: str
    key: str
    url: str = ""


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
        _row(_("Email"), "".join(emails), "emails", marks, page),
        _row(_("Phone"), "".join(phones), "phones", marks, page, classes="num "),
        _row(_("Place"), "".join(places), "place", marks, page, words=' dir="auto"'),
    ]
    written += [f"<dt>{escape(fact.label)}</dt>{_fact(fact, marks.get(fact.key), page, unset)}" for fact in facts]
    return mark_safe("\n".join(written))


def empty(person: Any, fields: Iterable[Fact]) -> SafeString:
    """The workspace's own fields that hold nothing yet, folded up: each is added where it stands."""
    page, unset = numbered("contact_page", person.pk), _unset()
    listed = [f"<dt>{escape(fact.label)}</dt>{_fact(fact, None, page, unset)}" for fact in fields]
    if not listed:
        return SafeString()
    words = ngettext("%(count)s empty field", "%(count)s empty fields", len(listed)) % {"count": len(listed)}
    return mark_safe(
        f'<details class="more"><summary>{icon("chevron-right")}{escape(words)}</summary>'
        f'<dl class="kv">{"".join(listed)}</dl></details>'
    )


def standing(person: Any, key: str, value: str, mark: Mark | None, *, may_edit: bool) -> SafeString:
    """The ``<dd>`` of what stands outside the list: the name, the stage. ``value`` is markup or text."""
    page = numbered("contact_page", person.pk) if may_edit else ""
    label = {"name": _("Name"), "stage": _("Stage")}[key]
    nameless = mark_safe(f'<span class="muted">{escape(_("No name"))}</span>')
    return mark_safe(_fact(_Standing(label, value or nameless, key), mark, page, ""))


def row(fact: Fact, mark: Mark | None, page: str) -> SafeString:
    """The ``<dd>`` of one detail that was just edited on a person's ``page``: whoever did it goes on from there."""
    return mark_safe(_fact(fact, mark, page, _unset(), words=" autofocus"))


def _fact(fact: Fact, mark: Mark | None, page: str, unset: str, words: str = "") -> str:
    origin = str(mark) if mark else ""
    value = _value(fact)
    if not (page and inline.can_edit(fact.key)):
        return f'<dd class="has-origin" dir="auto">{value or unset}{origin}</dd>'
    way = _way(fact.key, fact.label, page, words, is_set=bool(value))
    shown = f"{value}{way}" if value else way
    place = inline.place_of(fact.key)
    return f'<dd class="has-origin is-editable" id="{place}" dir="auto">{shown}{origin}</dd>'


def _way(key: str, label: str, page: str, words: str = "", *, is_set: bool, adds: bool = False) -> str:
    """Into the form: a sign beside what is there, or a word where nothing is."""
    url = f"{page}facts/{escape(key)}/"
    asked = f'href="{url}" hx-get="{url}" hx-target="#{inline.place_of(key)}" hx-swap="outerHTML"{words}'
    if not is_set:
        says = escape(_("Add “%(field)s”") % {"field": label})
        return f'<a class="fact-add" {asked} aria-label="{says}">{escape(_("Add"))}</a>'
    says = escape((_("Add “%(field)s”") if adds else _("Edit “%(field)s”")) % {"field": label})
    return f'<a class="fact-edit" {asked} aria-label="{says}">{icon("plus" if adds else "pencil", "sm")}</a>'


def _unset() -> str:
    return f'<span class="muted">{escape(_("Not set"))}</span>'


def _row(label: str, value: str, key: str, marks: Marks, page: str, *, classes: str = "", words: str = "") -> str:
    """Of what there may be several of: one more is added here, changing them is the form's."""
    mark = marks.get(key)
    origin = str(mark) if mark else ""
    if not page:
        return f'<dt>{label}</dt><dd class="{classes}has-origin"{words}>{value or _unset()}{origin}</dd>'
    way = _way(key, label, page, is_set=bool(value), adds=True)
    return (
        f'<dt>{label}</dt><dd class="{classes}has-origin is-editable" id="{inline.place_of(key)}"{words}>'
        f"{value}{way}{origin}</dd>"
    )


def _value(fact: Fact) -> str:
    value = "" if fact.value is None else conditional_escape(fact.value)
    return f'<a href="{escape(fact.url)}">{value}</a>' if fact.url else str(value)


def _about(one: Mapping[str, Any], kinds: Mapping[str, str]) -> str:
    verified = f" {icon('badge-check', 'sm', _('Verified'))}" if one["verified_at"] else ""
    kind = kinds.get(one["kind"])
    return f'{verified} <span class="muted small">{kind}</span>' if kind else verified


def _block(markup: str) -> str:
    return f'<span class="as-block">{markup}</span>'
