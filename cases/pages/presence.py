"""Who is looking at a case just now. Kept in the cache: losing it costs a hint, nothing else."""

from __future__ import annotations

import time

from django.core.cache import cache

from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

SECONDS = 30


def note(case_id: int, user: User) -> None:
    """This member looks at it now. Two who come in the same instant may overlook each other once."""
    here = _here(case_id)
    here[user.pk] = (str(user), time.time())
    cache.set(_key(case_id), here, SECONDS)


def others(case_id: int, user: User) -> list[str]:
    since = time.time() - SECONDS
    return sorted(name for pk, (name, at) in _here(case_id).items() if pk != user.pk and at > since)


def _here(case_id: int) -> dict[int, tuple[str, float]]:
    found: dict[int, tuple[str, float]] = cache.get(_key(case_id)) or {}
    return found


def _key(case_id: int) -> str:
    return f"case-presence:{require_tenant_id()}:{case_id}"
