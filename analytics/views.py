from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics import charts, figures
from analytics.people_sets import PARTS, VISITED
from cases import figures as cases
from consent import purposes
from contacts import people_sets
from contacts.models import Contact
from ecrm.tenancy.policies import may, requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability


@requires(Capability.ANALYTICS_VIEW)
@require_safe
def dashboard(request: MemberRequest) -> HttpResponse:
    people = Contact.objects.visible_to(request.membership).unbinned()
    sees_revenue = may(request.membership, Capability.REVENUE_VIEW)
    weekly = figures.Weekly(request.tenant.currency if sees_revenue else "")
    growth, sends = figures.growth(people), figures.sends(weekly)
    newsletter = _newsletter()
    mailable = figures.mailable(people, newsletter.purpose) if newsletter else None
    context: dict[str, Any] = {
        "growth": growth,
        "growth_chart": charts.growth(growth),
        "growth_spark": charts.spark(_("People, 12 months"), growth.totals),
        "sends": sends,
        "sends_chart": charts.sends(sends),
        "sends_funnel": charts.funnel(sends),
        "mailable": mailable,
        "mailable_chart": charts.mailable(mailable) if mailable else None,
        "mailable_parts": _parts(mailable) if mailable else [],
        "purpose_name": newsletter.name if newsletter else "",
    }
    visited = figures.visits(people_sets.get(VISITED).narrow(people), weekly)
    context |= {"visits": visited, "visits_chart": charts.visits(visited)}
    if may(request.membership, Capability.CASES_VIEW):
        context |= _cases()
    if sees_revenue:
        orders = figures.orders(weekly)
        context |= {"orders": orders, "orders_spark": charts.spark(_("Revenue, 12 weeks"), orders.by_week)}
    return render(request, "analytics/dashboard.html", context)


def _newsletter() -> purposes.Wording | None:
    found = purposes.catalogue(with_archived=True)
    return next((each for each in found if each.purpose.key == purposes.NEWSLETTER), None)


def _parts(mailable: figures.Mailable) -> list[tuple[str, Any, int]]:
    """The key of the people behind each part, its words and how many they are."""
    return [(PARTS[part][0], charts.WORDS[part], getattr(mailable, part)) for part in charts.TONES]


def _cases() -> dict[str, Any]:
    replies = cases.first_reply_times(figures.recent_start(), timezone.now())
    return {
        "open_cases": cases.open_cases(),
        "replies": replies,
        "first_reply": charts.duration(replies.median) if replies.median is not None else "",
        "slowest_reply": charts.duration(replies.slowest_tenth) if replies.slowest_tenth is not None else "",
    }
