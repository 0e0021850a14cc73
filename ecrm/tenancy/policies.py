"""Who may do what: asked by views, never decided in them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from ecrm.tenancy.models import Membership
from ecrm.tenancy.requests import MemberRequest

P = ParamSpec("P")
View = Callable[Concatenate[MemberRequest, P], HttpResponse]


def requires(capability: str) -> Callable[[View[P]], View[P]]:
    """Gives 403 to members whose roles lack the capability. The URL guard reads ``capability``."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: MemberRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not may(request.membership, capability):
                raise PermissionDenied(capability)
            return view(request, *args, **kwargs)

        guarded.capability = capability  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]  # wraps() hides that it is the same signature

    return decorate


def members_only(view: Any) -> Any:
    """Marks a tenant view every member may use, whatever the role."""
    view.capability = None
    return view


def may(membership: Membership | None, capability: str) -> bool:
    return membership is not None and membership.may(capability)
