"""``/<slug>/api/…``: by token, without session or CSRF, before the machinery that pages need."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import Resolver404, get_resolver
from django.utils import translation
from django.utils.translation import gettext as _

from ecrm import metrics
from ecrm.api import grants, parameters, problems, rates, repeats, root
from ecrm.api.grants import Grant
from ecrm.api.problems import Problem
from ecrm.audit.services import current_token_id
from ecrm.files import uploads
from ecrm.logs import request_id
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import RESERVED_SLUGS
from ecrm.tenancy.settings_rows import remembered

URLCONF = "ecrm.api.urls"
PATH = re.compile(r"/([^/]+)(/api/.*)", re.DOTALL)
BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
log = structlog.get_logger("ecrm.request")


class ApiMiddleware:
    """Answers every request below ``/<slug>/api/`` itself, errors of all kinds as problem+json.

    Unknown workspace, wrong token and another workspace's token are one and the same 401. What is
    refused (400 and above) rolls back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = PATH.fullmatch(request.path_info)
        if found is None or found[1] in RESERVED_SLUGS:
            return self.get_response(request)
        with structlog.contextvars.bound_contextvars(request_id=request_id(request)):
            return self._logged(request, *found.groups())

    def _logged(self, request: Any, slug: str, path: str) -> HttpResponse:
        started = time.perf_counter()
        request.LANGUAGE_CODE = translation.get_language_from_request(request)
        with translation.override(request.LANGUAGE_CODE):
            response = _answer(request, slug, path)
        response["X-Request-ID"] = request_id(request)
        _log(request, response, started)
        return response


def _answer(request: Any, slug: str, path: str) -> HttpResponse:
    allowance = None
    try:
        call = _Call(request, slug, path)
        allowance = rates.take(call.grant.token.pk)
        response = _as_problem(call.answer())
    except Problem as problem:
        response = problems.answer(problem)
    except RequestDataTooBig:
        response = problems.answer(Problem(413, _("The body is larger than 2 MiB.")))
    except uploads.TooLarge:
        words = _("The file is larger than %(limit)s.")
        response = problems.answer(Problem(413, words % {"limit": filesizeformat(settings.MAX_UPLOAD_BYTES)}))
    except SuspiciousOperation:
        response = problems.answer(Problem(400))
    except Exception:
        log.exception("api_failed")
        response = problems.answer(Problem(500, _("This is our fault and has been noted.")))
    for name, value in (allowance.headers if allowance else {}).items():
        response.headers.setdefault(name, value)
    response["Cache-Control"] = "no-store"
    return response


class _Call:
    """One request on its way: the token found, the operation found, then answered in the tenant."""

    def __init__(self, request: Any, slug: str, path: str) -> None:
        self.request = request
        self.match = _resolve(path)
        # Operations that only hand over to the queue need no transaction, and are too many for one.
        self.is_light = self.match is not None and root.is_light(self.match.url_name)
        self.grant = _authenticate(request, slug, self.is_light)
        if self.grant.tenant.is_suspended:
            raise Problem(403, _("This workspace is suspended. Its members can read why when they sign in."))
        request.grant, request.user = self.grant, self.grant.user
        request.tenant, request.membership = self.grant.tenant, self.grant.membership

    def answer(self) -> HttpResponse:
        if self.match is None:
            raise Problem(404, _("There is nothing here."))
        _check_body(self.request, is_upload=root.is_upload(self.match.url_name))
        parameters.check(self.request, self.match.url_name)
        self.request.resolver_match = self.match
        former = current_token_id.set(self.grant.token.pk)
        try:
            return self._light() if self.is_light else self._whole()
        finally:
            uploads.forget(self.request)
            current_token_id.reset(former)

    def _light(self) -> HttpResponse:
        with bind_tenant(self.grant.tenant):
            return self._run()

    def _whole(self) -> HttpResponse:
        key = repeats.key_of(self.request)
        with tenant_context(self.grant.tenant), remembered():
            response = repeats.once(self.request, self.grant.token, key, self._run) if key else self._run()
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response

    def _run(self) -> HttpResponse:
        assert self.match is not None
        response: HttpResponse = self.match.func(self.request, *self.match.args, **self.match.kwargs)
        return response


def _resolve(path: str) -> Any:
    try:
        return get_resolver(URLCONF).resolve(path)
    except Resolver404:
        return None


def _authenticate(request: HttpRequest, slug: str, is_light: bool) -> Grant:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    find = grants.find_trusted if is_light else grants.find
    grant = find(slug, secret.strip()) if scheme.lower() == "bearer" and secret else None
    if grant is None:
        words = _("No token, or not a good one for this workspace.")
        raise Problem(401, words, headers=(("WWW-Authenticate", "Bearer"),))
    return grant


def _check_body(request: HttpRequest, *, is_upload: bool) -> None:
    """What is uploaded is not read here: it may be larger than memory, and its operation knows its kinds."""
    if is_upload:
        return
    if request.method not in BODY_METHODS or not request.body:
        return
    if request.content_type != "application/json":
        raise Problem(415, _("Send the body as application/json."))


def _as_problem(response: HttpResponse) -> HttpResponse:
    """ninja's own 405 is plain text."""
    if response.status_code != 405:
        return response
    allowed = ", ".join(sorted(response["Allow"].split(", ")))
    words = _("This address knows %(methods)s.") % {"methods": allowed}
    return problems.answer(Problem(405, words, headers=(("Allow", allowed),)))


def _log(request: Any, response: HttpResponse, started: float) -> None:
    match = request.resolver_match
    spent = (time.perf_counter() - started) * 1000
    metrics.observe(match.view_name if match else "api", request.method, response.status_code, spent)
    log.info(
        "request",
        method=request.method,
        route=match.view_name if match else "api",
        status=response.status_code,
        ms=round(spent, 1),
        tenant=getattr(getattr(request, "tenant", None), "pk", None),
        user=getattr(getattr(request, "user", None), "pk", None),
    )
