"""Safety, ownership and the end of a workspace."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ecrm.audit import services as audit
from ecrm.jobs.models import Job
from ecrm.jobs.services import start_job
from ecrm.tenancy import hold, ownership, sample, second_step
from ecrm.tenancy.forms import CloseForm, HandOverForm, SecondStepForm
from ecrm.tenancy.policies import members_only, requires
from ecrm.tenancy.reauthentication import confirmed, has_second_step, with_second_step
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.urls import platform_url


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def security(request: MemberRequest) -> HttpResponse:
    """Whether everybody needs a second step of sign-in."""
    initial = {} if request.tenant.second_factor_from else {"grace": SecondStepForm.OFF}
    form = SecondStepForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _save_security(request, form)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("security")
    members = request.tenant.memberships.values_list("user_id", flat=True)
    context = {
        "form": form,
        "has_own": has_second_step(request.user),
        "with_count": len(with_second_step(list(members))),
        "member_count": len(members),
    }
    return render(request, "tenancy/security.html", context, status=422 if form.errors else 200)


@requires(Capability.TENANT_OWN)
@require_http_methods(["GET", "POST"])
@confirmed
def hand_over(request: MemberRequest) -> HttpResponse:
    others = request.tenant.memberships.select_related("user").exclude(pk=request.membership.pk)
    form = HandOverForm(request.POST or None, members=others.order_by("user__name", "user__email"))
    if request.method == "POST" and form.is_valid():
        try:
            to = form.cleaned_data["to"]
            ownership.hand_over(membership=request.membership, to=to)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(person)s owns the workspace now.") % {"person": to.user})
            return redirect("settings")
    return render(request, "tenancy/hand_over.html", {"form": form}, status=422 if form.errors else 200)


@members_only
@require_http_methods(["GET", "POST"])
def leave_workspace(request: MemberRequest) -> HttpResponse:
    if request.membership.visit is not None:
        # No member: the banner of the visit has their way out.
        raise PermissionDenied
    if request.method == "POST":
        try:
            ownership.leave_tenant(membership=request.membership)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("leave_workspace")
        return redirect(platform_url("start"))
    context = {"is_last_owner": ownership.is_last_owner(request.membership)}
    return render(request, "tenancy/leave.html", context)


@requires(Capability.TENANT_OWN)
@require_POST
def export_workspace(request: MemberRequest) -> HttpResponse:
    running = Job.objects.filter(kind="tenant_export", state__in=[Job.State.WAITING, Job.State.RUNNING]).first()
    if running is None:
        audit.record("tenant.export_begun", by=request.user, subject=request.tenant)
        running = start_job(
            task="tenant.export",
            kind="tenant_export",
            title=_("Export of the workspace"),
            by=request.user,
            url=reverse("close_workspace"),
            can_retry=True,
        )
    return redirect("job", job_id=running.pk)


@requires(Capability.TENANT_OWN)
@require_http_methods(["GET", "POST"])
@confirmed
def close_workspace(request: MemberRequest) -> HttpResponse:
    """Asks for the address to be typed; afterwards shows until when it can be taken back."""
    form = CloseForm(request.POST or None, slug=request.tenant.slug)
    if request.method == "POST" and form.is_valid():
        try:
            hold.close_tenant(tenant=request.tenant, typed_slug=form.cleaned_data["slug"], by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("close_workspace")
    exports = Job.objects.filter(kind="tenant_export").order_by("-created_at")[:3]
    context = {"form": form, "days": hold.DAYS, "exports": exports}
    return render(request, "tenancy/close.html", context, status=422 if form.errors else 200)


@requires(Capability.TENANT_OWN)
@require_POST
def restore_workspace(request: MemberRequest) -> HttpResponse:
    if hold.restore_tenant(tenant=request.tenant, by=request.user):
        messages.success(request, _("The workspace is open again."))
    return redirect("settings")


@requires(Capability.TENANT_OWN)
@require_http_methods(["GET", "POST"])
def sample_data(request: MemberRequest) -> HttpResponse:
    """What of the sample data is there, and the button that removes it."""
    if request.method == "POST":
        job = sample.remove_sample(by=request.user, url=reverse("sample_data"))
        return redirect("job", job_id=job.pk) if job else redirect("sample_data")
    is_there = sample.is_there()
    counts = sample.counts() if is_there else []
    return render(request, "tenancy/sample.html", {"is_there": is_there, "counts": counts})


def _save_security(request: MemberRequest, form: SecondStepForm) -> None:
    grace = form.cleaned_data["grace"]
    if grace == SecondStepForm.OFF:
        second_step.drop_second_step(tenant=request.tenant, by=request.user)
        messages.success(request, _("A second step is no longer asked."))
    else:
        second_step.ask_second_step(tenant=request.tenant, grace_days=int(grace), by=request.user)
        messages.success(request, _("A second step is asked of everybody."))
