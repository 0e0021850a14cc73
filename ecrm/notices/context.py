"""The bell's count for the rail. Lazy: parts and public pages pay for nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from ecrm.ui import rail_figures


def bell(request: HttpRequest) -> dict[str, Any]:
    """``unread_notices``: how many this member has not read, 0 outside a tenant."""
    return {"unread_notices": SimpleLazyObject(partial(_unread, request))}


def _unread(request: HttpRequest) -> int:
    membership = getattr(request, "membership", None)
    return rail_figures.of(membership)["notices.unread"] if membership else 0
