"""What members did: searched, and taken out as a file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ecrm.audit import services, words
from ecrm.audit.models import AuditEntry
from ecrm.audit.search import ORDER, SYSTEM, Search, people
from ecrm.jobs.services import start_job
from ecrm.tenancy.models import User
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import render_page


@requires(Capability.AUDIT_VIEW)
@require_safe
def audit_entries(request: MemberRequest) -> HttpResponse:
    search = Search.of(request.GET)
    page = keyset_page(search.entries(), order=ORDER, cursor=request.GET.get("cursor"), size=50)
    context = {
        "search": search,
        "page": page,
        "rows": _rows(page.rows, search),
        "members": _members(request),
        "actions": words.actions(),
        "system": SYSTEM,
        "subject": _subject_words(search.subject),
        "without_subject": f"?{urlencode(search.as_query(subject=''))}",
    }
    return render_page(request, "audit/entries.html", part="audit/_entries.html", context=context)


@requires(Capability.AUDIT_VIEW)
@require_POST
def export_audit(request: MemberRequest) -> HttpResponse:
    """The entries found, as a CSV file; that somebody took them out is an entry itself."""
    search = Search.of(request.POST)
    services.record("audit.export_begun", by=request.user, fields=search.as_query())
    job = start_job(
        task="audit.export",
        kind="export",
        title=_("Export of the audit"),
        by=request.user,
        url=f"{reverse('audit')}?{urlencode(search.as_query())}",
        can_retry=True,
    )
    messages.success(request, _("The export is being written."))
    return redirect("job", job_id=job.pk)


def _rows(entries: list[AuditEntry], search: Search) -> list[dict[str, Any]]:
    actors = people(entries)
    return [
        {
            "entry": entry,
            "actor": actors.get(entry.actor_id) if entry.actor_id else None,
            "action": words.action_label(entry.action),
            "subject": _subject_words(f"{entry.subject_type}:{entry.subject_id or ''}"),
            "subject_url": words.subject_url(entry.subject_type, entry.subject_id),
            "same_subject": f"?{urlencode({'subject': f'{entry.subject_type}:{entry.subject_id}'})}",
        }
        for entry in entries
    ]


def _subject_words(subject: str) -> str:
    subject_type, _colon, subject_id = subject.partition(":")
    return f"{words.subject_label(subject_type)} {subject_id}".strip() if subject_type else ""


def _members(request: MemberRequest) -> list[User]:
    return list(User.objects.filter(memberships__tenant=request.tenant).order_by("name", "email"))
