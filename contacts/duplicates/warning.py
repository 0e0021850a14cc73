"""The warning beside the form of a new contact: somebody may be here already."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contacts.duplicates.known import Likeness, like
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability

# In the form: ids of those somebody was shown and did not mean.
SEEN = "seen"
_ROW = re.compile(r"(emails|phones)-\d{1,3}-(address|number)")


@requires(Capability.CONTACTS_EDIT)
@require_safe
def like_contacts(request: MemberRequest) -> HttpResponse:
    """While somebody types: whom the form resembles so far."""
    rows: dict[str, list[str]] = {"emails": [], "phones": []}
    for name in request.GET:
        if found := _ROW.fullmatch(name):
            rows[found[1]].append(_clean(request.GET.get(name, "")))
    name = _clean(request.GET.get("name", "")) or " ".join(
        _clean(request.GET.get(part, "")) for part in ("given_name", "family_name")
    )
    likely = like(name=name, **rows, membership=request.membership)
    return render(request, "contacts/duplicates/_likely.html", {"likely": likely})


def unseen(request: MemberRequest, values: dict[str, Any]) -> list[Likeness]:
    """Whom a sent form resembles; nobody once they have been shown."""
    name = values.get("name") or f"{values.get('given_name', '')} {values.get('family_name', '')}"
    likely = like(
        name=name,
        emails=[entry.address for entry in values.get("emails", ())],
        phones=[entry.number for entry in values.get("phones", ())],
        membership=request.membership,
    )
    seen = set(request.POST.getlist(SEEN))
    return [] if {str(each.person.pk) for each in likely} <= seen else likely


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:254]
