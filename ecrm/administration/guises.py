"""Looking at the product as another role does. Nothing can be changed meanwhile."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from ecrm.audit import services as audit
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.roles import Capability, Role
from ecrm.ui.parts import wants_part

SESSION_KEY = "guise"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def put_on(request: HttpRequest, membership: Membership, role: Role) -> None:
    """From the next page on, in this session and this tenant, until taken off."""
    assert isinstance(request.user, User)
    request.session[SESSION_KEY] = [membership.tenant_id, role.value]
    audit.record("role.viewed_as", by=request.user, fields=[role.value])


def take_off(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def gate(request: HttpRequest, membership: Membership) -> HttpResponse | None:
    """Swaps the membership of whoever wears a guise here, and refuses what would change something."""
    role = _role_worn(request, membership)
    if role is None:
        return None
    guise = copy(membership)
    guise.roles, guise.is_guise = [role.value], True
    request.membership = guise  # type: ignore[attr-defined]
    if request.method in _SAFE or request.path == reverse("stop_viewing_as"):
        return None
    return _refuse(request, role)


def _role_worn(request: HttpRequest, membership: Membership) -> Role | None:
    worn = request.session.get(SESSION_KEY) if hasattr(request, "session") else None
    if not worn or worn[0] != membership.tenant_id or worn[1] not in Role.values:
        return None
    return Role(worn[1]) if membership.may(Capability.MEMBERS_MANAGE) else None


def _refuse(request: HttpRequest, role: Role) -> HttpResponse:
    sentence = _("You are viewing as %(role)s: nothing can be changed. Stop viewing first.") % {"role": role.label}
    if not wants_part(request):
        return render(request, "administration/refused.html", {"sentence": sentence}, status=403)
    # htmx shows no page for a refusal: the same page again, with the sentence as a toast.
    messages.error(request, sentence)
    response = HttpResponse(status=403)
    response["HX-Refresh"] = "true"
    return response
