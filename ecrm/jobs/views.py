"""Long work: in the rail while it runs, in a list afterwards, and what got stuck."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from ecrm.jobs import services, stuck, words
from ecrm.jobs.models import Job
from ecrm.tenancy.policies import may, members_only, requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import Page, keyset_page
from ecrm.ui.parts import render_live, render_page, version_of, wants_part

MINE, ALL = "mine", "all"
STUCK_SHOWN = 200


@members_only
@require_safe
def job_list(request: MemberRequest) -> HttpResponse:
    """One's own jobs; with the right to change settings, everybody's. The first page keeps itself current."""
    whose = ALL if request.GET.get("whose") == ALL and _sees_all(request) else MINE
    jobs = _visible(request) if whose == ALL else Job.objects.filter(requested_by=request.user)
    cursor = request.GET.get("cursor")
    page = keyset_page(jobs.select_related("requested_by"), order=("-created_at", "-id"), cursor=cursor, size=50)
    context = {"page": page, "whose": whose, "tabs": _tabs(request, whose), "is_live": not cursor}
    if not wants_part(request):
        return render(request, "jobs/list.html", context)
    return render_live(request, "jobs/_list.html", context, version=_version(page))


@members_only
@require_safe
def open_jobs(request: MemberRequest) -> HttpResponse:
    """The part of the rail that polls."""
    jobs = Job.objects.filter(requested_by=request.user, state__in=services.OPEN).order_by("id")[:5]
    version = version_of(*((job.pk, job.done, job.failed, job.total) for job in jobs))
    return render_live(request, "jobs/_open.html", {"jobs": jobs}, version=version)


@members_only
@require_safe
def job_detail(request: MemberRequest, job_id: int) -> HttpResponse:
    job = get_object_or_404(_visible(request).select_related("requested_by", "file"), pk=job_id)
    context = {"job": job, "may_download": job.file is not None and may(request.membership, job.file.capability)}
    if not wants_part(request):
        return render(request, "jobs/job.html", context)
    version = version_of(job.state, job.done, job.failed, job.total, job.cancel_requested_at)
    return render_live(request, "jobs/_job.html", context, version=version, is_done=not job.is_open)


@members_only
@require_POST
def cancel(request: MemberRequest, job_id: int) -> HttpResponse:
    job = get_object_or_404(_visible(request), pk=job_id)
    services.cancel_job(job=job, by=request.user)
    return redirect("job", job_id=job.pk)


@members_only
@require_POST
def retry(request: MemberRequest, job_id: int) -> HttpResponse:
    job = get_object_or_404(_visible(request), pk=job_id)
    again = services.retry_job(job=job, by=request.user)
    if again is None:
        messages.error(request, _("This job cannot be started again."))
    return redirect("job", job_id=(again or job).pk)


@requires(Capability.SETTINGS_MANAGE)
@require_safe
def stuck_work(request: MemberRequest) -> HttpResponse:
    entries = list(stuck.stuck()[: STUCK_SHOWN + 1])
    rows = [(entry, words.task_label(entry.task), words.error_words(entry.error)) for entry in entries[:STUCK_SHOWN]]
    context = {"rows": rows, "has_more": len(entries) > STUCK_SHOWN, "shown": STUCK_SHOWN, "tabs": _tabs(request, "")}
    return render_page(request, "jobs/stuck.html", part="jobs/_stuck.html", context=context)


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def try_again(request: MemberRequest) -> HttpResponse:
    """One entry, or all that are stuck."""
    entries = stuck.stuck()
    if (entry_id := request.POST.get("entry", "")).isdecimal():
        entries = entries.filter(pk=int(entry_id[:18]))
    count = stuck.try_again(entries=entries, by=request.user)
    if count:
        said = ngettext("%(count)d piece of work is tried again.", "%(count)d pieces of work are tried again.", count)
        messages.success(request, said % {"count": count})
    return redirect("stuck_work")


def _visible(request: MemberRequest) -> QuerySet[Job]:
    return Job.objects.all() if _sees_all(request) else Job.objects.filter(requested_by=request.user)


def _sees_all(request: MemberRequest) -> bool:
    return may(request.membership, Capability.SETTINGS_MANAGE)


def _version(page: Page[Job]) -> str:
    return version_of(*((job.pk, job.state, job.done, job.failed, job.total) for job in page.rows))


def _tabs(request: MemberRequest, whose: str) -> list[dict[str, Any]]:
    if not _sees_all(request):
        return []
    return [
        {"label": _("Yours"), "url": reverse("jobs"), "is_current": whose == MINE, "count": None},
        {"label": _("Everybody's"), "url": f"{reverse('jobs')}?whose={ALL}", "is_current": whose == ALL, "count": None},
        {
            "label": _("Stuck work"),
            "url": reverse("stuck_work"),
            "is_current": not whose,
            "count": stuck.stuck().count() or None,
            "is_hot": True,
        },
    ]
