"""How the platform's admin shows a shared table: to staff alone, with the platform's audit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from ecrm.administration import journal
from ecrm.administration.history import history_page
from ecrm.administration.models import PlatformEntry
from ecrm.administration.rows import EditableRows
from ecrm.tenancy.models import Tenant


class PlatformRows(EditableRows):
    """Reads by default. Nothing of the platform is deleted by a click: tenants and users outlive theirs."""

    can_add = can_change = can_delete = False
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The site has asked for staff and their second factor already."""
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # Past EditableRows, whose users are the members of a tenant.
        return admin.ModelAdmin.formfield_for_foreignkey(self, db_field, request, **kwargs)

    def concerned(self, obj: Any) -> Iterable[Tenant]:
        """The tenants whose audit repeats what happens to this row."""
        return []

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return history_page(self, request, object_id, PlatformEntry.objects.all())

    def act_with_form(
        self, request: HttpRequest, obj: Any, form: forms.Form, *, title: str, verb: str, note: str
    ) -> HttpResponse:
        """The page that asks why before something is done to ``obj``."""
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "note": note,
            "verb": verb,
            "form": form,
            "object": obj,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/ask.html", context, status=422 if form.errors else 200)

    def row(self, object_id: int) -> Any:
        return get_object_or_404(self.model, pk=object_id)

    def back_to(self, obj: Any) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return redirect(reverse(name, args=[obj.pk]))

    def _audit(self, verb: str, request: HttpRequest, obj: Any, fields: Iterable[str] = ()) -> None:
        if not self.audits_itself:
            noun = self.noun or self.opts.model_name
            journal.record(
                f"{noun}.{verb}",
                by=request.user,  # type: ignore[arg-type]  # staff are signed in
                subject=obj,
                tenants=self.concerned(obj),
                fields=[name[:60] for name in fields],
            )
