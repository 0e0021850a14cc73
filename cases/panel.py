"""Cases beside a person, on their page."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from cases.models import State
from cases.pages import customer, due
from contacts import panels
from contacts.models import Contact
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability


def register() -> None:
    panels.register(panels.Panel("cases", render_panel, "extra", 20, Capability.CASES_VIEW))


def render_panel(request: MemberRequest, contact: Contact) -> SafeString:
    """The newest cases, one query, and the way to a new one."""
    newest = customer.others(contact).only("number", "subject", "state")
    context = {
        "contact": contact,
        "cases": [(case, due.SHAPES[State(case.state)]) for case in newest],
        "may_answer": request.membership.may(Capability.CASES_ANSWER) and contact.binned_at is None,
    }
    return render_to_string("cases/_panel.html", context)
