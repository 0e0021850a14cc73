"""A campaign's results as its report shows them: how far, to whom not, and what people did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaigns.engagement import figures as engagement
from campaigns.engagement.figures import Figures, LinkFigures
from campaigns.models import Campaign, Delivery
from campaigns.models.campaign import State
from campaigns.sending.services import Progress, ReasonCount, progress, reasons
from ecrm.ui import formats
from ecrm.ui.charts import Funnel, Slice, SplitBar, Step


@dataclass(frozen=True, slots=True)
class LinkRow:
    """``width`` is its share of the people who clicked anything, as an SVG length."""

    url: str
    label: str
    people: int
    width: str


@dataclass(frozen=True, slots=True)
class Report:
    """Compared by value: equal reports show the same."""

    progress: Progress
    reasons: Sequence[ReasonCount]
    figures: Figures
    languages: Sequence[tuple[str, int]]

    @property
    def left_out(self) -> int:
        return sum(each.count for each in self.reasons)

    @property
    def bar(self) -> SplitBar:
        done = self.progress
        slices = [
            Slice(_("Handed over"), done.sent, "good"),
            Slice(_("Deferred, will retry"), done.deferred, "warn"),
            Slice(_("Refused"), done.failed, "bad"),
            Slice(_("Unknown"), done.unknown, "two"),
            Slice(_("Left out at the last moment"), done.skipped, "off"),
        ]
        shown = [part for part in slices if part.value or part.tone in {"good", "warn", "bad"}]
        return SplitBar(shown, whole=done.total, rest_label=_("Waiting"))

    @property
    def funnel(self) -> Funnel:
        done = self.figures
        return Funnel(
            [
                Step(_("Handed over"), done.delivered),
                Step(_("Clicked"), done.human_clicks, self._rate(done.human_clicks)),
                Step(_("Answered"), done.reply_people, self._rate(done.reply_people)),
                Step(_("Unsubscribed"), done.unsubscribes, self._rate(done.unsubscribes)),
            ]
        )

    @property
    def opens(self) -> str:
        """ "31.0% to 39.0%", or one rate where both ends agree; words where nobody can be counted."""
        low, high = (formats.share(count, self.figures.opens_base) for count in self._open_range)
        if low == high:
            return formats.percent(low)
        return _("%(low)s to %(high)s") % {"low": formats.percent(low), "high": formats.percent(high)}

    @property
    def links(self) -> list[LinkRow]:
        whole = max((each.people for each in self.figures.per_link), default=0)
        return [_link_row(each, whole) for each in self.figures.per_link]

    @property
    def time_left(self) -> timedelta | None:
        """At the present rate; None while nothing moves."""
        open_ones = self.progress.waiting
        return timedelta(seconds=open_ones / self.progress.rate) if self.progress.rate and open_ones else None

    @property
    def minutes_left(self) -> int | None:
        return None if self.time_left is None else int(self.time_left.total_seconds() // 60) + 1

    @property
    def per_minute(self) -> int:
        return round(self.progress.rate * 60)

    @property
    def _open_range(self) -> tuple[int, int]:
        return self.figures.opens_low, self.figures.opens_high

    def _rate(self, count: int) -> str:
        rate = formats.percent(formats.share(count, self.figures.delivered))
        return _("%(rate)s of handed over") % {"rate": rate}


def of(campaign: Campaign) -> Report:
    """A dozen statements, each over the campaign's own rows."""
    return Report(
        progress=progress(campaign),
        reasons=tuple(reasons(campaign)),
        figures=engagement.for_campaign(campaign),
        languages=_languages(campaign),
    )


def state_words(campaign: Campaign) -> str | Promise:
    """The heading above the figures."""
    words = {
        State.SENDING: _("Sending now"),
        State.PAUSED: _("Paused"),
        State.SENT: _("Sent"),
        State.CANCELLED: _("Cancelled"),
    }
    return words.get(State(campaign.state), campaign.get_state_display())


def _languages(campaign: Campaign) -> Sequence[tuple[str, int]]:
    """Deliveries by language, only where there are several."""
    if campaign.contents.count() < 2:
        return ()
    rows = Delivery.objects.filter(campaign=campaign).order_by().values_list("content__language")
    return tuple(sorted(rows.annotate(count=Count("pk")), key=lambda row: -row[1]))


def _link_row(each: LinkFigures, whole: int) -> LinkRow:
    width = f"{100 * each.people / whole:.1f}%" if whole else "0"
    return LinkRow(each.link.url, each.link.label, each.people, width)
