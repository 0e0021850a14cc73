"""Members, roles, teams and settings of one tenant."""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecrm.tenancy import services, teams
from ecrm.tenancy.forms import InvitationForm, RolesForm, TeamForm, TenantSettingsForm
from ecrm.tenancy.models import Invitation, Team
from ecrm.tenancy.policies import members_only, requires
from ecrm.tenancy.reauthentication import with_second_step
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import GRANTS, SIGHT, Capability, Role
from ecrm.tenancy.urls import absolute, platform_url
from ecrm.ui.parts import render_page
from ecrm.ui.settings_pages import sections

log = structlog.get_logger(__name__)


@requires(Capability.MEMBERS_MANAGE)
@require_safe
def members(request: MemberRequest) -> HttpResponse:
    return _members_page(request, InvitationForm(initial={"roles": [Role.VIEWER]}), TeamForm())


@requires(Capability.MEMBERS_MANAGE)
@require_POST
def invite(request: MemberRequest) -> HttpResponse:
    form = InvitationForm(request.POST)
    if form.is_valid():
        try:
            invitation, secret = services.invite(tenant=request.tenant, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            url = absolute(platform_url("accept_invitation", secret))
            if not _mail_invitation(invitation, url):
                return _members_page(request, InvitationForm(), TeamForm(), unsent=(invitation.email, url))
            messages.success(request, _("Invitation sent to %(email)s.") % {"email": invitation.email})
            return redirect("members")
    return _members_page(request, form, TeamForm(), status=422)


@requires(Capability.MEMBERS_MANAGE)
@require_POST
def revoke_invitation(request: MemberRequest, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(request.tenant.invitations, pk=invitation_id)
    services.revoke_invitation(invitation=invitation, by=request.user)
    return redirect("members")


@requires(Capability.MEMBERS_MANAGE)
@require_http_methods(["GET", "POST"])
def change_roles(request: MemberRequest, membership_id: int) -> HttpResponse:
    membership = get_object_or_404(request.tenant.memberships.select_related("user"), pk=membership_id)
    form = RolesForm(request.POST or None, initial={"roles": membership.roles})
    if request.method == "POST" and form.is_valid():
        try:
            services.change_roles(membership=membership, roles=form.cleaned_data["roles"], by=request.membership)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Roles changed."))
            return redirect("members")
    context = {"form": form, "membership": membership}
    return render(request, "tenancy/change_roles.html", context, status=422 if form.errors else 200)


@requires(Capability.MEMBERS_MANAGE)
@require_POST
def remove_member(request: MemberRequest, membership_id: int) -> HttpResponse:
    membership = get_object_or_404(request.tenant.memberships, pk=membership_id)
    try:
        services.remove_member(membership=membership, by=request.membership)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("members")


@requires(Capability.MEMBERS_MANAGE)
@require_POST
def add_team(request: MemberRequest) -> HttpResponse:
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            teams.create_team(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("members")
    return _members_page(request, InvitationForm(initial={"roles": [Role.VIEWER]}), form, status=422)


@requires(Capability.MEMBERS_MANAGE)
@require_POST
def change_team(request: MemberRequest, team_id: int) -> HttpResponse:
    team = get_object_or_404(Team, pk=team_id)
    if "remove" in request.POST:
        teams.remove_team(team=team, by=request.user)
    else:
        wanted = [int(pk) for pk in request.POST.getlist("users") if pk.isdigit()]
        users = [m.user for m in request.tenant.memberships.select_related("user").filter(user_id__in=wanted)]
        teams.set_members(team=team, users=users, by=request.user)
    return redirect("members")


@members_only
@require_safe
def role_table(request: MemberRequest) -> HttpResponse:
    """What each role may do: straight from the table the code asks."""
    rows = [(c.label, [c in GRANTS[role] for role in Role]) for c in Capability]
    context = {"roles": list(Role), "rows": rows, "sights": [SIGHT[role].name.lower() for role in Role]}
    return render(request, "tenancy/role_table.html", context)


@members_only
@require_safe
def settings_index(request: MemberRequest) -> HttpResponse:
    """All pages of the settings this member may open; ``q`` narrows them."""
    sought = request.GET.get("q", "").strip()[:100]
    context = {"sections": sections(request, request.membership.may, sought=sought), "sought": sought}
    return render_page(request, "settings/index.html", part="settings/_found.html", context=context)


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def tenant_settings(request: MemberRequest) -> HttpResponse:
    form = TenantSettingsForm(request.POST or None, instance=request.tenant)
    if request.method == "POST" and form.is_valid():
        services.change_tenant(tenant=form.instance, by=request.user, fields=form.changed_data)
        messages.success(request, _("Settings saved."))
        return redirect("tenant_settings")
    return render(request, "tenancy/settings.html", {"form": form}, status=422 if form.errors else 200)


def _members_page(
    request: MemberRequest,
    form: InvitationForm,
    team_form: TeamForm,
    status: int = 200,
    unsent: tuple[str, str] | None = None,
) -> HttpResponse:
    """``unsent``: address and link of an invitation whose mail could not be sent."""
    memberships = list(request.tenant.memberships.select_related("user").order_by("user__name", "user__email"))
    context: dict[str, Any] = {
        "form": form,
        "team_form": team_form,
        "unsent": unsent,
        "memberships": memberships,
        "with_second_step": with_second_step([membership.user_id for membership in memberships]),
        "invitations": request.tenant.invitations.filter(accepted_at=None, revoked_at=None).order_by("-created_at"),
        "teams": teams.with_members(),
        "role_labels": dict(Role.choices),
    }
    return render(request, "tenancy/members.html", context, status=status)


def _mail_invitation(invitation: Invitation, url: str) -> bool:
    """False when no mail can be sent just now: the invitation stands, and its link can be given by hand."""
    subject = _("Join %(tenant)s on eCRM") % {"tenant": invitation.tenant.name}
    text = render_to_string("tenancy/invitation_mail.txt", {"invitation": invitation, "url": url})
    try:
        send_mail(subject, text, None, [invitation.email])
    except OSError:
        log.exception("invitation_not_sent", invitation=invitation.pk)
        return False
    return True
