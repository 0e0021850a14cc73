"""Names a person to a browser for an hour: longer, and whoever the link is passed on to would be them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.core import signing

from contacts.ingest import stream
from ecrm.tenancy.context import require_tenant_id

LASTS = timedelta(hours=1)
_SALT = "ecrm.visit"


def make(contact_id: int) -> str:
    """Each is another one: two devices of a person may ask within the same second."""
    return signing.dumps([require_tenant_id(), contact_id, secrets.token_urlsafe(6)], salt=_SALT)


def read(token: str, *, browser: bytes) -> int | None:
    """The contact of the current tenant it names; None when forged, old, another tenant's or used elsewhere.

    The first ``browser`` (its key hash) that shows a token keeps it, so that one found in a history
    or a log makes nobody somebody else.
    """
    try:
        tenant_id, contact_id, _own = signing.loads(token, salt=_SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if tenant_id != require_tenant_id() or not _is_first(token, browser):
        return None
    return int(contact_id)


def _is_first(token: str, browser: bytes) -> bool:
    place = "visit-token:" + hashlib.sha256(token.encode()).hexdigest()
    redis = stream.client()
    is_new = redis.set(place, browser, nx=True, ex=int(LASTS.total_seconds()) + 60)
    return bool(is_new) or redis.get(place) == browser
