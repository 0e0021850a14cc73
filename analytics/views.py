from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics import charts, figures
from consent import purposes
from contacts.models import Contact
from ecrm.tenancy.policies import may, requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability


@requires(Capability.ANALYTICS_VIEW)
@require_safe
def dashboard(request: MemberRequest) -> HttpResponse:
    people = Contact.objects.visible_to(request.membership)
    growth, sends = figures.growth(people), figures.sends()
    purpose = purposes.by_key(purposes.NEWSLETTER)
    mailable = figures.mailable(people, purpose) if purpose else None
    context: dict[str, Any] = {
        "growth": growth,
        "growth_chart": charts.growth(growth),
        "growth_spark": charts.spark(_("People, 12 months"), growth.totals),
        "sends": sends,
        "sends_chart": charts.sends(sends),
        "sends_funnel": charts.funnel(sends),
        "mailable": mailable,
        "mailable_chart": charts.mailable(mailable) if mailable else None,
        "purpose_name": purposes.wording(purpose).name if purpose else "",
    }
    if may(request.membership, Capability.REVENUE_VIEW):
        orders = figures.orders(request.tenant.currency)
        context |= {"orders": orders, "orders_spark": charts.spark(_("Revenue, 12 weeks"), orders.by_week)}
    return render(request, "analytics/dashboard.html", context)
