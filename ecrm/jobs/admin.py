from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ecrm.administration.rows import EditableRows
from ecrm.administration.tenant_site import show, site
from ecrm.jobs import stuck
from ecrm.jobs.models import Job, OutboxEntry


class FailedFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "failed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Given up")), ("no", _("Waiting"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(failed_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(OutboxEntry, site=site)
class OutboxRows(EditableRows):
    """What waits to be done. Entries go when they are done, so what stays has failed."""

    one, many = _("outbox entry"), _("outbox entries")
    can_add = can_change = False
    is_small = True
    noun = "work"
    list_display = ["id", "task", "queue", "due_at", "attempts", "failed_at", "error"]
    list_filter = [FailedFilter]
    search_fields = ["id__exact", "task__exact"]
    actions = ["try_again"]

    @admin.action(description=_("Try again"), permissions=["delete"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = queryset.filter(failed_at__isnull=False).order_by()
        count = stuck.try_again(entries=chosen, by=request.user)  # type: ignore[arg-type]  # a member
        told = ngettext("%(count)d entry is tried again.", "%(count)d entries are tried again.", count)
        self.message_user(request, told % {"count": count})


show(
    Job,
    _("job"),
    _("jobs"),
    is_small=True,
    list_display=["id", "title", "kind", "state", "done", "failed", "total", "requested_by", "created_at"],
)
