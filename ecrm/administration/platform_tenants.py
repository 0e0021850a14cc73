"""Tenants on the platform: made, renamed, looked at from outside, and entered for a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ecrm.administration import figures, suspension, visits
from ecrm.administration.forms import EnterForm, ReasonForm
from ecrm.administration.platform_rows import PlatformRows
from ecrm.administration.platform_site import platform_site
from ecrm.administration.rows import ReadInline
from ecrm.tenancy import services
from ecrm.tenancy.models import ErasedTenant, Invitation, Membership, Route, Tenant, User
from ecrm.tenancy.urls import absolute


class NewTenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """With the person it belongs to from the start: a tenant always has an owner."""

    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=User.objects.filter(is_active=True),
        # Looked up while typing, as any member's user would be.
        widget=AutocompleteSelect(Membership._meta.get_field("user"), platform_site),
    )

    class Meta:
        model = Tenant
        fields = ["name", "slug", "currency", "time_zone"]


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    is_sure = forms.BooleanField(
        label=_("Move to the new address"),
        required=False,
        help_text=_(
            "Bookmarks and links in old mails to staff lead to the old address and will find nothing."
            " Links in mails to customers go on working."
        ),
    )

    class Meta:
        model = Tenant
        fields = ["name", "slug"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "slug" in self.changed_data and not cleaned.get("is_sure"):
            self.add_error("is_sure", _("Say that you want the address to change."))
        return cleaned


class MemberInline(ReadInline):
    """To look at only: whoever could add members here could go in without a visit."""

    model = Membership
    fields = ["user", "roles", "created_at"]
    readonly_fields = ["user", "roles", "created_at"]
    verbose_name, verbose_name_plural = _("member"), _("members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "tenant")


@admin.register(Tenant, site=platform_site)
class TenantRows(PlatformRows):
    one, many = _("tenant"), _("tenants")
    is_small = True
    can_add = can_change = True
    list_display = [
        *("name", "slug", "members", "people", "created_at", "visited_until"),
        *("suspended_at", "erase_after", "acts"),
    ]
    list_filter = []
    search_fields = ["name__icontains", "slug__icontains"]
    date_hierarchy = "created_at"
    ordering = ["name", "id"]
    inlines = [MemberInline]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, form=TenantForm if obj else NewTenantForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ["name", "slug", "currency", "time_zone", "owner"]
        return ["name", "slug", "is_sure", *self.get_readonly_fields(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ["people", "created_at", "visited_until", "suspended_at", "suspended_for", "erase_after", "acts"]
        return fixed if obj else []

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Tenant.objects.annotate(member_count=Count("memberships")).order_by(*self.ordering)

    def get_urls(self) -> list[Any]:
        acts = (("enter", self.enter_view), ("suspend", self.suspend_view), ("resume", self.resume_view))
        guarded = [
            path(f"<int:tenant_id>/{name}/", self.admin_site.admin_view(view), name=f"{name}_tenant")
            for name, view in acts
        ]
        return [*guarded, *super().get_urls()]

    @admin.display(description=_("members"), ordering="member_count")
    def members(self, obj: Any) -> int:
        return int(obj.member_count)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        told = figures.people(tenant.pk for tenant in listed.result_list)
        for tenant in listed.result_list:
            tenant.people_told = told.get(tenant.pk)
        return listed

    @admin.display(description=_("contacts"))
    def people(self, obj: Any) -> str:
        """Known already of the rows of a list."""
        told = obj.people_told if hasattr(obj, "people_told") else figures.people([obj.pk]).get(obj.pk)
        return told or "0"

    @admin.display(description=_("acts"))
    def acts(self, obj: Any) -> str:
        """Links to the pages that ask why."""
        stop, go = ("suspend_tenant", gettext("Suspend…")), ("resume_tenant", gettext("Resume…"))
        links = (
            (reverse(f"admin:{name}", args=[obj.pk]), label)
            for name, label in (("enter_tenant", gettext("Enter…")), go if obj.is_suspended else stop)
        )
        return format_html("{}", format_html_join(" · ", '<a href="{}">{}</a>', links))

    def suspend_view(self, request: HttpRequest, tenant_id: int) -> HttpResponse:
        note = gettext(
            "Members see this reason and nothing else, nothing is sent, and API tokens stop working."
            " Mails still arrive, and people can still change what they allow."
        )
        return self._ask(request, tenant_id, suspension.suspend, gettext("Suspend %(tenant)s"), note)

    def resume_view(self, request: HttpRequest, tenant_id: int) -> HttpResponse:
        note = gettext("Everything goes on where it stood. Campaigns whose hour has passed are sent at once.")
        return self._ask(request, tenant_id, suspension.resume, gettext("Resume %(tenant)s"), note)

    def _ask(
        self, request: HttpRequest, tenant_id: int, act: Callable[..., bool], title: str, note: str
    ) -> HttpResponse:
        tenant, form = self.row(tenant_id), ReasonForm(request.POST or None)
        title = title % {"tenant": tenant}
        if request.method == "POST" and form.is_valid():
            done = act(tenant=tenant, by=request.user, reason=form.cleaned_data["reason"])
            self.message_user(request, gettext("Done.") if done else gettext("Nothing had to be done."))
            return self.back_to(tenant)
        return self.act_with_form(request, tenant, form, title=title, verb=title, note=note)

    def enter_view(self, request: HttpRequest, tenant_id: int) -> HttpResponse:
        """Asks why and for how long; the tenant's members see the answer on every page."""
        tenant = self.row(tenant_id)
        form = EnterForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                reason, length = form.cleaned_data["reason"], form.length
                visits.enter(tenant=tenant, by=request.user, reason=reason, length=length)  # type: ignore[arg-type]
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return HttpResponseRedirect(f"/{tenant.slug}/")
        return self.act_with_form(
            request,
            tenant,
            form,
            title=gettext("Enter %(tenant)s") % {"tenant": tenant},
            verb=gettext("Enter"),
            note=gettext(
                "Everybody in this workspace sees who you are, why you came and until when."
                " Each page you open and each change you make is on record there."
            ),
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        values = dict(form.cleaned_data)
        made = services.create_tenant(by=values.pop("owner"), **values)
        obj.__dict__.update(made.__dict__)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if request.POST.get("is_sure"):
            told = gettext("The address is now %(address)s.") % {"address": absolute(f"/{obj.slug}/")}
            self.message_user(request, told)
        return super().response_change(request, obj)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        return [{"changed": {"fields": [name for name in form.changed_data if name not in {"is_sure", "owner"}]}}]

    def concerned(self, obj: Any) -> Iterable[Tenant]:
        return [obj]


@admin.register(Membership, site=platform_site)
class MembershipRows(PlatformRows):
    one, many = _("membership"), _("memberships")
    is_small = True
    list_display = ["user", "tenant", "roles", "created_at"]
    list_filter = []
    search_fields = ["user__email__icontains", "tenant__name__icontains"]


@admin.register(Invitation, site=platform_site)
class InvitationRows(PlatformRows):
    one, many = _("invitation"), _("invitations")
    is_small = True
    list_display = ["email", "tenant", "roles", "created_at", "expires_at", "accepted_at", "revoked_at"]
    list_filter = []
    search_fields = ["email__icontains"]


@admin.register(Route, site=platform_site)
class RouteRows(PlatformRows):
    """Which tenant a public key leads to. The keys themselves are not stored."""

    one, many = _("route"), _("routes")
    is_small = True
    list_display = ["id", "kind", "tenant"]
    list_filter = []
    search_fields = ["kind__exact"]


@admin.register(ErasedTenant, site=platform_site)
class ErasedRows(PlatformRows):
    """Proof of what is gone."""

    one, many = _("erased tenant"), _("erased tenants")
    is_small = True
    list_display = ["slug", "former_id", "erased_at", "closed_by_id", "rows", "files"]
    list_filter = []
    search_fields = ["slug__icontains"]
