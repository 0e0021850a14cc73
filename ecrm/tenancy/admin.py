"""People and teams in a tenant's admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ecrm.administration.rows import EditableRows, Rows
from ecrm.administration.tenant_site import show, site
from ecrm.tenancy import teams
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Team, TeamMember, User


class TeamMembers(admin.StackedInline):  # type: ignore[type-arg]
    model = TeamMember
    fields = ["user"]
    autocomplete_fields = ["user"]
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = members()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Team, site=site)
class TeamRows(EditableRows):
    one, many = _("team"), _("teams")
    is_small = True
    search_fields = ["name__icontains"]
    inlines = [TeamMembers]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        teams.remove_team(team=obj, by=request.user)  # type: ignore[arg-type]  # admin_view has let a member in

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The service writes the audit."""


@admin.register(User, site=site)
class PeopleRows(Rows):
    """The tenant's members, so that they can be looked up. Users belong to no tenant: the filter is by hand."""

    one, many = _("member"), _("members")
    is_small = True
    list_display = ["email", "name", "language", "time_zone", "last_login"]
    list_filter = []
    fields = ["email", "name", "language", "time_zone", "last_login"]
    search_fields = ["email__icontains", "name__icontains"]
    ordering = ["email"]
    date_hierarchy = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return members().order_by("email")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "id__exact"


show(TeamMember, _("team member"), _("team members"), is_small=True)


def members() -> QuerySet[User]:
    return User.objects.filter(memberships__tenant_id=require_tenant_id())
