"""Whom a person or company field may mean, while somebody is writing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms import TextInput
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from contacts.fields.kinds import Kind
from contacts.models import Company, Contact, EmailAddress
from ecrm.tenancy.models import Membership
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability

SHOWN = 8
LONGEST = 200


class NameInput(TextInput):
    """A text with suggestions below it; without script the text alone."""

    template_name = "contacts/fields/name_input.html"

    def __init__(self, kind: str, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "dir": "auto", **(attrs or {})})
        self.kind = kind

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "url": f"{reverse('suggest_names')}?kind={self.kind}"}


@requires(Capability.CONTACTS_VIEW)
@require_safe
def suggest_names(request: MemberRequest) -> HttpResponse:
    """Options for the list below a field; what is written is the one value beside ``kind``."""
    kind = request.GET.get("kind", "")
    written = str(next((text for name, text in request.GET.items() if name != "kind"), ""))
    text = written.replace("\0", "").strip()[:LONGEST]
    found = _people if kind == Kind.PERSON else _companies
    values = found(text, request.membership) if text else []
    return render(request, "contacts/fields/_names.html", {"values": values})


def _people(text: str, membership: Membership) -> list[str]:
    """With their address, by which they are found again; who has none cannot be meant by a text."""
    people = Contact.objects.visible_to(membership).unbinned().resembling(text, membership=membership)
    ids = list(people.order_by("sort_key").values_list("pk", flat=True)[:SHOWN])
    rows = EmailAddress.objects.filter(contact__in=ids, is_primary=True, binned_at=None)
    named = rows.order_by("contact__sort_key").values_list("contact__name", "address")
    return [f"{name} <{address}>" if name else address for name, address in named]


def _companies(text: str, membership: Membership) -> list[str]:
    companies = Company.objects.visible_to(membership).unbinned().filter(name__icontains=text)
    return list(companies.order_by("name_norm").values_list("name", flat=True)[:SHOWN])
