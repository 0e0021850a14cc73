"""Names a person to a browser for an hour: longer, and whoever the link is passed on to would be them."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing

from ecrm.tenancy.context import require_tenant_id

LASTS = timedelta(hours=1)
_SALT = "ecrm.visit"


def make(contact_id: int) -> str:
    return signing.dumps([require_tenant_id(), contact_id], salt=_SALT)


def read(token: str) -> int | None:
    """The contact of the current tenant it names; None when forged, old or another tenant's."""
    try:
        tenant_id, contact_id = signing.loads(token, salt=_SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(contact_id) if tenant_id == require_tenant_id() else None
