"""People and their history in a tenant's admin. Writes go through the services."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from contacts import models, search, services
from contacts.services.assigning import EDITABLE
from ecrm.administration.lists import RowList
from ecrm.administration.rows import EditableRows, ReadInline, Rows
from ecrm.administration.tenant_site import show, site

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EmailInline(ReadInline):
    model = models.EmailAddress
    fields = ["address", "kind", "is_primary", "verified_at"]


class PhoneInline(ReadInline):
    model = models.PhoneNumber
    fields = ["written", "number", "kind", "is_primary"]


@admin.register(models.Contact, site=site)
class ContactRows(EditableRows):
    """Nobody is deleted here: people go to the bin and come back; erasure has its own way."""

    one, many = _("contact"), _("contacts")
    can_delete = False
    audits_itself = True
    list_display = ["name", "stage", "owner", "company", "country", "created_at", "binned_at"]
    list_filter = ["stage"]
    search_fields = ["id__exact"]
    search_help_text = _("Name, address, phone number or company")
    fields = list(EDITABLE)
    inlines = [EmailInline, PhoneInline]
    actions = ["bin_selected", "restore_selected"]

    def found_ids(self, queryset: QuerySet[Any], term: str) -> Iterable[Any]:
        by_number = [int(term)] if term.isascii() and term.isdigit() and len(term) < 10 else []
        return [*search.contact_ids(term), *by_number]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in EDITABLE if not change or name in form.changed_data}
        if change:
            services.edit_contact(contact=obj, by=request.user, **given)  # type: ignore[arg-type]
        else:
            obj.__dict__.update(services.create_contact(by=request.user, **given).__dict__)  # type: ignore[arg-type]

    @admin.action(description=_("Move to the bin"), permissions=["change"])
    def bin_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        count = len(services.bin_contacts(contact_ids=ids, by=request.user))  # type: ignore[arg-type]
        told = ngettext("%(count)d contact is in the bin.", "%(count)d contacts are in the bin.", count)
        self.message_user(request, told % {"count": count})

    @admin.action(description=_("Take out of the bin"), permissions=["change"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        count = services.restore_contacts(contact_ids=ids, by=request.user)  # type: ignore[arg-type]
        told = ngettext("%(count)d contact is back.", "%(count)d contacts are back.", count)
        self.message_user(request, told % {"count": count})

    def view_on_site(self, obj: models.Contact) -> str:
        return reverse("contact_page", args=[obj.pk])


@admin.register(models.Company, site=site)
class CompanyRows(EditableRows):
    """Names come with people, who are searched by them: they change on the company's page only."""

    one, many = _("company"), _("companies")
    can_add = can_delete = False
    list_display = ["name", "owner", "city", "country", "created_at", "binned_at"]
    fields = ["name", "owner", "phone", "street", "postcode", "city", "region", "country"]
    readonly_fields = ["name"]
    search_fields = ["id__exact", "name_norm__exact"]


@admin.register(models.Tag, site=site)
class TagRows(EditableRows):
    one, many = _("tag"), _("tags")
    can_add = can_change = False
    list_display = ["name", "id"]
    search_fields = ["id__exact", "name_norm__exact"]
    is_small = True

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Taken off everybody first, so that their history and their segments hear of it."""
        people = list(models.Tagging.objects.filter(tag=obj).values_list("contact_id", flat=True))
        services.remove_tags(contact_ids=people, names=[obj.name], by=request.user)  # type: ignore[arg-type]
        obj.delete()


class EventList(RowList):
    def url_for_result(self, result: Any) -> str:
        """Names the instant beside the id: the history is sorted by it, and by nothing else."""
        since = (result.occurred_at - EPOCH) // timedelta(microseconds=1)
        return reverse("admin:contacts_event_change", args=[f"{result.pk}-{since}"])


@admin.register(models.Event, site=site)
class EventRows(Rows):
    """The history is written once. Partitioned by month, so that an id alone is found slowly."""

    one, many = _("event"), _("events")
    list_display = ["occurred_at", "name", "contact_id", "campaign_id", "amount", "currency", "source_type", "actor_id"]
    date_hierarchy = "occurred_at"
    ordering = ["-occurred_at", "-id"]
    search_fields = ["contact_id__exact", "name__exact"]
    search_help_text = _("Number of a contact, or name of an event")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RowList]:
        return EventList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By the indexes of the history, which has none on the id."""
        term = search_term.strip()
        if not term:
            return queryset, False
        is_number = term.isascii() and term.isdigit() and len(term) < 19
        return queryset.filter(**({"contact_id": int(term)} if is_number else {"name": term})), False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        number, _sep, since = object_id.partition("-")
        if not (since.isascii() and since.isdigit() and len(since) < 18):
            return super().get_object(request, object_id, from_field)
        instant = EPOCH + timedelta(microseconds=int(since))
        narrowed = self.get_queryset(request).filter(occurred_at=instant)
        return narrowed.filter(pk=int(number)).first() if number.isascii() and number.isdigit() else None


