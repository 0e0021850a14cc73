"""A member's day on one page. Each room's section decides whether it has anything to say."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ecrm.tenancy.policies import members_only
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui.today import sections


@members_only
@require_safe
def today(request: MemberRequest) -> HttpResponse:
    drawn = [(section, section.render(request)) for section in sections(request.membership.may)]
    shown = [(section, card) for section, card in drawn if card]
    context = {
        "shown": [section for section, _card in shown],
        "main": [card for section, card in shown if section.column == "main"],
        "side": [card for section, card in shown if section.column == "side"],
        "day": timezone.localdate(),
    }
    return render(request, "today/page.html", context)
