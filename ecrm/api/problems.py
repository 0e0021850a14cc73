"""Errors as ``application/problem+json`` (RFC 9457), whatever went wrong and wherever."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError
from ninja.errors import ValidationError as InvalidRequest

CONTENT_TYPE = "application/problem+json"


class FieldProblem(Schema):
    """One thing to correct. ``field`` is empty where no single field is to blame.

    ``pointer`` is its place in the body that was sent (RFC 6901); of a row of many, in that row.
    """

    field: str
    message: str
    pointer: str = ""


class ProblemOut(Schema):
    """RFC 9457. ``errors`` lists what to correct, for status 422."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


@dataclass(eq=False)
class Problem(Exception):
    """Raise to answer with this problem. ``errors`` are (field, message) or (field, message, pointer).

    Without a pointer of its own, that of a field is made from its name.
    """

    status: int
    detail: str = ""
    errors: tuple[tuple[str, str] | tuple[str, str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def answer(problem: Problem, request: HttpRequest | None = None) -> HttpResponse:
    """Of a request that has no body, nothing is pointed at."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail or HTTPStatus(problem.status).description,
    }
    if problem.errors:
        has_body = request is None or request.method not in ("GET", "DELETE")
        body["errors"] = [each if has_body else {**each, "pointer": ""} for each in told(problem)]
    content = json.dumps(body, ensure_ascii=False)
    return HttpResponse(content, status=problem.status, content_type=CONTENT_TYPE, headers=dict(problem.headers))


def told(problem: Problem) -> list[dict[str, str]]:
    """``FieldProblem`` of each error."""
    return [_field_problem(*error) for error in problem.errors]


def pointer(*parts: Any) -> str:
    """RFC 6901: ``/emails/0/address``."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def invalid(detail: str, **errors: str) -> Problem:
    return Problem(422, detail, tuple(errors.items()))


def of_validation(error: ValidationError, names: Mapping[str, str] | None = None) -> Problem:
    """What a service refused, by field. ``names`` are the API's names for fields it calls otherwise.

    What is taken already (code ``taken``) is a conflict with what is there, not a fault of the request.
    """
    names = names or {}
    by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    errors = tuple(
        ("" if field == NON_FIELD_ERRORS else names.get(field, field), message)
        for field, messages in by_field.items()
        for message in messages
    )
    is_taken = "taken" in set(_codes(error))
    return Problem(409 if is_taken else 422, " ".join(message for _field, message in errors), errors)


def register(api: NinjaAPI) -> None:
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Problem: lambda request, problem: answer(problem, request),
        ValidationError: lambda request, error: answer(of_validation(error), request),
        PermissionDenied: lambda _request, error: answer(Problem(403, str(error))),
        HttpError: lambda _request, error: answer(Problem(error.status_code, str(error))),
        InvalidRequest: _invalid_request,
        Http404: _not_found,
        Exception: _unforeseen,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return answer(Problem(404, _("There is nothing here.")))


def _invalid_request(request: HttpRequest, error: InvalidRequest) -> HttpResponse:
    errors = tuple(_located(each["loc"], str(each["msg"])) for each in error.errors)
    return answer(Problem(422, _("The request does not fit its description."), errors))


def _unforeseen(request: HttpRequest, error: Exception) -> HttpResponse:
    """For the middleware, which logs it, rolls back and answers 500."""
    raise error


def _located(loc: Iterable[Any], message: str) -> tuple[str, str, str]:
    """``emails.0.address`` and its pointer for ("body", "payload", "emails", 0, "address").

    Of a query that is declared as one model, a list's entries come with the model's name before them.
    """
    source, *path = loc
    is_of_model = source == "body" or (len(path) > 1 and isinstance(path[1], str))
    path = [part for part in (path[1:] if is_of_model else path) if not _TAG.fullmatch(str(part))]
    message = message.removeprefix("Value error, ")
    return ".".join(map(str, path)), message, pointer(*path) if source == "body" else ""


def _field_problem(field: str, message: str, at: str | None = None) -> dict[str, str]:
    if at is None:
        at = pointer(*field.split(".")) if _FIELD.fullmatch(field) else ""
    return {"field": field, "message": message, "pointer": at}


# Which of several shapes was taken for meant (``contacts.api.events.Person``): no place in the body.
_TAG = re.compile(r"<\w+>")
# As fields of a body are called; headers (Idempotency-Key) are not in it.
_FIELD = re.compile(r"[a-z_]+(\.[a-z0-9_]+)*")


def _codes(error: ValidationError) -> list[str | None]:
    if hasattr(error, "error_dict"):
        return [each.code for errors in error.error_dict.values() for each in errors]
    return [each.code for each in error.error_list]
