"""What is done to a case, or to several at once. Each act leads back to where the list was."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from cases import services
from cases.forms import AssignForm
from cases.models import Case, Priority, State
from cases.pages.inbox import Inbox, ticked
from cases.views.frame import back_to, case_url, find_case, on_to_next
from ecrm.tenancy.models import User
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page, wants_part
from ecrm.ui.toasts import toast, warn


@requires(Capability.CASES_ANSWER)
@require_POST
def solve_case(request: MemberRequest, case_id: int) -> HttpResponse:
    """Solves and goes on to the next case of the list; the undo gives the former state back."""
    case, inbox = find_case(request, case_id), Inbox(request)
    following, former = inbox.next_after(case), case.state
    if services.solve_case(case=case, by=request.user):
        undo = f"{reverse('reopen_case', args=[case.pk])}?{inbox.query}&to={former}"
        toast(request, _("Case %(number)s solved.") % {"number": case.number}, undo=undo)
    return on_to_next(request, case, following)


@requires(Capability.CASES_ANSWER)
@require_POST
def reopen_case(request: MemberRequest, case_id: int) -> HttpResponse:
    case, to = find_case(request, case_id), request.GET.get("to", "")
    if services.reopen_case(case=case, by=request.user, to=State(to) if to in State.values else State.OPEN):
        toast(request, _("Case %(number)s is open again.") % {"number": case.number})
    return back_to(request, case)


@requires(Capability.CASES_ANSWER)
@require_POST
def close_case(request: MemberRequest, case_id: int) -> HttpResponse:
    case, inbox = find_case(request, case_id), Inbox(request)
    following = inbox.next_after(case)
    if services.close_case(case=case, by=request.user):
        toast(request, _("Case %(number)s closed.") % {"number": case.number})
    return on_to_next(request, case, following)


@requires(Capability.CASES_ANSWER)
@require_http_methods(["GET", "POST"])
def assign_case(request: MemberRequest, case_id: int) -> HttpResponse:
    """Whose case it is. Asked by htmx: the choices alone, for the menu."""
    case = find_case(request, case_id)
    form = AssignForm(request.POST or None, initial={"assignee": case.assignee_id, "team": case.team_id})
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                services.assign_case(case=case, to=form.chosen_member, by=request.user)
                if "team" in request.POST:
                    services.set_team(case=case, team=form.chosen_team, by=request.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            toast(request, _given(case))
            return back_to(request, case)
    context = {
        "case": case,
        "form": form,
        "query": Inbox(request).query,
        "back_url": case_url(case, Inbox(request).query),
    }
    template = "cases/_assign_menu.html" if wants_part(request) and request.method == "GET" else "cases/assign.html"
    return render(request, template, context, status=INVALID if form.errors else 200)


@requires(Capability.CASES_ANSWER)
@require_POST
def change_case(request: MemberRequest, case_id: int) -> HttpResponse:
    """State, priority or snooze by hand: whichever the form holds."""
    case, given = find_case(request, case_id), request.POST
    if given.get("state") in State.values:
        services.set_state(case=case, to=State(given["state"]), by=request.user)
    if given.get("priority", "") in [str(value) for value in Priority.values]:
        services.set_priority(case=case, priority=int(given["priority"]), by=request.user)
    if given.get("snooze") in SNOOZES:
        services.snooze_case(case=case, until=_until(given["snooze"]), by=request.user)
    return back_to(request, case)


@requires(Capability.CASES_ANSWER)
@require_POST
def act_on_cases(request: MemberRequest) -> HttpResponse:
    """Takes or solves the ticked cases."""
    chosen, act = ticked(request, request.membership), request.POST.get("act", "")
    if not chosen:
        warn(request, _("Tick a case first."))
    elif act == "take":
        former = services.assign_cases(cases=chosen, to=request.user, by=request.user)
        words = ngettext("%(count)s case is yours now.", "%(count)s cases are yours now.", len(former))
        toast(request, words % {"count": len(former)}, undo=_undo(request, "take", former))
    elif act == "solve":
        solved = services.solve_cases(cases=chosen, by=request.user)
        words = ngettext("%(count)s case solved.", "%(count)s cases solved.", len(solved))
        toast(request, words % {"count": len(solved)}, undo=_undo(request, "solve", solved))
    else:
        warn(request, _("Choose what to do with them."))
    return redirect_page(request, f"{reverse('cases')}?{Inbox(request).query}")


@requires(Capability.CASES_ANSWER)
@require_POST
def undo_act(request: MemberRequest) -> HttpResponse:
    """Gives several cases their former state or member back, as the address of the toast says."""
    former = dict(pair.split("-", 1) for pair in request.GET.get("was", "").split(",") if "-" in pair)
    visible = Case.objects.visible_to(request.membership).select_related("contact", "assignee")
    ids = [int(pk) for pk in former if pk.isascii() and pk.isdecimal() and len(pk) < 19]
    for case in visible.filter(pk__in=ids).order_by("pk"):
        _give_back(request, case, former[str(case.pk)])
    toast(request, _("As before."))
    return redirect_page(request, f"{reverse('cases')}?{Inbox(request).query}")


SNOOZES: Mapping[str, timedelta | None] = {
    "hour": timedelta(hours=1),
    "tomorrow": timedelta(days=1),
    "week": timedelta(days=7),
    "now": None,
}


def _until(key: str) -> datetime | None:
    """An hour is an hour; days end at eight in the morning of the reader's time."""
    length = SNOOZES[key]
    if length is None:
        return None
    then = timezone.localtime(timezone.now() + length)
    return then if key == "hour" else then.replace(hour=8, minute=0, second=0, microsecond=0)


def _give_back(request: MemberRequest, case: Case, was: str) -> None:
    if request.GET.get("act") == "solve":
        if was in State.values:
            services.reopen_case(case=case, to=State(was), by=request.user)
        return
    holder = User.objects.filter(pk=int(was)).first() if was.isascii() and was.isdecimal() and len(was) < 19 else None
    services.assign_case(case=case, to=holder, by=request.user)


def _undo(request: MemberRequest, act: str, former: Mapping[int, object]) -> str:
    was = ",".join(f"{pk}-{value if value is not None else ''}" for pk, value in former.items())
    return f"{reverse('undo_act')}?{Inbox(request).query}&act={act}&was={was}" if former else ""


def _given(case: Case) -> str:
    if case.assignee is None:
        return _("Case %(number)s is nobody’s now.") % {"number": case.number}
    return _("Case %(number)s is with %(name)s.") % {"number": case.number, "name": case.assignee}
