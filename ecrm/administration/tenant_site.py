"""``/<tenant>/admin/``: a tenant's own tables for its owners and admins, through the same walls."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from ecrm.administration.history import lines
from ecrm.administration.rows import Rows
from ecrm.administration.sites import Site
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.scoping import TenantModel

RECENT = 10


class TenantSite(Site):
    site_header = site_title = _("Admin")
    index_title = _("Tables")
    capability = Capability.ADMIN_USE

    def has_permission(self, request: HttpRequest) -> bool:
        membership = getattr(request, "membership", None)
        return membership is not None and membership.may(Capability.ADMIN_USE)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The middleware has let in a member; without the capability they get 403, as everywhere."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                raise PermissionDenied(Capability.ADMIN_USE)
            answer: HttpResponse = view(request, *args, **kwargs)
            return answer

        inner = csrf_protect(guarded if cacheable else never_cache(guarded))
        return update_wrapper(inner, view)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "site_url": reverse("dashboard")}

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        recent = AuditEntry.objects.filter(actor_id=request.user.pk).order_by("-at", "-id")[:RECENT]
        return super().index(request, {"recent": lines(recent), **(extra_context or {})})


site = TenantSite(name="admin")


def show(
    model: type[Model], one: str | Promise, many: str | Promise, *, rows: type[Rows] = Rows, **options: Any
) -> None:
    """Registers a table in one line: what its rows are called, and options of the admin class."""
    site.register(model, type(f"{model.__name__}Rows", (rows,), {"one": one, "many": many, **options}))


def fill() -> None:
    """Registers what the apps' ``admin.py`` say, and shows every other tenant table as it is."""
    autodiscover_modules("admin")
    for model in apps.get_models():
        if issubclass(model, TenantModel) and not site.is_registered(model):
            site.register(model, Rows)
