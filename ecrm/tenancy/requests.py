"""The request that views of a tenant get: the middleware has found who asks, and where."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from ecrm.tenancy.models import Membership, Tenant, User


class MemberRequest(HttpRequest):
    """For annotations only: by a signed-in member, inside the tenant's transaction."""

    user: User
    tenant: Tenant
    membership: Membership
    htmx: HtmxDetails
    LANGUAGE_CODE: str
