from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ecrm.tenancy.policies import requires
from ecrm.tenancy.roles import Capability


@requires(Capability.ANALYTICS_VIEW)
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    return render(request, "analytics/dashboard.html")
