"""What the views of one case share: finding it, and going back to where its list was."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from cases.models import Case, CaseMessage
from cases.pages.inbox import Inbox
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui.parts import redirect_page


def find_case(request: MemberRequest, case_id: int) -> Case:
    """404 for a case this member does not see."""
    visible = Case.objects.visible_to(request.membership)
    return get_object_or_404(visible.select_related("contact", "assignee", "team", "follows"), pk=case_id)


def find_message(request: MemberRequest, case_message_id: int) -> CaseMessage:
    """404 for a message of a case this member does not see."""
    message = get_object_or_404(CaseMessage.objects.select_related("author", "mail__file"), pk=case_message_id)
    message.case = find_case(request, message.case_id)
    return message


def case_url(case: Case, query: str = "") -> str:
    address = reverse("case_page", args=[case.pk])
    return f"{address}?{query}" if query else address


def back_to(request: MemberRequest, case: Case) -> HttpResponse:
    """The case, beside the list as it was."""
    return redirect_page(request, case_url(case, Inbox(request).query))


def on_to_next(request: MemberRequest, case: Case, following: Case | None) -> HttpResponse:
    """After a case is done: the next one in the list, or the list when it was the last."""
    query = Inbox(request).query
    if following is not None:
        return redirect_page(request, case_url(following, query))
    return redirect_page(request, f"{reverse('cases')}?{query}")
