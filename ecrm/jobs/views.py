"""A person's own long work: in the rail while it runs, in a list afterwards."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from ecrm.jobs import services
from ecrm.jobs.models import Job
from ecrm.tenancy.policies import members_only
from ecrm.tenancy.requests import MemberRequest
from ecrm.ui.parts import render_live, version_of, wants_part


@members_only
@require_safe
def job_list(request: MemberRequest) -> HttpResponse:
    jobs = Job.objects.filter(requested_by=request.user).order_by("-created_at", "-id")[:100]
    return render(request, "jobs/list.html", {"jobs": jobs})


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
    job = get_object_or_404(Job, pk=job_id, requested_by=request.user)
    if not wants_part(request):
        return render(request, "jobs/job.html", {"job": job})
    version = version_of(job.state, job.done, job.failed, job.total, job.cancel_requested_at)
    context = {"job": job}
    return render_live(request, "jobs/_job.html", context, version=version, is_done=not job.is_open)


@members_only
@require_POST
def cancel(request: MemberRequest, job_id: int) -> HttpResponse:
    job = get_object_or_404(Job, pk=job_id, requested_by=request.user)
    services.cancel_job(job=job, by=request.user)
    return redirect("job", job_id=job.pk)
