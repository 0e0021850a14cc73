"""Where the values of a company came from, and taking one back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contacts import fields, provenance, services
from contacts.companies import wording
from contacts.models import Company, CompanyChange, CustomField
from contacts.views.changes import Row, expected_version
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import redirect_page, render_page
from ecrm.ui.toasts import toast, warn


@requires(Capability.CONTACTS_VIEW)
@require_safe
def company_changes(request: MemberRequest, company_id: int) -> HttpResponse:
    """All changes, or those of one ``?key=``. Fields hidden from the reader's roles are left out."""
    company = get_object_or_404(Company.objects.visible_to(request.membership), pk=company_id)
    custom = fields.by_key("company", request.membership)
    key = request.GET.get("key", "").replace("\x00", "")[:80]
    key = "" if fields.is_unseen(key, custom) else key
    page, changes = provenance.history(company, cursor=request.GET.get("cursor"), key=key)
    may_edit = request.membership.may(Capability.CONTACTS_EDIT) and company.binned_at is None
    page_url = reverse("company_page", args=[company.pk])
    context = {
        "record": company,
        "company": company,
        "all_url": reverse("company_changes", args=[company.pk]),
        "page": page,
        "rows": [_row(one, custom, may_edit=may_edit) for one in changes if not fields.is_unseen(one.key, custom)],
        "key": key,
        "label": wording.label_of(key, custom) if key else "",
        "may_edit": may_edit,
        "crumbs": [(_("Companies"), reverse("company_list")), (str(company), page_url)],
    }
    return render_page(request, "contacts/changes.html", part="contacts/_changes.html", context=context)


@requires(Capability.CONTACTS_EDIT)
@require_POST
def restore_company_value(request: MemberRequest, company_change_id: int) -> HttpResponse:
    """Takes one value back, unless somebody changed the company since the page was read."""
    change = get_object_or_404(CompanyChange, pk=company_change_id)
    company = get_object_or_404(Company.objects.visible_to(request.membership).unbinned(), pk=change.company_id)
    key = request.POST.get("key", "")
    if fields.is_unseen(key, fields.by_key("company", request.membership)) or key not in change.changes:
        warn(request, _("This value cannot be restored."))
    else:
        _restore(request, company, change, key)
    back = reverse("company_changes", args=[company.pk])
    return redirect_page(request, f"{back}?{urlencode({'key': key})}" if request.GET.get("key") else back)


def _restore(request: MemberRequest, company: Company, change: CompanyChange, key: str) -> None:
    try:
        with transaction.atomic():
            is_done = services.restore_company_value(
                company=company,
                change=change,
                key=key,
                by=request.user,
                expected_updated_at=expected_version(request),
            )
    except ValidationError as error:
        warn(request, error.messages[0])
    except services.StaleCompany:
        warn(request, _("Somebody changed this company meanwhile. Nothing was restored: look again first."))
    else:
        label = wording.label_of(key, fields.by_key("company", request.membership))
        words = _("%(field)s is restored.") if is_done else _("%(field)s is what it was already.")
        toast(request, words % {"field": label})


def _row(change: provenance.Change, custom: Mapping[str, CustomField], *, may_edit: bool) -> Row:
    def words(value: Any, name: str) -> str:
        return wording.shown(change.key, value, custom=custom, name=name)

    is_known = change.key in wording.NAMES or change.key.removeprefix(fields.PREFIX) in custom
    # A company has a name from its first day on.
    can_restore = may_edit and is_known and not (change.key == "name" and not change.old)
    return Row(
        change,
        wording.label_of(change.key, custom),
        words(change.old, change.old_name),
        words(change.new, change.new_name),
        can_restore,
        reverse("restore_company_value", args=[change.id]),
    )
