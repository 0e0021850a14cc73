"""Figures as pictures, each with the sentence that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from babel.dates import format_timedelta
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.figures import Growth, Mailable, Sends, Visits
from ecrm.ui import formats
from ecrm.ui.charts import Funnel, Plot, Series, Slice, Sparkline, SplitBar, Step

WORDS = {
    "may": gettext_lazy("May be e-mailed"),
    "refused": gettext_lazy("Said no"),
    "never_asked": gettext_lazy("Never asked"),
    "blocked": gettext_lazy("Address blocked"),
    "no_address": gettext_lazy("No address"),
}
TONES = {"may": "good", "refused": "bad", "never_asked": "", "blocked": "warn", "no_address": "off"}


def growth(figures: Growth) -> Plot:
    summary = _("From %(first)s to %(last)s people in twelve months") % {
        "first": formats.number(figures.totals[0]),
        "last": formats.number(figures.totals[-1]),
    }
    return Plot(
        key="growth",
        labels=[date_format(month, "M Y") for month in figures.months],
        series=[Series(_("People"), figures.totals)],
        summary=summary,
        heading=_("Month"),
    )


def sends(figures: Sends) -> Plot:
    summary = _("%(sent)s messages sent and %(clicked)s clicked by a person in twelve weeks") % {
        "sent": formats.number(figures.sent),
        "clicked": formats.number(figures.clicked),
    }
    return Plot(
        key="sends",
        labels=[date_format(week, "j M") for week in figures.weeks],
        series=[Series(_("Sent"), figures.sent_by_week), Series(_("Clicks"), figures.clicked_by_week, "two")],
        summary=summary,
        heading=_("Week of"),
        kind="bars",
    )


def visits(figures: Visits) -> Plot:
    summary = _("%(views)s page views in twelve weeks") % {"views": formats.number(figures.views)}
    return Plot(
        key="visits",
        labels=[date_format(week, "j M") for week in figures.weeks],
        series=[Series(_("Page views"), figures.views_by_week)],
        summary=summary,
        heading=_("Week of"),
        kind="bars",
    )


def duration(took: timedelta) -> str:
    """In the reader's words, to the larger unit: "2 hours"."""
    return format_timedelta(took, threshold=1.5, locale=formats.locale())


def funnel(figures: Sends) -> Funnel:
    return Funnel([Step(_("Sent"), figures.sent), Step(_("Clicked by a person"), figures.clicked)])


def mailable(figures: Mailable) -> SplitBar:
    return SplitBar(
        [Slice(WORDS[part], getattr(figures, part), tone) for part, tone in TONES.items()], figures.everyone
    )


def spark(label: str, values: Sequence[int]) -> Sparkline:
    return Sparkline(label, values)
