"""Pages of the shell inside a tenant: help, what the rail shows, the set-up list."""

from __future__ import annotations

import tomllib
from functools import lru_cache

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecrm.tenancy.policies import members_only, requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui import checklist, glossary, nav, shell
from ecrm.ui.models import ShellSettings
from ecrm.ui.toasts import toast


@members_only
@require_safe
def help_page(request: MemberRequest) -> HttpResponse:
    return render(request, "ui/help.html", {"topics": glossary.by_topic(), "version": _version()})


@requires(Capability.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def shown_places(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        shell.show_places(keys=request.POST.getlist("places"), by=request.user)
        toast(request, _("The places are changed for everybody here."))
        return redirect("shown_places")
    hidden = ShellSettings.of_tenant().hidden_places
    rows = [(entry, entry.key not in hidden) for entry in nav.hideable()]
    return render(request, "ui/shown_places.html", {"rows": rows})


@requires(Capability.SETTINGS_MANAGE)
@require_safe
def setup(request: MemberRequest) -> HttpResponse:
    """The whole list, also after it was hidden or is done."""
    row = ShellSettings.of_tenant()
    tasks = checklist.tasks(request.membership.may, row.skipped_steps)
    context = {"tasks": tasks, "done": sum(not t.is_open for t in tasks), "is_hidden": row.checklist_hidden_at}
    return render(request, "ui/setup.html", context)


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def skip_step(request: MemberRequest, step_key: str) -> HttpResponse:
    """Leaves a step out, or brings it back ("back")."""
    if step_key not in {step.key for step in checklist.steps(request.membership.may)}:
        raise Http404
    shell.skip_step(key=step_key, by=request.user, is_skipped="back" not in request.POST)
    return redirect(_origin(request))


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def hide_setup(request: MemberRequest) -> HttpResponse:
    """Takes the list from Today, or puts it back ("back")."""
    is_hidden = "back" not in request.POST
    shell.hide_checklist(by=request.user, is_hidden=is_hidden)
    if is_hidden:
        toast(request, _("Hidden. Settings, Set-up brings it back."))
    return redirect(_origin(request))


def _origin(request: MemberRequest) -> str:
    return reverse("setup") if request.POST.get("from") == "setup" else reverse("today")


@lru_cache(maxsize=1)
def _version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
