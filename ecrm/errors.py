"""Error pages that need more than a template."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

from ecrm.logs import request_id

BUSY_SECONDS = 30


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is away. Asks neither the database nor the session for anything."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _plain("503.html", request, status=503, headers={"Retry-After": str(BUSY_SECONDS)})
    return _plain("500.html", request, status=500)


class ErrorPageMiddleware:
    """Gives answers that would be blank pages our look: a method that an address does not take."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        wants_page = "text/html" in request.headers.get("Accept", "")
        if response.status_code != 405 or response.streaming or response.content or not wants_page:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page


def _plain(template: str, request: HttpRequest, *, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    # No context processors: they would ask who is signed in.
    text = render_to_string(template, {"request_id": request_id(request)})
    return HttpResponse(text, status=status, headers=headers)
