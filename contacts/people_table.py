"""The body of the contact list as markup.

Written here and not as a template: fifty rows of ten cells cost a template five times as much, and
no page is looked at more often. Everything from the outside goes through ``escape``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from contacts.listing import Row


def body(rows: Sequence[Row], *, may_pick: bool) -> SafeString:
    """The ``<tr>`` of each person, with a box to pick them by where there is something to do with them."""
    words = _Words(
        no_name=_muted(_("No name")),
        no_email=_muted(_("No email")),
        unknown=_muted(_("Unknown")),
        unassigned=f'<span class="vh">{escape(_("Unassigned"))}</span>',
        unnamed=_("Unnamed contact"),
        select=_("Select %(name)s"),
    )
    return mark_safe("\n".join(_person(row, words, may_pick) for row in rows))


@dataclass(frozen=True, slots=True)
class _Words:
    """Said once a page, not once a row. The first four are markup."""

    no_name: str
    no_email: str
    unknown: str
    unassigned: str
    unnamed: str
    select: str


def _person(row: Row, words: _Words, may_pick: bool) -> str:
    quiet = "" if row.name else " k-sub"
    loud = " k-sub" if row.name else ""
    name = f'<span class="trunc" dir="auto">{escape(row.name)}</span>' if row.name else words.no_name
    cells = "".join(f'<td class="{classes}" role="cell">{conditional_escape(cell)}</td>' for classes, cell in row.cells)
    return (
        f'<tr role="row">{_box(row, words) if may_pick else ""}'
        f'<th class="k-main max" scope="row" role="rowheader"><a class="row-link who" href="{row.url}">'
        f"{row.avatar} {name}</a></th>"
        f'<td class="max{quiet}" role="cell">{escape(row.email) or words.no_email}</td>'
        f'<td class="max p3" role="cell">{escape(row.place) or words.unknown}</td>'
        f'<td class="p2" role="cell">{_owner(row) or words.unassigned}</td>'
        f'<td class="k-side" role="cell">{row.stage}</td>'
        f'<td class="max p3" role="cell">{_tags(row)}</td>{cells}'
        f'<td class="max long{loud}" role="cell"><span class="row between">'
        f'<span class="trunc" dir="auto">{escape(row.activity)}</span> '
        f'<time class="muted" datetime="{row.instant}">{escape(row.at)}</time></span></td></tr>'
    )


def _box(row: Row, words: _Words) -> str:
    says = words.select % {"name": row.name or row.email or words.unnamed}
    box = f'<input type="checkbox" name="contact" value="{row.id}" aria-label="{escape(says)}">'
    return f'<td class="pick" role="cell">{box}</td>'


def _owner(row: Row) -> str:
    if not row.owner:
        return ""
    owner = escape(row.owner)
    return f'<span title="{owner}">{row.owner_avatar} <span class="vh">{owner}</span></span>'


def _tags(row: Row) -> str:
    shown = "".join(f'<span class="badge">{escape(tag)}</span> ' for tag in row.tags)
    if not row.more_tags:
        return shown
    more = escape(row.more_tags)
    return f'{shown}<span class="muted small" title="{more}">…<span class="vh">{more}</span></span>'


def _muted(words: str) -> str:
    return f'<span class="muted">{escape(words)}</span>'
