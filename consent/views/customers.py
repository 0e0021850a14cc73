"""Settings: in which countries customers may be written to without having asked, as this workspace has it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from consent import customer_rules
from consent.customer_laws import RULES, UNCONFIRMED
from consent.forms import CustomerRuleForm
from consent.models import CustomerRule
from contacts import places
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui.parts import INVALID, redirect_page
from ecrm.ui.toasts import toast


@requires(Capability.CONSENT_MANAGE)
@require_http_methods(["GET", "POST"])
def customer_rule_list(request: MemberRequest) -> HttpResponse:
    """What counts in each country; sending the form sets the workspace's own rule of one."""
    form = CustomerRuleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            rule = customer_rules.set_rule(by=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            toast(request, _("Your rule counts in %(country)s now.") % {"country": places.country_name(rule.country)})
            return redirect_page(request, reverse("customer_rules"))
    context = {"form": form, "own": _own(), "known": _known()}
    return render(request, "consent/customer_rules.html", context, status=INVALID if form.errors else 200)


@requires(Capability.CONSENT_MANAGE)
@require_POST
def remove_customer_rule(request: MemberRequest, customer_rule_id: int) -> HttpResponse:
    rule = get_object_or_404(CustomerRule, pk=customer_rule_id)
    if customer_rules.remove_rule(rule=rule, by=request.user):
        name = places.country_name(rule.country)
        toast(request, _("What is known of the law counts in %(country)s again.") % {"country": name})
    return redirect_page(request, reverse("customer_rules"))


def _own() -> list[dict[str, Any]]:
    rows = [
        {"rule": rule, "country": places.country_name(rule.country), "says": _says(rule.is_allowed, rule.months)}
        for rule in customer_rules.own().values()
    ]
    return sorted(rows, key=lambda row: row["country"])


def _known() -> list[dict[str, Any]]:
    mine = customer_rules.own()
    rows = [(code, rule.law, _says(rule.is_allowed, rule.months)) for code, rule in RULES.items()]
    rows += [(code, law, _("Not confirmed: ask for consent")) for code, law in UNCONFIRMED.items()]
    named = [
        {"country": places.country_name(code), "law": law, "says": says, "is_replaced": code in mine}
        for code, law, says in rows
    ]
    return sorted(named, key=lambda row: row["country"])


def _says(is_allowed: bool, months: int | None) -> str:
    if not is_allowed:
        return _("Ask for consent")
    if months is None:
        return _("Allowed")
    return ngettext(
        "Allowed for %(months)s month after the last sale",
        "Allowed for %(months)s months after the last sale",
        months,
    ) % {"months": months}
