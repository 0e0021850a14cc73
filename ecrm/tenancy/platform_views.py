"""Pages before a tenant is chosen."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ecrm.tenancy import services, zones
from ecrm.tenancy.forms import NameForm, PreferencesForm, TenantForm
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.urls import tenant_url


@login_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The only workspace directly; the chooser when there are several or none."""
    memberships = list(Membership.objects.filter(user=_user(request)).select_related("tenant").order_by("tenant__name"))
    if len(memberships) == 1 and "choose" not in request.GET:
        return redirect(f"/{memberships[0].tenant.slug}/")
    context = {"memberships": memberships, "may_create": services.may_create_tenant(_user(request))}
    return render(request, "tenancy/choose.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def create_tenant(request: HttpRequest) -> HttpResponse:
    if not services.may_create_tenant(_user(request)):
        raise PermissionDenied
    zone = _user(request).time_zone or zones.likely(request.headers.get("Accept-Language", ""))
    form = TenantForm(request.POST or None, zone=zone)
    if request.method == "POST" and form.is_valid():
        try:
            tenant = services.create_tenant(by=_user(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(f"/{tenant.slug}/")
    return render(request, "tenancy/create.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows who invites; only POST joins, since mail scanners follow links."""
    invitation, user = services.find_invitation(token), _user(request)
    if invitation is None:
        raise Http404
    form = None if user.name else NameForm(request.POST or None)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            membership = services.accept_invitation(
                invitation=invitation, by=user, name=form.cleaned_data["name"] if form else ""
            )
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            if membership is None:
                raise Http404
            return redirect(tenant_url(invitation.tenant, "today"))
    context = {"invitation": invitation, "form": form}
    return render(request, "tenancy/invitation.html", context, status=422 if form and form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=_user(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Preferences saved."))
        return redirect("user_preferences")
    return render(request, "tenancy/preferences.html", {"form": form}, status=422 if form.errors else 200)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
