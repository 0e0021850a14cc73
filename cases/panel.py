"""Cases beside a person, on their page."""

from __future__ import annotations

from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cases.models import Case, State
from cases.pages import due
from cases.pages.opened import MOST_CASES
from contacts import panels
from contacts.models import Contact
from ecrm import prepared
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability

_NEWEST = f"""
    SELECT id, number, subject, state FROM {Case.table()}
     WHERE tenant_id = %s AND contact_id = %s AND merged_into_id IS NULL
     ORDER BY opened_at DESC, id DESC LIMIT {MOST_CASES}"""


class Listed(NamedTuple):
    """A case as the panel shows it."""

    pk: int
    number: int
    title: str
    state: str | Promise
    shape: str


def register() -> None:
    panels.register(panels.Panel("cases", render_panel, "extra", 20, Capability.CASES_VIEW))


def render_panel(request: MemberRequest, contact: Contact) -> SafeString:
    """The newest cases, one query, and the way to a new one."""
    context = {
        "contact": contact,
        "cases": [_listed(*row) for row in prepared.fetch_all(_NEWEST, [require_tenant_id(), contact.pk])],
        "may_answer": request.membership.may(Capability.CASES_ANSWER) and contact.binned_at is None,
    }
    return render_to_string("cases/_panel.html", context)


def _listed(pk: int, number: int, subject: str, state: str) -> Listed:
    known = State(state)
    return Listed(pk, number, subject or _("No subject"), known.label, due.SHAPES[known])
