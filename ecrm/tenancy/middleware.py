"""Wall 1: the first part of the path names the tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import get_script_prefix, set_script_prefix, set_urlconf
from django.utils import timezone, translation

from ecrm.tenancy import doors
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.entrance import Entrance, entering
from ecrm.tenancy.models import RESERVED_SLUGS, Membership
from ecrm.tenancy.settings_rows import remembered
from ecrm.tenancy.urls import platform_url

TENANT_URLCONF = "ecrm.urls_tenant"


class TenantMiddleware:
    """Opens the tenant's transaction around the view and strips its prefix from the path.

    Signed out: every slug redirects to sign-in, existing or not. Signed in as an outsider:
    404. A response of 500 or above rolls the transaction back, since Django has already
    turned the exception into a response by then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.tenant, request.membership = None, None
        slug, _, rest = request.path_info.removeprefix("/").partition("/")
        if not slug or slug in RESERVED_SLUGS:
            with _ReaderPreferences(request):
                return self.get_response(request)
        key_door = doors.key_door(rest.partition("/")[0])
        if key_door is not None:
            entered = key_door(request, slug)
            return entered if isinstance(entered, HttpResponse) else self._inside(request, entered, rest)
        with entering(slug) as entrance:
            if not request.user.is_authenticated:
                return redirect(f"{platform_url('account_login')}?next=/{slug}/{rest}")
        membership = _find_membership(request, entrance)
        if not request.path_info.startswith(f"/{slug}/"):
            return redirect(f"/{slug}/")
        return self._inside(request, membership, rest)

    def _inside(self, request: Any, membership: Membership, rest: str) -> HttpResponse:
        tenant = membership.tenant
        request.tenant, request.membership = tenant, membership
        request.urlconf = TENANT_URLCONF
        # Gates may answer with a page, before the handler has looked at the request's own URLconf.
        set_urlconf(TENANT_URLCONF)
        request.path_info = f"/{rest}"
        former_prefix = get_script_prefix()
        set_script_prefix(f"{former_prefix}{tenant.slug}/")
        try:
            with tenant_context(tenant), remembered(), _ReaderPreferences(request):
                response = doors.held_up(request, membership) or self.get_response(request)
                if response.status_code >= 500:
                    transaction.set_rollback(True)
                return response
        finally:
            set_script_prefix(former_prefix)


def _find_membership(request: Any, entrance: Entrance) -> Membership:
    # Somebody may have looked at the user before the door did.
    is_known = entrance.user is not None and entrance.user.pk == request.user.pk
    own = entrance.membership if is_known else _own_membership(request.user, entrance.slug)
    membership = own or doors.open_other_door(request, entrance.slug)
    if membership is None:
        raise Http404
    return membership


def _own_membership(user: Any, slug: str) -> Membership | None:
    return Membership.objects.filter(tenant__slug=slug, user=user).select_related("tenant", "user").first()


class _ReaderPreferences:
    """The user's language and time zone, falling back to the tenant's, then the browser's."""

    def __init__(self, request: Any) -> None:
        user, tenant = request.user, request.tenant
        self.language = getattr(user, "language", "") or (
            tenant.language if tenant else translation.get_language_from_request(request)
        )
        self.zone = getattr(user, "time_zone", "") or (tenant.time_zone if tenant else "UTC")
        request.LANGUAGE_CODE = self.language

    def __enter__(self) -> None:
        self.former = translation.get_language()
        translation.activate(self.language)
        timezone.activate(self.zone)

    def __exit__(self, *exc: object) -> None:
        translation.activate(self.former or "en")
        timezone.deactivate()
