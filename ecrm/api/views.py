"""Settings, API: the tokens of this workspace, making one, revoking one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ecrm.api import services
from ecrm.api.forms import TokenForm
from ecrm.api.models import ApiToken
from ecrm.tenancy.models import Membership
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.urls import absolute
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import INVALID, redirect_page
from ecrm.ui.toasts import toast


@requires(Capability.API_MANAGE)
@require_safe
def api_tokens(request: MemberRequest) -> HttpResponse:
    page = keyset_page(ApiToken.objects.select_related("created_by"), cursor=request.GET.get("cursor"), size=50)
    places = [token.membership_id for token in page.rows]
    here = set(Membership.objects.filter(tenant=request.tenant, pk__in=places).values_list("pk", flat=True))
    context = {
        "page": page,
        "rows": [(token, *_state(token, token.membership_id in here)) for token in page.rows],
        "base_url": absolute(f"/{request.tenant.slug}/api/v1"),
    }
    return render(request, "api/tokens.html", context)


@requires(Capability.API_MANAGE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_api_token(request: MemberRequest) -> HttpResponse:
    """POST answers with the secret itself, which is nowhere else: no redirect could carry it."""
    form = TokenForm(request.POST or None, by=request.membership)
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = services.make_token(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                by=request.membership,
                expires_at=form.expires_at,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return render(request, "api/made.html", _made(request, token, secret))
    return render(request, "api/new.html", {"form": form}, status=INVALID if form.is_bound else 200)


@requires(Capability.API_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_api_token(request: MemberRequest, token_id: int) -> HttpResponse:
    """GET asks, POST does it."""
    token = get_object_or_404(ApiToken.objects.select_related("created_by"), pk=token_id)
    if request.method != "POST":
        return render(request, "api/revoke.html", {"token": token})
    if services.revoke_token(token=token, by=request.user):
        toast(request, _("Revoked the token “%(name)s”") % {"name": token.name})
    return redirect_page(request, reverse("api_tokens"))


def _made(request: MemberRequest, token: ApiToken, secret: str) -> dict[str, Any]:
    base_url = absolute(f"/{request.tenant.slug}/api/v1")
    return {"token": token, "secret": secret, "call": f'curl -H "Authorization: Bearer {secret}" {base_url}/contacts'}


def _state(token: ApiToken, is_maker_here: bool) -> tuple[str, str]:
    """Word and shape."""
    if token.revoked_at is not None:
        return _("Revoked"), "off"
    if not is_maker_here:
        return _("Its maker has left"), "off"
    return (_("Expired"), "warn") if token.is_expired else (_("Live"), "live")
