"""Pages of a move: what still points to the old system, the files, the choices, the check and its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import step_acts
from consent.models import FormerTrace, Move, MoveFile
from consent.models.moving import System
from consent.moving import services, sight, standing_counts, traces
from consent.moving.forms import BeginMoveForm, ChoicesForm, KindsForm
from contacts.imports.reports import Report
from contacts.imports.services import too_large
from contacts.models import ImportRun
from ecrm.files.uploads import is_too_large
from ecrm.tenancy.policies import may, requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import INVALID, redirect_page, render_live, version_of, wants_part
from ecrm.ui.toasts import toast, warn

State = Move.State
# Of hundreds of tables of mailings a page names so many.
MOST_SHOWN = 100
AT_WORK = (State.READING, State.PREPARING, State.BRINGING)


@requires(Capability.CONTACTS_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def move_list(request: MemberRequest) -> HttpResponse:
    """Where to begin, the moves so far, and what still points to the old systems."""
    form = BeginMoveForm(request.POST, request.FILES) if request.method == "POST" else BeginMoveForm()
    if request.method == "POST" and (move := _begin(request, form)) is not None:
        return redirect_page(request, reverse("move", args=[move.pk]))
    moves = Move.objects.select_related("run", "created_by", "job")
    page = keyset_page(moves, cursor=request.GET.get("cursor"), size=20)
    context = {"form": form, "page": page, "traces": _traces(), "crumbs": _crumbs()[:2]}
    return render(request, "moving/list.html", context, status=INVALID if form.errors else 200)


@requires(Capability.CONTACTS_IMPORT)
@require_safe
def move(request: MemberRequest, move_id: int) -> HttpResponse:
    """Where the move stands; a part that keeps current while there is work."""
    found = _find(request, move_id)
    if not wants_part(request):
        return _page(request, found)
    run = found.run
    version = version_of(
        request.LANGUAGE_CODE,
        found.state,
        run.state if run else "",
        run.applied_counts if run else "",
        found.job.done if found.job else 0,
    )
    return render_live(request, "moving/_move.html", _context(request, found), version=version)


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def correct_move(request: MemberRequest, move_id: int) -> HttpResponse:
    found = _find(request, move_id)
    form = KindsForm(request.POST, files=_correctable(list(found.files.order_by("name", "pk"))))
    if form.is_valid() and services.correct_kinds(move=found, kinds=form.kinds(), by=request.user):
        toast(request, _("The files are read again."))
    return redirect_page(request, reverse("move", args=[found.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def choose_move(request: MemberRequest, move_id: int) -> HttpResponse:
    found = _find(request, move_id)
    form = _choices_form(request, found, request.POST)
    if not form.is_valid():
        return _page(request, found, choices=form)
    try:
        services.choose(move=found, choices=form.choices(), by=request.user)
    except ValidationError as error:
        form.add_error("list_name", error)
        return _page(request, found, choices=form)
    return redirect_page(request, reverse("move", args=[found.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def start_move(request: MemberRequest, move_id: int) -> HttpResponse:
    found = _find(request, move_id)
    services.start(move=found, by=request.user)
    return redirect_page(request, reverse("move", args=[found.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def discard_move(request: MemberRequest, move_id: int) -> HttpResponse:
    found = _find(request, move_id)
    if services.discard(move=found, by=request.user):
        toast(request, _("The export was discarded. Nothing has come in."))
        return redirect_page(request, reverse("move_list"))
    warn(request, _("Something has come in from this export, so it stays in the list."))
    return redirect_page(request, reverse("move", args=[found.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def settle_trace(request: MemberRequest, trace_id: int) -> HttpResponse:
    """Ticks off what no longer points to the old system, or back on."""
    trace = get_object_or_404(FormerTrace, pk=trace_id)
    traces.settle(trace=trace, is_done=request.POST.get("done") == "1", by=request.user)
    return redirect_page(request, reverse("move_list") + f"#{trace.system}")


def _begin(request: MemberRequest, form: BeginMoveForm) -> Move | None:
    if is_too_large(request, "export"):
        form.errors["export"] = form.error_class([too_large()])
        return None
    if not form.is_valid():
        return None
    return services.begin_move(system=form.cleaned_data["system"], uploads=form.cleaned_data["export"], by=request.user)


def _find(request: MemberRequest, move_id: int) -> Move:
    moves = Move.objects.select_related("run__file", "run__problem_file", "run__job", "job", "tenant", "blocks")
    found = get_object_or_404(moves, pk=move_id)
    if not sight.may_look(found, request.membership):
        raise PermissionDenied(_("This export holds values of fields that your role does not see."))
    return found


def _page(request: MemberRequest, found: Move, **invalid: Any) -> HttpResponse:
    context = {**_context(request, found), **invalid}
    return render(request, "moving/move.html", context, status=INVALID if invalid else 200)


def _context(request: MemberRequest, found: Move) -> dict[str, Any]:
    run = found.run
    report = Report(run, request.membership) if run else None
    files = list(found.files.order_by("name", "pk"))
    is_open = found.state in (State.READ, State.FAILED) or (
        found.state == State.PREPARED and not found.applied and (run is None or run.state == ImportRun.State.CHECKED)
    )
    holds_tables = any(file.rows for file in files)
    is_over = run is not None and run.state == ImportRun.State.DONE
    return {
        "move": found,
        "run": run,
        "report": report,
        "files": files[:MOST_SHOWN],
        "more_files": max(0, len(files) - MOST_SHOWN),
        "holds_tables": holds_tables,
        "is_working": found.state in AT_WORK,
        "is_live": found.state in AT_WORK or bool(report and report.is_working),
        "is_open": is_open,
        "kinds": KindsForm(files=_correctable(files)) if is_open else None,
        "choices": _choices_form(request, found) if is_open and found.found and holds_tables else None,
        "percent": _percent(found),
        "rows": standing_counts.of(found, request.membership) if is_over else [],
        "may_record": may(request.membership, Capability.CONSENT_RECORD),
        "attest": step_acts.ATTEST,
        "customer": step_acts.CUSTOMER,
        "ask": step_acts.ASK,
        "crumbs": _crumbs(),
    }


def _choices_form(request: MemberRequest, found: Move, posted: Any = None) -> ChoicesForm:
    return ChoicesForm(posted, move=found, makes_fields=may(request.membership, Capability.SETTINGS_MANAGE))


def _correctable(files: Sequence[MoveFile]) -> list[MoveFile]:
    """Those whose kind can be corrected; of hundreds of tables of mailings none."""
    tables = [file for file in files if file.kind != MoveFile.Kind.ARCHIVE]
    if len(tables) > MOST_SHOWN:
        tables = [file for file in tables if file.kind != MoveFile.Kind.ACTIVITY]
    return tables[:MOST_SHOWN]


def _percent(found: Move) -> int | None:
    job = found.job
    return min(99, int(100 * job.done // job.total)) if job is not None and job.total else None


def _traces() -> list[dict[str, Any]]:
    """By system: what is left first, then what is done."""
    known = list(FormerTrace.objects.select_related("done_by").order_by("system", "kind", "target"))
    found = []
    for system in System:
        ours = [trace for trace in known if trace.system == system]
        if ours:
            left = sum(trace.done_at is None for trace in ours)
            ordered = sorted(ours, key=lambda trace: (trace.done_at is not None, traces.place_of(trace)))
            found.append({"system": system, "left": left, "rows": [_shown(trace) for trace in ordered]})
    return found


def _shown(trace: FormerTrace) -> dict[str, Any]:
    if trace.kind == traces.STEP and trace.target in traces.STEPS:
        title, note = traces.STEPS[trace.target].title, traces.note_of(trace.system, trace.target)
    else:
        title, note = trace.target, trace.example
    return {"trace": trace, "title": title, "note": note, "kind": traces.KINDS.get(trace.kind, trace.kind)}


def _crumbs() -> list[tuple[str, str]]:
    return [
        (_("Contacts"), reverse("contact_list")),
        (_("Imports"), reverse("import_list")),
        (_("Move here"), reverse("move_list")),
    ]
