"""How the admin shows a tenant's table. ``Rows`` reads; ``EditableRows`` writes and says so in the audit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ecrm.administration import columns, deletion, words
from ecrm.administration.history import history_page
from ecrm.administration.lists import CappedPaginator, RowList
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User
from ecrm.tenancy.roles import Capability

AT_ONCE = 1_000
_SEARCH_CAP = 1_000
_LOOKUPS = frozenset({"", "exact", "in", "isnull", "gte", "gt", "lte", "lt", "year", "month", "day"})


class TenantRowForm(forms.ModelForm):  # type: ignore[type-arg]
    """Django leaves constraints alone that name a field outside the form; ours all name the tenant."""

    def _get_validation_exclusions(self) -> set[str]:
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclusions - {"tenant"}


class Rows(admin.ModelAdmin):  # type: ignore[type-arg]
    """A table to look at. ``is_small`` says it holds at most some thousand rows in a tenant, so that
    any column may be sorted by and searched in. ``one`` and ``many`` are what the admin calls its rows.
    """

    form = TenantRowForm
    one: str | Promise = ""
    many: str | Promise = ""
    is_small = False
    can_add = can_change = can_delete = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_max_show_all = 200
    view_on_site: Any = False

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        self.__dict__.update(_derived(type(self), model))
        if self.one:
            # In the options, where all of Django's admin looks; migrations read the written Meta only.
            options: Any = model._meta
            options.verbose_name, options.verbose_name_plural = self.one, self.many
        words.name_columns(model)
        super().__init__(model, admin_site)

    # Who may what: one capability, and what the class allows.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        membership = getattr(request, "membership", None)
        return membership is not None and membership.may(Capability.ADMIN_USE)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_add and self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_change and self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_delete and self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.fields or self.fieldsets or (self.has_change_permission(request, obj) if obj else self.can_add):
            return super().get_fields(request, obj)
        return [field.name for field in columns.shown(self.model)]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RowList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list offers or an index answers: the address is no query language over secrets."""
        name, _sep, operator = lookup.partition("__")
        parts = operator.split("__")
        field_names = {field.name for field in columns.shown(self.model)}
        if lookup in self._filter_parameters():
            return True
        offered = {*columns.indexed(self.model), self.date_hierarchy, *map(str, self.list_filter)}
        is_offered = name in offered or name.removesuffix("_id") in offered
        return is_offered and name.removesuffix("_id") in field_names | {"id"} and parts[-1] in _LOOKUPS | {"id", "pk"}

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        return (queryset.filter(pk__in=self.found_ids(queryset, term)) if term else queryset), False

    def found_ids(self, queryset: QuerySet[Any], term: str) -> Iterable[Any]:
        """Ids of the rows a search finds. One quick question a column, since their OR is a slow one."""
        found: set[Any] = set()
        for lookup in self.search_fields:
            value = _as_asked(self.model, str(lookup), term)
            if value is not None:
                rows = queryset.order_by().filter(**{str(lookup): value})
                found.update(rows.values_list("pk", flat=True)[:_SEARCH_CAP])
        return found

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return history_page(self, request, object_id)

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """The row's page in the product, where it has one: straight there, not through Django's shortcut."""
        return self.view_on_site(obj) if obj is not None and callable(self.view_on_site) else None

    def _filter_parameters(self) -> set[str]:
        return {name for entry in self.list_filter if (name := getattr(entry, "parameter_name", None))}

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404


class ReadInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows below a row, to look at."""

    template = "admin/read_inline.html"
    extra = max_num = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class EditableRows(Rows):
    """A table to work in. ``audits_itself`` says that the services it writes through keep the audit.

    ``noun`` begins the names in the audit (``team.created``); by default the model's name.
    """

    can_add = can_change = can_delete = True
    audits_itself = False
    noun = ""

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Every reference is looked up while typing: no list of all contacts in a select."""
        registered = self.admin_site._registry
        return [
            field.name
            for field in self.model._meta.concrete_fields
            if isinstance(field, models.ForeignKey)
            and field.related_model in registered
            and registered[field.related_model].search_fields
        ]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is User:
            kwargs["queryset"] = User.objects.filter(memberships__tenant_id=require_tenant_id())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        ids = [row.pk for row in objs]
        lacking = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return (
            deletion.names(objs),
            deletion.counts(self.model, ids),
            lacking,
            deletion.protected(self.model, ids),
        )

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any) -> Any:
        """No act on everything that matches by one click too many."""
        if request.POST.get("select_across") == "1" and queryset.order_by()[: AT_ONCE + 1].count() > AT_ONCE:
            sentence = _("That is more than %(limit)d rows. Narrow the list down first.") % {"limit": AT_ONCE}
            self.message_user(request, sentence, messages.ERROR)
            return None
        return super().response_action(request, queryset, *args, **kwargs)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit("created", request, obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        fields = {name for part in message if "changed" in part for name in part["changed"].get("fields", ())}
        self._audit("changed", request, obj, fields)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            self._audit("removed", request, row)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Field names for the audit, where Django would put their labels."""
        inlines = [formset.prefix for formset in formsets or () if formset.has_changed()]
        return [{"changed": {"fields": [*form.changed_data, *inlines]}}]

    def _audit(self, verb: str, request: HttpRequest, obj: Any, fields: Iterable[str] = ()) -> None:
        if not self.audits_itself:
            noun = self.noun or self.opts.model_name
            audit.record(f"{noun}.{verb}", by=request.user, subject=obj, fields=[name[:60] for name in fields])


def _derived(cls: type[Rows], model: type[Model]) -> dict[str, Any]:
    """What an admin class does not say itself is read off the table."""
    said = {name for base in cls.__mro__ if base not in Rows.__mro__ for name in vars(base)}
    derived: dict[str, Any] = {
        "list_display": columns.list_columns(model),
        "list_filter": columns.choice_columns(model, is_small=cls.is_small),
        "date_hierarchy": columns.date_column(model),
        "search_fields": columns.search_columns(model),
        "ordering": ["-id"],
        "sortable_by": None if cls.is_small else (),
    }
    unsaid = {name: value for name, value in derived.items() if name not in said}
    listed = unsaid.get("list_display", cls.list_display)
    related = [name for name in columns.relations(model) if name in listed]
    return {**unsaid, "list_select_related": related or False}


def _as_asked(model: type[Model], lookup: str, term: str) -> Any:
    """The term as a value of that column, None when it cannot be one."""
    name, _sep, operator = lookup.partition("__")
    field: Any = model._meta.get_field(name)
    if operator != "exact":
        return term
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.IntegerField):
        return int(term) if term.isascii() and term.isdigit() and len(term) < 19 else None
    return term.casefold() if name.endswith("_norm") else term
