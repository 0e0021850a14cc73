"""Structured logs without personal data: ids, routes and durations, never names or addresses."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from ecrm import metrics
from ecrm.tenancy.context import current_tenant_id

EMAIL = re.compile(r"[^\s<>\"'@=]+@[^\s<>\"'@]+\.[^\s<>\"'@]+")
log = structlog.get_logger("ecrm.request")


def configure(options: MutableMapping[str, Any]) -> None:
    """``LOGGING_CONFIG``: everything to standard output, one line an event."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_addresses,
    ]
    renderer = (
        structlog.processors.JSONRenderer()
        if options["format"] == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    logging.basicConfig(handlers=[handler], level=options["level"], force=True)
    for quiet in ("django.server", "kombu", "aiosmtpd", "asyncio"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def mask_addresses(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last net: an e-mail address that got into a log line is masked."""
    for key, value in event.items():
        if isinstance(value, str) and "@" in value:
            event[key] = EMAIL.sub("<address>", value)
    return event


class RequestLogMiddleware:
    """One line a request: route name, not path, since paths carry tokens."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id(request)):
            return self._logged(request, started)

    def _logged(self, request: HttpRequest, started: float) -> HttpResponse:
        response = self.get_response(request)
        response["X-Request-ID"] = request_id(request)
        match = request.resolver_match
        spent = (time.perf_counter() - started) * 1000
        metrics.observe(match.view_name if match else None, request.method, response.status_code, spent)
        log.info(
            "request",
            method=request.method,
            route=match.view_name if match else None,
            status=response.status_code,
            ms=round(spent, 1),
            tenant=getattr(getattr(request, "tenant", None), "pk", None) or current_tenant_id(),
            user=request.user.pk,
        )
        return response


def request_id(request: Any) -> str:
    """What a person can quote from an error page to find the log's lines: 12 hex digits, made once."""
    found = getattr(request, "ecrm_request_id", None)
    if found is None:
        found = request.ecrm_request_id = secrets.token_hex(6)
    return str(found)
