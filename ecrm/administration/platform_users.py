"""Users on the platform: found, switched off and on, freed of a lost second factor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ecrm.administration import accounts
from ecrm.administration.forms import ReasonForm
from ecrm.administration.models import PlatformEntry
from ecrm.administration.platform_rows import PlatformRows
from ecrm.administration.platform_site import platform_site
from ecrm.administration.rows import ReadInline
from ecrm.tenancy.models import Membership, Tenant, User


class MembershipInline(ReadInline):
    model = Membership
    fields = ["tenant", "roles", "created_at"]
    readonly_fields = ["tenant", "roles", "created_at"]
    verbose_name, verbose_name_plural = _("membership"), _("memberships")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("tenant", "user")


class AddressInline(ReadInline):
    model = EmailAddress
    fields = ["email", "verified", "primary"]
    readonly_fields = ["email", "verified", "primary"]
    verbose_name, verbose_name_plural = _("address to sign in with"), _("addresses to sign in with")


class FactorInline(ReadInline):
    model = Authenticator
    fields = ["type", "created_at", "last_used_at"]
    readonly_fields = ["type", "created_at", "last_used_at"]
    verbose_name, verbose_name_plural = _("second factor"), _("second factors")


@admin.register(User, site=platform_site)
class UserRows(PlatformRows):
    """People come by sign-up and invitation, and stay: what they did refers to them."""

    one, many = _("user"), _("users")
    is_small = True
    can_change = True
    list_display = ["email", "name", "is_active", "is_staff", "last_login", "created_at"]
    list_filter = ["is_active", "is_staff"]
    date_hierarchy = "created_at"
    search_fields = ["email__icontains", "name__icontains"]
    ordering = ["email"]
    fields = ["email", "name", "language", "time_zone", "is_active", "is_staff", "last_login", "created_at", "acts"]
    inlines = [MembershipInline, AddressInline, FactorInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Addresses are the person's own to change; who is staff is for superusers to say."""
        fixed = ["email", "is_active", "last_login", "created_at", "acts"]
        return fixed if getattr(request.user, "is_superuser", False) else [*fixed, "is_staff"]

    def get_urls(self) -> list[Any]:
        acts = [
            path(f"<int:user_id>/{name.replace('_', '-')}/", self.admin_site.admin_view(view), name=f"{name}_user")
            for name, view in (
                ("deactivate", self.deactivate_view),
                ("activate", self.activate_view),
                ("reset_second_factor", self.reset_view),
            )
        ]
        return [*acts, *super().get_urls()]

    @admin.display(description=_("acts"))
    def acts(self, obj: Any) -> str:
        """Links to the pages that ask why."""
        off, on = ("deactivate_user", gettext("Deactivate…")), ("activate_user", gettext("Activate…"))
        reset = ("reset_second_factor_user", gettext("Reset second factor…"))
        links = (
            (reverse(f"admin:{name}", args=[obj.pk]), label) for name, label in (off if obj.is_active else on, reset)
        )
        return format_html("{}", format_html_join(" · ", '<a href="{}">{}</a>', links))

    def deactivate_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        note = gettext("This person cannot sign in any more, anywhere. What they did stays.")
        return self._ask(request, user_id, accounts.deactivate, gettext("Deactivate %(user)s"), note)

    def activate_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        note = gettext("This person can sign in again.")
        return self._ask(request, user_id, accounts.activate, gettext("Activate %(user)s"), note)

    def reset_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        note = gettext(
            "Every second factor is removed, and the password alone opens the account. Make sure who asks."
            " The person gets a mail, and their workspaces see it in the audit."
        )
        return self._ask(
            request, user_id, accounts.reset_second_factor, gettext("Reset second factor of %(user)s"), note
        )

    def _ask(
        self, request: HttpRequest, user_id: int, act: Callable[..., object], title: str, note: str
    ) -> HttpResponse:
        user = self.row(user_id)
        title = title % {"user": user}
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                done = act(user=user, by=request.user, reason=form.cleaned_data["reason"])
            except ValidationError as error:
                form.add_error(None, error)
            else:
                self.message_user(request, gettext("Done.") if done else gettext("Nothing had to be done."))
                return self.back_to(user)
        return self.act_with_form(request, user, form, title=title, verb=title, note=note)

    def concerned(self, obj: Any) -> Iterable[Tenant]:
        return accounts.tenants_of(obj)


@admin.register(PlatformEntry, site=platform_site)
class EntryRows(PlatformRows):
    one, many = _("platform audit entry"), _("platform audit")
    list_display = ["at", "actor_id", "action", "subject_type", "subject_id", "concerned_id", "reason"]
    list_filter = []
    date_hierarchy = "at"
    ordering = ["-at", "-id"]
    search_fields = ["actor_id__exact", "action__exact", "subject_id__exact"]
    is_small = True
