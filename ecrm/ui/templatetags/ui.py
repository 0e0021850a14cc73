"""Tags of every template (a builtin library: no load needed)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any

from django import template
from django.template import Context
from django.template.engine import Engine
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ecrm.tenancy.urls import platform_url as platform_path
from ecrm.tenancy.urls import tenant_url as tenant_path
from ecrm.ui import formats, forms, glossary, people, styles, toasts
from ecrm.ui.templatetags.component import component_tag, fill_tag
from ecrm.ui.templatetags.keep import keep_tag

register = template.Library()
register.tag("component", component_tag)
register.tag("fill", fill_tag)
register.tag("keep", keep_tag)
register.filter("error_summary", forms.error_summary)
register.filter("initials", people.initials)
register.filter("as_toast", toasts.as_toast)


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """An icon of static/icons.svg. With ``label`` it means something and is read out."""
    return _drawn_icon(name, classes, str(label))


@lru_cache(maxsize=1024)
def _drawn_icon(name: str, classes: str, label: str) -> SafeString:
    """Kept: a page holds a hundred of them."""
    says = format_html(' role="img" aria-label="{}"', label) if label else ' aria-hidden="true"'
    return format_html(
        '<svg class="icon{}"{}><use href="{}#{}"/></svg>',
        f" {classes}" if classes else "",
        mark_safe(says),
        static("icons.svg"),
        name,
    )


@register.simple_tag
def status(label: str, shape: str = "") -> SafeString:
    """A state as a shape and a word. Shapes: draft, half, live, done, fail, off, or none (ring)."""
    return format_html('<span class="status{}">{}</span>', f" {shape}" if shape else "", label)


@register.simple_tag
def avatar(name: str, size: str = "", *, kind: str = "", key: str = "") -> SafeString:
    """Initials on a tint. ``size``: sm, md, lg. ``kind``: org, ink. The name must stand beside it.

    ``key`` tints by something steadier than the name, such as an address.
    """
    letters = people.initials(str(name))
    tint = "" if kind == "ink" else people.tint(key or str(name))
    classes = " ".join(filter(None, ["avatar", size, kind, tint if letters else ""]))
    inside = letters or icon("user-round", "sm")
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, inside)


@register.simple_tag
def money(minor: int | None, currency: str, *, whole: bool = False) -> str:
    """Integer minor units in their own currency, the cents set quieter. None reads "Not set"."""
    if minor is None:
        return _unset(gettext("Not set"))
    return formats.money_html(minor, currency, whole=whole)


@register.simple_tag
def number(value: Any, places: int | None = None) -> str:
    return str(value) if isinstance(value, str) else formats.number(value, places=places)


@register.simple_tag
def percent(ratio: float | None, places: int = 1) -> str:
    return formats.percent(ratio, places=places)


@register.simple_tag
def share(part: int, whole: int, places: int = 1) -> str:
    """``part`` of ``whole`` in percent, in words when there is nothing to divide by."""
    return formats.percent(formats.share(part, whole), places=places)


@register.simple_tag
def when(instant: datetime | None, style: str = "ago", classes: str = "") -> SafeString:
    """A ``<time>`` with the exact instant. ``style``: ago, day, clock or full. None reads "Never"."""
    if instant is None:
        return _unset(gettext("Never"))
    text = {
        "ago": formats.when, "day": formats.day, "clock": formats.clock, "full": formats.full,
    }[style](instant)  # fmt: skip
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        instant.isoformat(),
        formats.full(instant),
        format_html(' class="{}"', classes) if classes else "",
        text,
    )


@register.filter
def day_words(day: date) -> str:
    """A day of a calendar: "4 Mar", with the year when it is more than six months off."""
    return formats.date_words(day, year=abs(timezone.localdate() - day) > formats.YEAR_SHOWN_AFTER)


@register.simple_tag(takes_context=True)
def help(context: Context, key: str) -> SafeString:
    """The mark that explains a word of ``ecrm.ui.glossary``; stands after the word, outside headings."""
    page: Any = context.render_context
    shown = page.setdefault("help_marks", count(1))
    drawn = Engine.get_default().get_template("ui/_help.html")
    with context.push(term=glossary.TERMS[key], id=f"help-{key}-{next(shown)}"):
        return drawn.render(context)


@register.simple_tag
def due(left: timedelta) -> SafeString:
    """How long until something is due; amber within the hour, red and in words when late."""
    hours, minutes = divmod(int(abs(left.total_seconds())) // 60, 60)
    days, rest = divmod(hours, 24)
    if days:
        span = gettext("%(days)s d %(hours)s h") % {"days": days, "hours": rest}
    elif hours:
        span = gettext("%(hours)s h %(minutes)02d") % {"hours": hours, "minutes": minutes}
    else:
        span = gettext("%(minutes)s min") % {"minutes": minutes}
    is_late = left < timedelta()
    tone = "over" if is_late else "soon" if left < timedelta(hours=1) else ""
    words = gettext("%(span)s late") % {"span": span} if is_late else span
    return format_html('<span class="{}">{}{}</span>', f"sla {tone}".strip(), icon("clock"), words)


@register.filter
def email_wbr(address: str) -> SafeString:
    """An address that may break after its @."""
    return mark_safe(escape(address).replace("@", "@<wbr>"))


@register.filter
def or_unset(value: Any, words: str = "") -> Any:
    """Empty values in words: "Not set" or the words given."""
    return value if value or value == 0 else _unset(words or gettext("Not set"))


@register.filter
def label_in(value: Any, labels: dict[Any, Any]) -> Any:
    """The words for a stored value, from a mapping such as ``dict(Role.choices)``."""
    return labels.get(value, value)


@register.filter
def pluck(rows: Any, name: str) -> list[Any]:
    """One attribute of every row, for "in" tests."""
    return [getattr(row, name) for row in rows]


@register.simple_tag
def attrs(**values: Any) -> SafeString:
    """HTML attributes from keywords; None and False leave one out, True gives it no value.

    ``aria_label`` becomes ``aria-label``.
    """
    given = [(k.replace("_", "-"), v) for k, v in values.items() if v is not None and v is not False]
    return format_html_join(
        "", "{}", ((format_html(" {}", k) if v is True else format_html(' {}="{}"', k, v),) for k, v in given)
    )


@register.simple_tag(takes_context=True)
def chart(context: Context, drawing: Any) -> SafeString:
    """Draws one of ecrm.ui.charts."""
    drawn = Engine.get_default().get_template(drawing.template)
    with context.push(chart=drawing):
        return drawn.render(context)


@register.simple_tag
def platform_url(name: str, *args: Any, **kwargs: Any) -> str:
    """The path of a page outside every tenant (sign-in, account, public)."""
    return platform_path(name, *args, **kwargs)


@register.simple_tag
def tenant_url(tenant: Any, name: str, *args: Any, **kwargs: Any) -> str:
    """The path of a page of one tenant, from anywhere."""
    return tenant_path(tenant, name, *args, **kwargs)


@register.simple_tag
def stylesheet_url() -> str:
    return _stylesheet(styles.bundle().version)


@lru_cache(maxsize=16)
def _stylesheet(version: str) -> str:
    return platform_path("ui:stylesheet", version)


def _unset(words: str) -> SafeString:
    return format_html('<span class="muted">{}</span>', words)
