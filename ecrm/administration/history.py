"""What the audit says of one row, in place of Django's own log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ecrm.audit import words
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.models import User

AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of an audit with who did it. ``actor`` None is the system, or somebody who is gone."""

    entry: Any
    actor: User | None

    @property
    def action(self) -> str:
        return words.action_label(self.entry.action)


def history_page(rows: Any, request: HttpRequest, object_id: str, entries: Any = None) -> HttpResponse:
    """The page of one row. ``entries`` are those to look in, the current tenant's by default."""
    obj = rows.get_object(request, unquote(object_id))
    if obj is None:
        raise Http404
    if not rows.has_view_or_change_permission(request, obj):
        raise PermissionDenied
    about = (AuditEntry.objects.all() if entries is None else entries).filter(
        subject_type=obj._meta.label_lower, subject_id=obj.pk
    )
    context = {
        **rows.admin_site.each_context(request),
        "title": _("Change history: %s") % obj,
        "lines": lines(about.order_by("-at", "-id")[:AT_MOST]),
        "module_name": str(capfirst(rows.opts.verbose_name_plural)),
        "object": obj,
        "opts": rows.opts,
    }
    return TemplateResponse(request, "admin/object_history.html", context)


def lines(entries: Iterable[Any]) -> list[Line]:
    found = list(entries)
    actors = User.objects.in_bulk({entry.actor_id for entry in found if entry.actor_id})
    return [Line(entry, actors.get(entry.actor_id)) for entry in found]
