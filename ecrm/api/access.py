"""What an operation needs, stated where it is declared: ``auth=needs(Scope.CONTACTS_READ)``."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from ecrm.api.grants import Grant
from ecrm.api.scopes import Scope
from ecrm.tenancy.requests import MemberRequest


class ApiRequest(MemberRequest):
    """For annotations only: a request whose token is known, inside the tenant's transaction."""

    grant: Grant


class Token(HttpBearer):
    """The bearer scheme of the description, and the check of one scope.

    The middleware has found the token before; here it is only asked.
    """

    openapi_description = "A token made at Settings, API. Send it as `Authorization: Bearer ecrm_…`."

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Grant:
        """The middleware has read the token; here is what it may do."""
        grant: Grant = request.grant  # type: ignore[attr-defined]
        grant.check(self.scope)
        return grant


def needs(scope: Scope) -> Token:
    """Answers 403 when the token lacks ``scope`` or its maker the capability behind it."""
    return Token(scope)
