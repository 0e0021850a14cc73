"""Making one case of two."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import services
from cases.forms import MergeForm
from cases.models import Case, CaseMerge
from cases.pages import customer
from cases.pages.inbox import Inbox
from cases.views.frame import back_to, case_url, find_case
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID
from ecrm.ui.toasts import toast, warn


@requires(Capability.CASES_ANSWER)
@require_http_methods(["GET", "POST"])
def merge_case(request: MemberRequest, case_id: int) -> HttpResponse:
    """Which case this one becomes part of: one of the same person, or any other by its number."""
    case = find_case(request, case_id)
    visible = Case.objects.visible_to(request.membership).filter(merged_into=None)
    form = MergeForm(request.POST or None, offered=_offered(case), visible=visible)
    if request.method == "POST" and form.is_valid():
        into = form.cleaned_data["into"]
        try:
            with transaction.atomic():
                merge = services.merge_cases(case=case, into=into, by=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            words = {"number": case.number, "other": into.number}
            undo = f"{reverse('undo_case_merge', args=[merge.pk])}?{Inbox(request).query}"
            toast(request, _("Case %(number)s is part of case %(other)s now.") % words, undo=undo)
            return back_to(request, into)
    query = Inbox(request).query
    context = {
        "case": case,
        "form": form,
        "query": query,
        "back_url": case_url(case, query),
        "merges": CaseMerge.objects.filter(kept=case, undone_at=None).select_related("merged").order_by("-at"),
    }
    return render(request, "cases/merge.html", context, status=INVALID if form.errors else 200)


@requires(Capability.CASES_ANSWER)
@require_POST
def undo_case_merge(request: MemberRequest, case_merge_id: int) -> HttpResponse:
    merge = get_object_or_404(CaseMerge.objects.select_related("kept", "merged"), pk=case_merge_id)
    kept = find_case(request, merge.kept_id)
    if services.undo_merge(merge=merge, by=request.user):
        toast(request, _("Case %(number)s is a case of its own again.") % {"number": merge.merged.number})
        return back_to(request, merge.merged)
    warn(request, _("That cannot be undone any more."))
    return back_to(request, kept)


def _offered(case: Case) -> list[Case]:
    """The person's other open cases."""
    if case.contact is None:
        return []
    return [other for other in customer.others(case.contact, but=case) if not other.is_ended]
