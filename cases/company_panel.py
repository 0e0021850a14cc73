"""Cases of a company's people, on its page."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from cases.models import Case, State
from cases.pages import due
from contacts import company_panels
from contacts.models import Company, Contact
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability

SHOWN = 8


def register() -> None:
    company_panels.register(company_panels.CompanyPanel("cases", render_panel, 20, Capability.CASES_VIEW))


def render_panel(request: MemberRequest, company: Company) -> SafeString:
    """The newest cases of its people that this member may see, one query."""
    people = Contact.objects.visible_to(request.membership).unbinned().filter(company=company)
    visible = Case.objects.visible_to(request.membership).filter(merged_into=None)
    cases = visible.filter(contact__in=people.values("pk")).select_related("contact")
    newest = cases.only("number", "subject", "state", "contact", "contact__name").order_by("-opened_at", "-pk")[:SHOWN]
    context = {"cases": [(case, due.SHAPES[State(case.state)]) for case in newest]}
    return render_to_string("cases/_company_panel.html", context)