@admin.register(models.Segment, site=site)
class SegmentRows(Rows):
    one, many = _("segment"), _("segments")
    is_small = True
    list_display = ["name", "member_count", "calculated_at", "broken_reason", "created_by", "archived_at"]
    search_fields = ["name__icontains"]

    def view_on_site(self, obj: models.Segment) -> str:
        return reverse("segment", args=[obj.pk])


@admin.register(models.CustomField, site=site)
class FieldRows(Rows):
    """Made, changed and deleted on the page of the settings, which keeps the values in mind."""

    one, many = _("field"), _("fields")
    is_small = True
    list_display = ["label", "entity", "kind", "key", "deleted_at"]
    list_filter = ["entity", "kind"]
    search_fields = ["label__icontains", "key__exact"]

    def view_on_site(self, obj: models.CustomField) -> str | None:
        return reverse("edit_field", args=[obj.pk]) if obj.deleted_at is None else None


show(models.CustomChoice, _("entry of a field"), _("entries of a field"), list_display=["id", "field", "label", "key"])
show(
    models.CustomValue,
    _("value of a field"),
    _("values of a field"),
    search_fields=["id__exact", "contact__exact", "company__exact"],
)
show(models.EmailAddress, _("email address"), _("email addresses"))
show(models.PhoneNumber, _("phone number"), _("phone numbers"))
show(models.PostalAddress, _("postal address"), _("postal addresses"))
show(
    models.Identity,
    _("identity"),
    _("identities"),
    search_fields=["id__exact", "contact__exact", "external_id__exact"],
)
show(models.CompanyDomain, _("company domain"), _("company domains"), list_display=["id", "company", "domain_norm"])
show(models.CompanyChange, _("change of a company"), _("changes of companies"))
show(models.ContactChange, _("change of a contact"), _("changes of contacts"))
show(models.StageRule, _("stage rule"), _("stage rules"))
show(models.Tagging, _("tagging"), _("taggings"))
show(models.EventKey, _("event key"), _("event keys"), list_display=["id", "source", "key", "occurred_at"])
show(models.SegmentPick, _("person on a list"), _("people on lists"))
show(models.SegmentRule, _("version of a rule"), _("versions of rules"))
show(models.SegmentMembership, _("segment membership"), _("segment memberships"))
show(models.RefusedEvent, _("refused event"), _("refused events"))
show(models.DirtyContact, _("contact to recalculate"), _("contacts to recalculate"))
show(models.ImportRow, _("import row"), _("import rows"))
show(models.ImportChunk, _("import stretch"), _("import stretches"))
show(models.ImportMapping, _("remembered columns"), _("remembered columns"), is_small=True)
show(models.ImportProblem, _("import problem"), _("import problems"))
show(
    models.ImportRun,
    _("import"),
    _("imports"),
    is_small=True,
    list_display=["name", "state", "created_by", "created_at", "finished_at", "error"],
)
show(
    models.CompanyMerge,
    _("merge of companies"),
    _("merges of companies"),
    list_display=["id", "winner", "loser", "merged_at", "undone_at"],
)
show(models.Merge, _("merge"), _("merges"), list_display=["id", "winner", "loser", "merged_at", "undone_at"])
show(models.DuplicatePair, _("pair of duplicates"), _("pairs of duplicates"))
show(models.QualityIssue, _("thing to put right"), _("things to put right"))
show(models.QualityCount, _("day of data quality"), _("days of data quality"))
show(models.CleaningSettings, _("settings of data quality"), _("settings of data quality"), is_small=True)
show(models.UnmatchedContact, _("contact to compare"), _("contacts to compare"))
