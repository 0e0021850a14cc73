"""Choosing which company to merge, the two side by side, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts import merged
from contacts.companies import listing
from contacts.companies.merge import comparing, services
from contacts.fields import reading
from contacts.fields.reading import prefixed
from contacts.models import Company, CompanyMerge, CustomField
from contacts.services.companies import COMPANY_FIELDS
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page, render_page
from ecrm.ui.toasts import toast, warn

FOUND_AT_MOST = 10
MERGES_SHOWN = 20


@requires(Capability.CONTACTS_EDIT)
@require_safe
def choose_company_merge(request: MemberRequest, company_id: int) -> HttpResponse:
    """Finds the other one, and lists what was merged into this one, with the way back."""
    visible = Company.objects.visible_to(request.membership)
    company = get_object_or_404(visible.unbinned(), pk=company_id)
    term = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    ids = listing.search_ids(term, membership=request.membership, at_most=FOUND_AT_MOST + 1) if term else []
    others = [row for row in listing.rows(request.membership, ids) if row.id != company.pk]
    merges = CompanyMerge.objects.filter(winner=company, undone_at=None).select_related("loser").order_by("-id")
    context = {
        "company": company,
        "term": term,
        "others": others[:FOUND_AT_MOST],
        "alike": [] if term else comparing.alike(company, visible, at_most=FOUND_AT_MOST),
        "merges": merges[:MERGES_SHOWN],
        "crumbs": _crumbs(company),
    }
    return render_page(
        request, "contacts/companies/merge/choose.html", part="contacts/companies/merge/_others.html", context=context
    )


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "POST"])
def merge_company(request: MemberRequest, company_id: int, other_company_id: int) -> HttpResponse:
    """The first is kept, the other goes into it; each field's value is ticked."""
    found = comparing.both([company_id, other_company_id], Company.objects.visible_to(request.membership))
    if len(found) < 2:
        return _merged_already(request, [other_company_id, company_id])
    kept, other = found[company_id], found[other_company_id]
    choices = _choices(request, {kept.pk, other.pk})
    error = ""
    if request.method == "POST":
        try:
            with transaction.atomic():
                merge = services.merge_companies(winner=kept, loser=other, by=request.user, choices=choices)
        except ValidationError as refusal:
            error = refusal.messages[0]
        else:
            words = _("%(other)s is part of %(kept)s now.") % {"other": other, "kept": kept}
            toast(request, words, undo=reverse("undo_company_merge", args=[merge.pk]))
            return redirect_page(request, reverse("company_page", args=[kept.pk]))
    context = _compared(request, kept, other, choices, error)
    return render(request, "contacts/companies/merge/compare.html", context, status=INVALID if error else 200)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def undo_company_merge(request: MemberRequest, company_merge_id: int) -> HttpResponse:
    merge = get_object_or_404(CompanyMerge.objects.select_related("winner", "loser"), pk=company_merge_id)
    if not Company.objects.visible_to(request.membership).filter(pk=merge.winner_id).exists():
        raise Http404
    try:
        with transaction.atomic():
            if services.undo_merge(merge=merge, by=request.user):
                words = _("%(one)s and %(other)s are two companies again.")
                toast(request, words % {"one": merge.winner, "other": merge.loser})
    except ValidationError as refusal:
        warn(request, refusal.messages[0])
    return redirect_page(request, reverse("company_page", args=[merge.winner_id]))


def _merged_already(request: MemberRequest, company_ids: Sequence[int]) -> HttpResponse:
    """A page left open, a second click, another tab: leads to the company that is there now, and says why."""
    for pk in company_ids:
        if (survivor_id := merged.company_survivor_id(pk)) != pk:
            visible = Company.objects.visible_to(request.membership)
            survivor, gone = get_object_or_404(visible, pk=survivor_id), get_object_or_404(visible, pk=pk)
            words = _("%(other)s was merged into %(kept)s already. Nothing was changed now.")
            toast(request, words % {"other": gone, "kept": survivor})
            return redirect_page(request, reverse("company_page", args=[survivor.pk]))
    raise Http404


def _choices(request: MemberRequest, companies: set[int]) -> dict[str, int]:
    """What was ticked, by field; anything else a form may carry is left out."""
    custom = map(prefixed, reading.of(CustomField.Entity.COMPANY, request.membership))
    given = {name: request.POST.get(name, "") for name in (*COMPANY_FIELDS, *custom)}
    return {
        name: int(text)
        for name, text in given.items()
        if text.isdecimal() and len(text) < 19 and int(text) in companies
    }


def _compared(
    request: MemberRequest, kept: Company, other: Company, choices: dict[str, int], error: str
) -> dict[str, Any]:
    lines = comparing.lines(kept, other, choices, request.membership)
    return {
        "kept": kept,
        "other": other,
        "differing": [line for line in lines if line.differs],
        "same": [line for line in lines if not line.differs],
        "unions": comparing.unions(kept, other),
        "error": error,
        "crumbs": _crumbs(kept),
    }


def _crumbs(company: Company) -> list[tuple[str, str]]:
    return [(_("Companies"), reverse("company_list")), (str(company), reverse("company_page", args=[company.pk]))]
