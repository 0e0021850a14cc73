"""A person's own pages about being signed in, outside every tenant."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecrm.tenancy import ownership, sessions
from ecrm.tenancy.devices import device_words, is_phone
from ecrm.tenancy.forms import DeleteAccountForm
from ecrm.tenancy.models import User
from ecrm.tenancy.reauthentication import confirmed, has_second_step


@login_required
@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    sessions.note_use(request)
    rows = [
        {
            "session": session,
            "device": device_words(session.user_agent),
            "icon": "smartphone" if is_phone(session.user_agent) else "monitor",
            "is_current": session.session_key == request.session.session_key,
        }
        for session in sessions.open_sessions(_user(request))
    ]
    rows.sort(key=lambda row: not row["is_current"])
    return render(request, "usersessions/list.html", {"rows": rows})


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    if sessions.end_session(user=_user(request), session_id=session_id):
        messages.success(request, _("That device is signed out."))
    return redirect("account_sessions")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    count = sessions.end_sessions(user=_user(request), except_key=request.session.session_key)
    said = ngettext("%(count)d other device is signed out.", "%(count)d other devices are signed out.", count)
    messages.success(request, said % {"count": count})
    return redirect("account_sessions")


@login_required
@require_safe
def second_step_needed(request: HttpRequest) -> HttpResponse:
    """Where members land whose workspace asks for a second step they have not set up."""
    slug = request.GET.get("workspace", "")
    membership = _user(request).memberships.filter(tenant__slug=slug).select_related("tenant").first()
    context = {"workspace": membership and membership.tenant, "has_own": has_second_step(_user(request))}
    return render(request, "tenancy/second_step_needed.html", context)


@login_required
@require_http_methods(["GET", "POST"])
@confirmed
def delete_account(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    form = DeleteAccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            ownership.delete_account(user=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            logout(request)
            return redirect("account_login")
    context = {
        "form": form,
        "alone": ownership.owned_alone(user),
        "memberships": user.memberships.select_related("tenant").order_by("tenant__name"),
    }
    return render(request, "tenancy/delete_account.html", context, status=422 if form.errors else 200)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
