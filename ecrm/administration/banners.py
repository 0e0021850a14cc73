"""Above every page while it lasts: a support visit, or looking as another role."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from ecrm.administration import visits
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.roles import Role


def visit(request: HttpRequest) -> SafeString | None:
    """Members see who is in and why; the visitor sees until when, and the way out."""
    membership: Membership = request.membership  # type: ignore[attr-defined]
    until = membership.tenant.visited_until
    if until is None or until <= timezone.now():
        return None
    own = membership.visit
    if own is not None:
        return render_to_string("administration/_own_visit.html", {"visit": own}, request)
    open_ones = list(visits.open_visits().order_by("started_at"))
    names = {user.pk: user for user in User.objects.filter(pk__in=[one.visitor_id for one in open_ones])}
    context = {"visits": [(one, names.get(one.visitor_id)) for one in open_ones]}
    return render_to_string("administration/_visits.html", context, request)


def guise(request: HttpRequest) -> SafeString | None:
    membership: Membership = request.membership  # type: ignore[attr-defined]
    if not membership.is_guise:
        return None
    return render_to_string("administration/_guise.html", {"role": Role(membership.roles[0])}, request)
