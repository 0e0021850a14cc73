"""Whole pages and their parts: one template for both (a page includes its own part)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

INVALID = 422
LAST_PART = 286


def render_page(
    request: HttpRequest,
    page: str,
    *,
    part: str,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The part when htmx asked for it, else the page around the same part.

    A part answer carries waiting messages as toasts. Give ``status=INVALID`` for a form with
    errors: htmx swaps it in place and the first invalid field gets the focus.
    """
    is_part = wants_part(request)
    response = render(request, part if is_part else page, dict(context or {}), status=status)
    if is_part:
        response.content += _waiting_toasts(request)
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_part(request: HttpRequest) -> bool:
    """htmx asks for parts, except when it follows a boosted link or restores history."""
    htmx = HtmxDetails(request)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def own_path(request: HttpRequest) -> str:
    """Where ``next`` of the address leads, empty unless it stays with us."""
    wanted = request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def redirect_page(request: HttpRequest, url: str) -> HttpResponse:
    """After a form that succeeded: a redirect that also works from an htmx request."""
    if not wants_part(request):
        return HttpResponseRedirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


def render_live(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    version: str,
    is_done: bool = False,
) -> HttpResponse:
    """A part that polls: 304 with no body while ``version`` stays the same.

    ``version`` comes from ``version_of`` over whatever the part shows. ``is_done`` shows the part
    a last time and ends the polling (status 286, htmx's own for it).
    """
    etag = f'"{version}"'
    if not is_done and etag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, template, dict(context), status=LAST_PART if is_done else 200)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def version_of(*facts: object) -> str:
    """A short stable digest of the facts a live part shows, the language among them."""
    return blake2b(repr(facts).encode(), digest_size=9).hexdigest()


def _waiting_toasts(request: HttpRequest) -> bytes:
    waiting = list(get_messages(request))
    if not waiting:
        return b""
    text = render_to_string("_components/toasts.html", {"messages": waiting, "is_part": True}, request)
    return text.encode()
