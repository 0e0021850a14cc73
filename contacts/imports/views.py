"""Pages of an import: the list, the file, its columns, the check, the work and its result."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts.imports import fields, presets, reports, services, sight, source
from contacts.imports.dialect import CSV, FORMATS
from contacts.imports.forms import BeginForm, ConstantsForm, MappingForm, OptionsForm, RereadForm
from contacts.models import ImportProblem, ImportRun
from ecrm.files.uploads import is_too_large
from ecrm.tenancy.policies import may, requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import keyset_page
from ecrm.ui.parts import INVALID, redirect_page, render_live, version_of, wants_part
from ecrm.ui.toasts import toast, warn

State = ImportRun.State


@requires(Capability.CONTACTS_IMPORT)
@require_safe
def import_list(request: MemberRequest) -> HttpResponse:
    runs = ImportRun.objects.select_related("created_by", "job")
    page = keyset_page(runs, cursor=request.GET.get("cursor"))
    told = [reports.Report(run, request.membership) for run in page.rows]
    context = {"page": page, "reports": told, "crumbs": _crumbs()[:1]}
    return render(request, "imports/list.html", context)


@requires(Capability.CONTACTS_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def begin_import(request: MemberRequest) -> HttpResponse:
    form = BeginForm(request.POST, request.FILES) if request.method == "POST" else BeginForm()
    run = _take_in(request, form) if request.method == "POST" else None
    if run is not None:
        return redirect_page(request, reverse("import_run", args=[run.pk]))
    status = INVALID if form.errors else 200
    return render(request, "imports/begin.html", {"form": form, "crumbs": _crumbs()}, status=status)


@requires(Capability.CONTACTS_IMPORT)
@require_safe
def import_run(request: MemberRequest, run_id: int) -> HttpResponse:
    """Where the import stands. The columns while they are being mapped, then a part that keeps current."""
    run = _find(request, run_id)
    if run.options.get("page"):
        return _led_elsewhere(run)
    if run.state == State.MAPPING and run.file is not None:
        return _columns_page(request, run)
    report = reports.Report(run, request.membership)
    may_make_fields = may(request.membership, Capability.SETTINGS_MANAGE)
    context = {"run": run, "report": report, "crumbs": _crumbs(), "may_make_fields": may_make_fields}
    if wants_part(request):
        version = version_of(request.LANGUAGE_CODE, run.state, run.applied_counts, report.percent, report.is_stopping)
        return render_live(request, "imports/_run.html", context, version=version)
    return render(request, "imports/run.html", context)


@requires(Capability.CONTACTS_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def check_import(request: MemberRequest, run_id: int) -> HttpResponse:
    """The columns: shown again by GET, checked by POST."""
    run = _find(request, run_id)
    if run.options.get("page"):
        return _led_elsewhere(run)
    if request.method != "POST" or run.file is None:
        return _columns_page(request, run)
    mapping, constants = _mapping_form(request, run, request.POST), ConstantsForm(request.POST)
    options = OptionsForm(request.POST)
    # All three are asked, so that every mistake is told at once.
    if not all([mapping.is_valid(), options.is_valid(), constants.is_valid()]):
        return _columns_page(request, run, mapping=mapping, options=options, constants=constants)
    chosen = options.options(constants=constants.constants(), policies=mapping.policies())
    try:
        services.check(run=run, mapping=mapping.mapping(), options=chosen, by=request.user)
    except ValidationError as error:
        _tell(mapping, error)
        return _columns_page(request, run, mapping=mapping, options=options, constants=constants)
    return redirect_page(request, reverse("import_run", args=[run.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def reread_import(request: MemberRequest, run_id: int) -> HttpResponse:
    run = _find(request, run_id)
    form = RereadForm(request.POST, format=run.dialect.get("format", CSV))
    if not form.is_valid():
        return _columns_page(request, run, reread=form)
    services.reread(run=run, by=request.user, **form.cleaned_data)
    return redirect_page(request, reverse("import_run", args=[run.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def start_import(request: MemberRequest, run_id: int) -> HttpResponse:
    run = _find(request, run_id)
    if run.options.get("page") and run.state == State.CHECKED:
        return _led_elsewhere(run)
    try:
        services.start(run=run, by=request.user)
    except ValidationError as error:
        warn(request, error.messages[0])
    return redirect_page(request, reverse("import_run", args=[run.pk]))


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def add_import_entries(request: MemberRequest, run_id: int) -> HttpResponse:
    """Adds what the file says and the lists of fields have not got, then checks again."""
    run = _find(request, run_id)
    try:
        services.add_entries(run=run, by=request.user)
    except ValidationError as error:
        warn(request, error.messages[0])
    return redirect_page(request, reverse("import_run", args=[run.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def cancel_import(request: MemberRequest, run_id: int) -> HttpResponse:
    run = _find(request, run_id)
    services.cancel(run=run, by=request.user)
    return redirect_page(request, reverse("import_run", args=[run.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def undo_import(request: MemberRequest, run_id: int) -> HttpResponse:
    run = _find(request, run_id)
    services.undo(run=run, by=request.user)
    return redirect_page(request, reverse("import_run", args=[run.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_POST
def discard_import(request: MemberRequest, run_id: int) -> HttpResponse:
    run = _find(request, run_id)
    if services.discard(run=run, by=request.user):
        toast(request, _("%(name)s was discarded. Nobody was imported.") % {"name": run.name})
        return redirect_page(request, reverse("import_list"))
    warn(request, _("People have come in from this file, so it stays in the list."))
    return redirect_page(request, reverse("import_run", args=[run.pk]))


@requires(Capability.CONTACTS_IMPORT)
@require_safe
def import_problems(request: MemberRequest, run_id: int) -> HttpResponse:
    run = _find(request, run_id)
    problems = ImportProblem.objects.filter(run=run)
    page = keyset_page(problems, order=("line", "id"), cursor=request.GET.get("cursor"))
    crumbs = [*_crumbs(), (run.name, reverse("import_run", args=[run.pk]))]
    return render(request, "imports/problems.html", {"run": run, "page": page, "crumbs": crumbs})


@requires(Capability.CONTACTS_IMPORT)
@require_safe
def import_alike(request: MemberRequest, run_id: int) -> HttpResponse:
    """New rows of the dry run that look like somebody who is here, beside that somebody."""
    run = _find(request, run_id)
    crumbs = [*_crumbs(), (run.name, reverse("import_run", args=[run.pk]))]
    context = {"run": run, "crumbs": crumbs, "rows": reports.alike(run, request.membership)}
    return render(request, "imports/alike.html", context)


def _led_elsewhere(run: ImportRun) -> HttpResponse:
    """To the page of the room that made this import, and knows what belongs to it beside people."""
    name, pk = run.options["page"]
    return redirect(name, pk)


def _find(request: MemberRequest, run_id: int) -> ImportRun:
    runs = ImportRun.objects.select_related("file", "problem_file", "job", "tenant")
    run = get_object_or_404(runs, pk=run_id)
    if not sight.may_look(run, request.membership):
        raise PermissionDenied(_("This file holds values of fields that your role does not see."))
    return run


def _take_in(request: MemberRequest, form: BeginForm) -> ImportRun | None:
    if is_too_large(request, "file"):
        form.errors["file"] = form.error_class([services.too_large()])
        return None
    if not form.is_valid():
        return None
    try:
        return services.begin_import(upload=form.cleaned_data["file"], by=request.user)
    except ValidationError as error:
        form.add_error("file", error)
        return None


def _columns_page(request: MemberRequest, run: ImportRun, **invalid: Form) -> HttpResponse:
    """``invalid`` are bound forms that take the place of fresh ones."""
    if run.file is None or run.state not in (State.MAPPING, State.CHECKED, State.FAILED):
        return redirect("import_run", run_id=run.pk)
    fresh: dict[str, Form] = {
        "mapping": _mapping_form(request, run),
        "options": OptionsForm(initial={**run.options, "day_first": str(int(run.options["day_first"]))}),
        "constants": ConstantsForm(initial=run.options.get("constants")),
        "reread": RereadForm(initial=run.dialect, format=run.dialect.get("format", CSV)),
    }
    is_lacking = ConstantsForm().is_lacking(set(run.mapping.values()))
    told = {
        "format": FORMATS[run.dialect.get("format", CSV)],
        "product": presets.named(run.options.get("system", "")),
        "is_text": run.dialect.get("format", CSV) == CSV,
    }
    context = {"run": run, "crumbs": _crumbs(), "is_lacking": is_lacking, **told, **fresh, **invalid}
    return render(request, "imports/columns.html", context, status=INVALID if invalid else 200)


def _mapping_form(request: MemberRequest, run: ImportRun, posted: Any = None) -> MappingForm:
    initial = {f"column-{index}": key for index, key in run.mapping.items()}
    policies = run.options.get("policies", {})
    initial |= {f"policy-{index}": policies.get(key, "") for index, key in run.mapping.items()}
    return MappingForm(
        posted,
        initial=initial,
        sheet=source.look_into(run, source.dialect_of(run)),
        fields=fields.all_fields(request.membership),
        makes_fields=may(request.membership, Capability.SETTINGS_MANAGE),
    )


def _tell(form: MappingForm, error: ValidationError) -> None:
    """Puts what the service refused at the column it speaks of."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for index, messages in error.message_dict.items():
        name = f"column-{index}"
        form.add_error(name if name in form.fields else None, messages)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Contacts"), reverse("contact_list")), (_("Imports"), reverse("import_list"))]
