"""Addresses nobody may write to: counts, a check of one address, blocking and lifting."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import suppression
from consent.forms import AddressForm, LiftForm, SuppressForm
from consent.models import Suppression
from consent.views.frame import tabs
from contacts.models import Contact, EmailAddress
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.pages import Page, keyset_page
from ecrm.ui.parts import INVALID
from ecrm.ui.toasts import toast, warn


@requires(Capability.CONSENT_VIEW)
@require_safe
def suppression_list(request: MemberRequest) -> HttpResponse:
    return _list_page(request, check_form=AddressForm())


@requires(Capability.CONSENT_VIEW)
@require_POST
def check_address(request: MemberRequest) -> HttpResponse:
    """By POST, so that no address ends up in a log of addresses visited."""
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _list_page(request, check_form=form, status=INVALID)
    address = form.cleaned_data["address"]
    found = suppression.live(address_norm=address)
    return _list_page(request, check_form=form, checked={"address": address, "suppression": found})


@requires(Capability.CONSENT_MANAGE)
@require_http_methods(["GET", "POST"])
def suppress_address(request: MemberRequest) -> HttpResponse:
    form = SuppressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        suppression.suppress(
            address_norm=form.cleaned_data["address"],
            reason=Suppression.Reason.MANUAL,
            note=form.cleaned_data["note"],
            by=request.user,
        )
        toast(request, _("Nobody can write to this address now."))
        return redirect("suppression")
    return render(request, "consent/suppress.html", {"form": form}, status=INVALID if request.POST else 200)


@requires(Capability.CONSENT_MANAGE)
@require_http_methods(["GET", "POST"])
def lift_suppression(request: MemberRequest, suppression_id: int) -> HttpResponse:
    found = get_object_or_404(Suppression, pk=suppression_id)
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            is_lifted = suppression.lift(suppression=found, by=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            form.add_error(None, error.messages[0])
        else:
            if is_lifted:
                toast(request, _("This address can be written to again."))
            else:
                warn(request, _("This block was lifted before."))
            return redirect("suppression")
    context = {"form": form, "suppression": found}
    return render(request, "consent/lift.html", context, status=INVALID if form.errors else 200)


def _list_page(
    request: MemberRequest, *, check_form: AddressForm, checked: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    live = Suppression.objects.filter(lifted_at=None)
    counted = dict(live.order_by().values_list("reason").annotate(Count("id")))
    page = keyset_page(live, order=("-id",), cursor=request.GET.get("cursor"), size=50)
    context = {
        "check_form": check_form,
        "checked": checked,
        "counts": [(label, counted[value]) for value, label in Suppression.Reason.choices if value in counted],
        "total": sum(counted.values()),
        "page": page,
        "rows": _rows(request, page),
        "may_manage": request.membership.may(Capability.CONSENT_MANAGE),
        "tabs": tabs(request),
    }
    return render(request, "consent/suppression.html", context, status=status)


def _rows(request: MemberRequest, page: Page[Suppression]) -> list[tuple[Suppression, EmailAddress | None]]:
    """Only the hash is kept: an address shows while one of our people still has it."""
    hashes = [bytes(row.address_hash) for row in page.rows]
    people = Contact.objects.visible_to(request.membership)
    known = EmailAddress.objects.filter(address_hash__in=hashes, contact__in=people).select_related("contact")
    seen = {bytes(address.address_hash): address for address in known}
    return [(row, seen.get(bytes(row.address_hash))) for row in page.rows]
