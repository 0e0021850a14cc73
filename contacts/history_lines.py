"""The lines of a person's history as markup.

Written here and not as a template: thirty lines of a template cost as much as the rest of the page.
Everything from the outside goes through ``escape``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from html import escape
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contacts.events import Link
from contacts.timeline import Day, Group, Item, Line, Timeline
from ecrm.ui import formats
from ecrm.ui.templatetags.ui import icon


def lines(days: Iterable[Day], *, told_day: str = "") -> SafeString:
    """Each day's heading and list. ``told_day`` is one whose heading stands on the page already."""
    by = escape(_("by {name}"))
    return mark_safe("".join([_day(day, by, is_told=day.date == told_day) for day in days]))


def choices(groups: Iterable[Group], query: QueryDict) -> SafeString:
    """The links of the filter by kind, for an address that asks ``query``."""
    return mark_safe("".join([_choice(group, _address(query, show=group.key, cursor="", day="")) for group in groups]))


def earlier(told: Timeline, query: QueryDict) -> SafeString:
    """The way on, which htmx follows in place. Empty where the history begins."""
    if not told.page.next:
        return SafeString()
    url = escape(_address(query, cursor=told.page.next, day=""))
    part = escape(_address(query, cursor=told.page.next, day=told.last_day))
    words = _("Search earlier") if told.reached else _("Show earlier")
    return mark_safe(
        f'<p class="row center" id="earlier"><a class="btn sm" href="{url}" hx-get="{part}" hx-target="#earlier"'
        f' hx-select="#timeline > *" hx-swap="outerHTML">{escape(words)}</a></p>'
    )


def reached(told: Timeline) -> str:
    """How far a search has looked, where it has not seen everything."""
    if told.reached is None:
        return ""
    return _("Searched back to %(day)s.") % {"day": formats.full(told.reached)}


def _choice(group: Group, url: str) -> str:
    current = ' aria-current="true"' if group.is_current else ""
    return (
        f'<a href="{escape(url)}"{current} hx-get="{escape(url)}" hx-target="#timeline" hx-push-url="true">'
        f"{escape(str(group.label))}</a>"
    )


def _address(query: QueryDict, **asked: str) -> str:
    """The page's own address with these parameters instead; empty ones are left out."""
    kept = {name: value for name, value in query.items() if name not in asked}
    return f"?{urlencode({**kept, **{name: value for name, value in asked.items() if value}})}"


def _day(day: Day, by: str, *, is_told: bool) -> str:
    heading = "" if is_told else f'<h2 class="tl-day">{escape(day.title)}</h2>\n'
    return f"{heading}<ol>{''.join([_line(item, by) for item in day.items])}</ol>\n"


def _line(item: Item, by: str) -> str:
    times = f' <span class="muted">{_times(item.times)}</span>' if item.times > 1 else ""
    actor = f' <span class="muted">{by.replace("{name}", escape(item.actor))}</span>' if item.actor else ""
    return (
        f'<li class="tl-item">{_sign(item.kind.icon, item.kind.tone)}<div><div class="tl-head">'
        f"{_sentence(item, f'{times}{actor}')}\n{_clock(item.at)}</div>"
        f"{_excerpt(item.excerpt)}{_each(item.lines) if item.lines else ''}</div></li>\n"
    )


def _sentence(item: Item, rest: str) -> str:
    """A way to the thing, or what there is to know of it behind the sentence."""
    if item.link or not item.facts:
        return f'<p dir="auto">{_linked(item.sentence, item.link)}{rest}</p>'
    told = "".join(
        f'<dt>{escape(label)}</dt><dd dir="auto">{_linked(value or _("Not set"), Link(url) if url else None)}</dd>'
        for label, value, url in item.facts
    )
    return (
        f'<details class="tl-more"><summary><span dir="auto">{escape(item.sentence)}{rest}</span></summary>'
        f'<dl class="kv small">{told}</dl></details>'
    )


def _excerpt(words: str) -> str:
    return f'<p class="small muted" dir="auto">{escape(words)}</p>' if words else ""


def _linked(sentence: str, link: Link | None) -> str:
    """The words of the sentence that the link names lead to the thing, or all of them."""
    if link is None:
        return escape(sentence)
    before, words, after = sentence.partition(link.words) if link.words else ("", sentence, "")
    if not words:
        before, words = "", sentence.rstrip()
    return f'{escape(before)}<a href="{escape(link.url)}">{escape(words)}</a>{escape(after)}'


def _each(told: Iterable[Line]) -> str:
    single = "".join(
        f'<li><span class="trunc" dir="auto">{_linked(line.sentence, line.link)}</span> {_clock(line.at)}</li>'
        for line in told
    )
    return (
        f'<details class="more"><summary>{icon("chevron-right")}{escape(_("Show each"))}</summary>'
        f'<ul class="lines small soft">{single}</ul></details>'
    )


def _times(count: int) -> str:
    return escape(ngettext("%(times)s time", "%(times)s times", count) % {"times": formats.number(count)})


def _clock(at: datetime) -> str:
    here = timezone.localtime(at)
    clock = f"{here.hour:02}:{here.minute:02}"
    day = escape(formats.date_words(here.date(), year=True))
    return f'<time datetime="{at.isoformat()}" title="{day}, {clock}">{clock}</time>'


@lru_cache(maxsize=256)
def _sign(symbol: str, tone: str) -> str:
    return f'<span class="{f"tl-icon {tone}".strip()}">{icon(symbol)}</span>'
