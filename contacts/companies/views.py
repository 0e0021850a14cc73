"""Companies: their list, their page, and the form that makes or changes them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contacts import company_panels, merged, places, provenance, services
from contacts.companies import history, listing, wording, worth
from contacts.companies.forms import CompanyForm, values_of
from contacts.companies.merge import comparing
from contacts.fields import by_key
from contacts.fields.facts import facts as custom_facts
from contacts.fields.values_form import ValuesForm
from contacts.models import Company
from ecrm.search import recents
from ecrm.tenancy.models import Membership
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui import formats
from ecrm.ui.forms import error_count
from ecrm.ui.pages import counted_page
from ecrm.ui.parts import INVALID, redirect_page, render_page, wants_part
from ecrm.ui.tables import sorting
from ecrm.ui.toasts import toast, warn

LONGEST_TERM = 200
ALIKE_SHOWN = 3
NEVER = datetime.min.replace(tzinfo=UTC)


@requires(Capability.CONTACTS_VIEW)
@require_safe
def company_list(request: MemberRequest) -> HttpResponse:
    term = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_TERM]
    is_bin = request.GET.get("show") == "bin"
    companies = Company.objects.visible_to(request.membership)
    companies = companies.binned() if is_bin else companies.unbinned()
    found, is_alike = None, False
    if term and not is_bin:
        found, is_alike = listing.found_ids(term, membership=request.membership)
    if found is not None:
        companies = companies.filter(pk__in=found)
    order = sorting(request, listing.ORDERS, default=listing.DEFAULT_ORDER)
    page, count = counted_page(
        companies, fields=["id", "name_norm", "created_at"], order=order.order, cursor=request.GET.get("cursor")
    )
    rows = listing.rows(request.membership, [row.id for row in page.rows])
    context = {
        "page": page,
        "rows": rows,
        "heads": order.heads,
        "sort": order.chosen,
        "term": term,
        "is_bin": is_bin,
        "is_alike": is_alike,
        "is_capped": found is not None and len(found) == listing.FOUND_AT_MOST,
        "cap": listing.FOUND_AT_MOST,
        "count": count,
        "shown": _("%(shown)s shown of %(count)s") % {"shown": len(page.rows), "count": count},
        "may_edit": request.membership.may(Capability.CONTACTS_EDIT),
        "is_part": wants_part(request),
    }
    return render_page(request, "contacts/companies/list.html", part="contacts/companies/_rows.html", context=context)


@requires(Capability.CONTACTS_VIEW)
@require_safe
def company_page(request: MemberRequest, company_id: int) -> HttpResponse:
    """The record; htmx asks it for earlier events."""
    company = _find(request, company_id)
    if company.binned_at and (survivor_id := merged.company_survivor_id(company.pk)) != company.pk:
        return redirect_page(request, reverse("company_page", args=[survivor_id]))
    people = history.people(company, request.membership)
    is_part = wants_part(request)
    context = {
        "company": company,
        "told": history.of(people, request.membership, cursor=request.GET.get("cursor")),
        "is_part": is_part,
        "is_continued": "cursor" in request.GET,
        "told_day": request.GET.get("day", "") if is_part else "",
        "is_long": len(people) == history.PEOPLE_READ,
        "read": history.PEOPLE_READ,
    }
    if not is_part:
        context |= _record(request, company, people)
        recents.remember(request.membership, "companies", company.pk)
    return render_page(
        request, "contacts/companies/page.html", part="contacts/companies/_history.html", context=context
    )


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "POST"])
def create_company(request: MemberRequest) -> HttpResponse:
    form = CompanyForm(request.POST or None, request=request)
    custom = ValuesForm(request.POST or None, entity="company", membership=request.membership)
    if request.method == "POST" and all([form.is_valid(), custom.is_valid()]):
        try:
            with transaction.atomic():
                company = services.create_company(by=request.user, custom_fields=custom.values, **form.cleaned_data)
        except ValidationError as error:
            form.add_errors(error, explain=partial(_explain, request.membership))
        else:
            _told(
                request,
                _("%(name)s added.") % {"name": company},
                company,
                has_domains=bool(form.cleaned_data["domains"]),
            )
            return redirect_page(request, reverse("company_page", args=[company.pk]))
    return _form(request, form, custom)


@requires(Capability.CONTACTS_EDIT)
@require_http_methods(["GET", "POST"])
def edit_company(request: MemberRequest, company_id: int) -> HttpResponse:
    company = _find(request, company_id)
    form = CompanyForm(request.POST or None, request=request, initial=values_of(company))
    custom = ValuesForm(request.POST or None, entity="company", membership=request.membership, owner_id=company.pk)
    stale: services.StaleCompany | None = None
    if request.method == "POST" and all([form.is_valid(), custom.is_valid()]):
        try:
            with transaction.atomic():
                changed = services.edit_company(
                    company=company,
                    by=request.user,
                    expected_updated_at=_expected(request),
                    custom_fields=custom.values,
                    **form.cleaned_data,
                )
        except ValidationError as error:
            form.add_errors(error, explain=partial(_explain, request.membership))
        except services.StaleCompany as conflict:
            stale = conflict
        else:
            _told(request, _("Saved."), company, has_domains="domains" in changed)
            return redirect_page(request, reverse("company_page", args=[company.pk]))
    return _form(request, form, custom, company=company, stale=stale)


@requires(Capability.CONTACTS_DELETE)
@require_POST
def bin_company(request: MemberRequest, company_id: int) -> HttpResponse:
    company = _find(request, company_id)
    if services.bin_company(company=company, by=request.user):
        undo = reverse("restore_company", args=[company.pk])
        toast(request, _("%(name)s is in the bin.") % {"name": company}, undo=undo)
    return redirect_page(request, reverse("company_list"))


@requires(Capability.CONTACTS_DELETE)
@require_POST
def restore_company(request: MemberRequest, company_id: int) -> HttpResponse:
    company = _find(request, company_id)
    try:
        if services.restore_company(company=company, by=request.user):
            toast(request, _("%(name)s is back.") % {"name": company})
    except ValidationError as error:
        warn(request, error.messages[0])
    return redirect_page(request, reverse("company_page", args=[company.pk]))


@requires(Capability.CONTACTS_EDIT)
@require_POST
def bring_in_people(request: MemberRequest, company_id: int) -> HttpResponse:
    """Joins those who write from its domains and have no company yet."""
    company = _find(request, company_id)
    brought = services.Brought(0, False)
    if company.binned_at is None:
        brought = services.bring_in_people(company=company, by=request.user)
    toast(request, _brought(brought))
    return redirect_page(request, reverse("company_page", args=[company.pk]))


def _brought(found: services.Brought) -> str:
    if not (found.people or found.goes_on):
        return _("Everybody who writes from these domains has a company already.")
    words = ngettext("%(count)s person joined.", "%(count)s people joined.", found.people)
    told = words % {"count": formats.number(found.people)} if found.people else ""
    rest = _("Whoever else has no company follows within minutes.") if found.goes_on else ""
    return f"{told} {rest}".strip()


def _told(request: MemberRequest, text: str, company: Company, *, has_domains: bool) -> None:
    """With new domains, who writes from them and stands in no company, and the way to bring them in."""
    count, goes_on = services.count_to_bring_in(company) if has_domains else (0, False)
    if not (count or goes_on):
        toast(request, text)
        return
    words = ngettext(
        "%(count)s person without a company writes from its domains.",
        "%(count)s people without a company write from its domains.",
        count,
    ) % {"count": formats.number(count)}
    if goes_on:
        words = _("People without a company may write from its domains: there are too many to look at all of them now.")
    act = (ngettext("Bring in", "Bring them in", count), reverse("bring_in_people", args=[company.pk]))
    toast(request, f"{text} {words}", act=act)


def _find(request: MemberRequest, company_id: int) -> Company:
    companies = Company.objects.visible_to(request.membership).select_related("owner")
    return get_object_or_404(companies, pk=company_id)


def _record(request: MemberRequest, company: Company, people: list[Any]) -> dict[str, Any]:
    row = listing.rows(request.membership, [company.pk])[0]
    town = " ".join(filter(None, (company.postcode, company.city)))
    country = places.country_name(company.country) if company.country else ""
    facts = custom_facts("company", company.pk, request.membership)
    marks = wording.marks(
        company,
        provenance.of_company(company.pk),
        custom=by_key("company", request.membership),
        held=[fact.key for fact in facts],
        has_domains=bool(row.domains),
    )
    return {
        "row": row,
        "people": people[: history.PEOPLE_SHOWN],
        "people_query": urlencode({"company": company.name}),
        "marks": marks,
        "custom_facts": [(fact, marks.get(fact.key)) for fact in facts],
        "place": ", ".join(filter(None, (company.street, town, company.region, country))),
        "worth": worth.of(company, request.membership),
        "panels": [panel.render(request, company) for panel in company_panels.panels(request.membership)],
        "alike": _alike(request, company),
        "may_edit": request.membership.may(Capability.CONTACTS_EDIT),
        "may_bin": request.membership.may(Capability.CONTACTS_DELETE),
        "crumbs": [(_("Companies"), reverse("company_list"))],
    }


def _alike(request: MemberRequest, company: Company) -> list[comparing.Alike]:
    if company.binned_at is not None or not request.membership.may(Capability.CONTACTS_EDIT):
        return []
    return comparing.alike(company, Company.objects.visible_to(request.membership), at_most=ALIKE_SHOWN)


def _form(
    request: MemberRequest,
    form: CompanyForm,
    custom: ValuesForm,
    *,
    company: Company | None = None,
    stale: services.StaleCompany | None = None,
) -> HttpResponse:
    errors = error_count(form) + error_count(custom) if form.is_bound else 0
    back_url = reverse("company_page", args=[company.pk]) if company else reverse("company_list")
    context = {
        "form": form,
        "custom": custom,
        "company": company,
        "title": _("Edit %(name)s") % {"name": company} if company else _("New company"),
        "crumbs": [(_("Companies"), reverse("company_list")), *([(str(company), back_url)] if company else [])],
        "back_url": back_url,
        "expected_updated_at": _version(request, company, stale),
        "error_count": errors,
        "differences": _differences(form, stale.current) if stale else None,
    }
    return render(request, "contacts/companies/edit.html", context, status=INVALID if errors or stale else 200)


def _differences(form: CompanyForm, current: Company) -> list[dict[str, Any]]:
    """Every field whose saved value is not the one in the form."""
    saved = values_of(current)
    rows = []
    for name, field in form.fields.items():
        choices = {str(value): str(label) for value, label in getattr(field.widget, "choices", ())}
        theirs, yours = (str(value or "") for value in (saved[name], form[name].value()))
        if theirs != yours:
            shown = [choices.get(text, text) or _("Not set") for text in (theirs, yours)]
            rows.append({"label": field.label, "saved": shown[0], "yours": shown[1]})
    return rows


def _version(request: MemberRequest, company: Company | None, stale: services.StaleCompany | None) -> str:
    """Which version the form answers to: after a conflict, the one whose differences are shown."""
    if stale is not None:
        return stale.current.updated_at.isoformat()
    if company is None:
        return ""
    return request.POST.get("expected_updated_at") or company.updated_at.isoformat()


def _expected(request: MemberRequest) -> datetime:
    """The version the form was made from. A form that does not say which is stale by definition."""
    try:
        given = parse_datetime(request.POST.get("expected_updated_at", ""))
    except ValueError:
        given = None
    return given or NEVER


def _explain(membership: Membership, error: ValidationError) -> str:
    """ "Taken" becomes a link to the other company, or silence about one that may not be seen."""
    if error.code != "taken" or not error.params:
        return error.messages[0]
    holder = Company.objects.visible_to(membership).filter(pk=error.params["company_id"]).first()
    if holder is None:
        return _("A company that you cannot see has this already.")
    link = format_html('<a href="{}">{}</a>', reverse("company_page", args=[holder.pk]), holder)
    return format_html(_("{} has this already."), link)
