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

from contacts.timeline import Day, Group, Item, Timeline
from ecrm.ui import formats
from ecrm.ui.templatetags.ui import icon


def lines(days: Iterable[Day], *, told_day: str = "") -> SafeString:
    """Each day's heading and list. ``told_day`` is one whose heading stands on the page already."""
    by = escape(_("by {name}"))
    return mark_safe("".join([_day(day, by, is_told=day.date == told_day) for day in days]))


def choices(groups: Iterable[Group], query: QueryDict) -> SafeString:
    """The links of the filter by kind, for an address that asks ``query``."""
    return mark_safe("".join([_choice(group, _address(query, show=group.key, cursor="")) for group in groups]))


def earlier(told: Timeline, query: QueryDict) -> SafeString:
    """The way on, which htmx follows in place. Empty where the history begins."""
    if not told.page.next:
        return SafeString()
    url = escape(_address(query, cursor=told.page.next, day=""))
    part = escape(_address(query, cursor=told.page.next, day=told.last_day))
    return mark_safe(
        f'<p class="row center" id="earlier"><a class="btn sm" href="{url}" hx-get="{part}" hx-target="#earlier"'
        f' hx-select="#timeline > *" hx-swap="outerHTML">{escape(_("Show earlier"))}</a></p>'
    )


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
        f'<p dir="auto">{escape(item.sentence)}{times}{actor}</p>\n{_clock(item.at)}</div></div></li>\n'
    )


def _times(count: int) -> str:
    return escape(ngettext("%(times)s time", "%(times)s times", count) % {"times": formats.number(count)})


def _clock(at: datetime) -> str:
    here = timezone.localtime(at)
    clock = here.strftime("%H:%M")
    return f'<time datetime="{at.isoformat()}" title="{escape(formats.day(here, year=True))}, {clock}">{clock}</time>'


@lru_cache(maxsize=256)
def _sign(symbol: str, tone: str) -> str:
    return f'<span class="{f"tl-icon {tone}".strip()}">{icon(symbol)}</span>'
