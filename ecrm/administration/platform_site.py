"""``/admin/``: tenants, users and health of this installation, for its staff."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from ecrm.administration import visits
from ecrm.administration.history import lines
from ecrm.administration.models import PlatformEntry
from ecrm.administration.sites import Site
from ecrm.tenancy.urls import platform_url

RECENT = 10


class PlatformSite(Site):
    site_header = site_title = gettext_lazy("Platform")
    index_title = gettext_lazy("This installation")

    def has_permission(self, request: HttpRequest) -> bool:
        return visits.may_administer(request.user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Who is no staff learns nothing of it; staff without a second factor are led to set one up."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect(f"{platform_url('account_login')}?next={request.path}")
            if not (request.user.is_active and request.user.is_staff):
                raise Http404
            if not visits.has_second_factor(request.user):
                messages.warning(request, _("The platform's pages need two-step sign-in. Set it up first."))
                return redirect(platform_url("mfa_index"))
            answer: HttpResponse = view(request, *args, **kwargs)
            return answer

        inner = csrf_protect(guarded if cacheable else never_cache(guarded))
        return update_wrapper(inner, view)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "site_url": "", "health_url": reverse("admin:health")}

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        recent = PlatformEntry.objects.filter(actor_id=request.user.pk or 0).order_by("-at", "-id")[:RECENT]
        return super().index(request, {"recent": lines(recent), **(extra_context or {})})

    def get_urls(self) -> list[Any]:
        from django.urls import path

        from ecrm.administration.health import health_page

        return [path("health/", self.admin_view(health_page), name="health"), *super().get_urls()]


platform_site = PlatformSite(name="admin")
