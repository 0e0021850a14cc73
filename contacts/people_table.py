"""The body of the contact list as markup.

Written here and not as a template: fifty rows of ten cells cost a template five times as much, and
no page is looked at more often. Everything from the outside goes through ``escape``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import count

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from contacts.listing import Row
from contacts.lists.columns import Column

Headings = Mapping[int, str]
Draw = Callable[[Row, "_Words"], str]


def body(
    rows: Sequence[Row],
    columns: Sequence[Column],
    *,
    may_pick: bool,
    may_edit: bool,
    headings: Headings | None = None,
    suffix: str = "",
) -> SafeString:
    """The ``<tr>`` of each person, with a box to pick them by where there is something to do with them.

    ``headings`` are words above the row of that number. ``suffix`` tells the page of each which list this is.
    """
    words = _Words(
        no_name=_muted(_("No name")),
        no_email=_muted(_("No email")),
        unknown=_muted(_("Unknown")),
        unassigned=f'<span class="vh">{escape(_("Unassigned"))}</span>',
        unnamed=_("Unnamed contact"),
        select=_("Select %(name)s"),
        suffix=escape(suffix),
    )
    draws = _draws(columns)
    people = (_person(row, draws, words, may_pick, may_edit) for row in rows)
    if not headings:
        return mark_safe("\n".join(people))
    width = len(columns) + 1 + may_pick
    return mark_safe(
        "\n".join(
            _heading(headings[number], width) + person if number in headings else person
            for number, person in enumerate(people)
        )
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """Said once a page, not once a row. The first four and the last are markup."""

    no_name: str
    no_email: str
    unknown: str
    unassigned: str
    unnamed: str
    select: str
    suffix: str


def _draws(columns: Sequence[Column]) -> list[Draw]:
    """What draws each column. On phones a row has room for one text below the name."""
    second = next((column.key for key in ("activity", "email") for column in columns if column.key == key), "")
    extras = count()
    return [_extra(next(extras), column) if column.extra else _own(column, second) for column in columns]


def _own(column: Column, second: str) -> Draw:
    draw = _OWN.get(column.key)
    if draw is not None:
        return draw(column.classes, column.key == second)
    name, classes = column.key, column.classes
    return lambda row, _words: f'<td class="{classes}" role="cell">{escape(getattr(row, name))}</td>'


def _extra(place: int, column: Column) -> Draw:
    classes = column.classes
    return lambda row, _words: f'<td class="{classes}" role="cell">{conditional_escape(row.cells[place][1])}</td>'


def _person(row: Row, draws: Sequence[Draw], words: _Words, may_pick: bool, may_edit: bool) -> str:
    name = f'<span class="trunc" dir="auto">{escape(row.name)}</span>' if row.name else words.no_name
    edit = f' data-edit="{row.url}edit/"' if may_edit else ""
    return (
        f'<tr role="row"{edit}>{_box(row, words) if may_pick else ""}'
        f'<th class="k-main max" scope="row" role="rowheader"><a class="row-link who" href="{row.url}{words.suffix}">'
        f"{row.avatar} {name}</a></th>{''.join([draw(row, words) for draw in draws])}</tr>"
    )


def _heading(words: str, width: int) -> str:
    return (
        f'<tr role="row" class="group-head"><th class="k-main" colspan="{width}" scope="colgroup" role="columnheader">'
        f"{escape(words)}</th></tr>\n"
    )


def _email(classes: str, is_second: bool) -> Draw:
    def draw(row: Row, words: _Words) -> str:
        # Who has no name is known by their address, on phones too.
        sub = " k-sub" if is_second or not row.name else ""
        return f'<td class="{classes}{sub}" role="cell">{escape(row.email) or words.no_email}</td>'

    return draw


def _place(classes: str, is_second: bool) -> Draw:
    return lambda row, words: f'<td class="{classes}" role="cell">{escape(row.place) or words.unknown}</td>'


def _owner(classes: str, is_second: bool) -> Draw:
    return lambda row, words: f'<td class="{classes}" role="cell">{_who(row) or words.unassigned}</td>'


def _stage(classes: str, is_second: bool) -> Draw:
    return lambda row, _words: f'<td class="{classes}" role="cell">{row.stage}</td>'


def _tags(classes: str, is_second: bool) -> Draw:
    return lambda row, _words: f'<td class="{classes}" role="cell">{_badges(row)}</td>'


def _activity(classes: str, is_second: bool) -> Draw:
    def draw(row: Row, _words: _Words) -> str:
        loud = " k-sub" if row.name else ""
        return (
            f'<td class="{classes}{loud}" role="cell"><span class="row between">'
            f'<span class="trunc" dir="auto">{escape(row.activity)}</span> '
            f'<time class="muted" datetime="{row.instant}">{escape(row.at)}</time></span></td>'
        )

    return draw


_OWN: Mapping[str, Callable[[str, bool], Draw]] = {
    "email": _email,
    "place": _place,
    "owner": _owner,
    "stage": _stage,
    "tags": _tags,
    "activity": _activity,
}


def _box(row: Row, words: _Words) -> str:
    says = words.select % {"name": row.name or row.email or words.unnamed}
    box = f'<input type="checkbox" name="contact" value="{row.id}" aria-label="{escape(says)}">'
    return f'<td class="pick" role="cell">{box}</td>'


def _who(row: Row) -> str:
    if not row.owner:
        return ""
    owner = escape(row.owner)
    return f'<span title="{owner}">{row.owner_avatar} <span class="vh">{owner}</span></span>'


def _badges(row: Row) -> str:
    shown = "".join(f'<span class="badge">{escape(tag)}</span> ' for tag in row.tags)
    if not row.more_tags:
        return shown
    more = escape(row.more_tags)
    return f'{shown}<span class="muted small" title="{more}">…<span class="vh">{more}</span></span>'


def _muted(words: str) -> str:
    return f'<span class="muted">{escape(words)}</span>'
