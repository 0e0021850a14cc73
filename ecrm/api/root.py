"""The one API object. Rooms add their routers from their registrations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from django.http import HttpRequest
from ninja import NinjaAPI, Router
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from ecrm.api import parameters, problems
from ecrm.api.description import complete

F = TypeVar("F", bound=Callable[..., Any])


class Json(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data)


class JsonBody(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return orjson.loads(request.body)


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> Any:
        return complete(super().get_openapi_schema(path_prefix=""))

    def get_operation_url_name(self, operation: Operation, router: Router) -> str:
        name = super().get_operation_url_name(operation, router)
        parameters.note(name, operation, router)
        return name

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)


api = Api(
    title="eCRM API",
    version="1",
    description="Everything a workspace's own programs need: people, what happened, consent, segments, results.",
    docs_url=None,
    openapi_url=None,
    renderer=Json(),
    parser=JsonBody(),
    urls_namespace="api",
)
problems.register(api)


_light: set[str] = set()
_uploads: set[str] = set()


def register(prefix: str, router: Router, tag: str) -> None:
    """Puts a room's operations below ``/<tenant>/api/v1<prefix>``, under the heading ``tag``."""
    api.add_router(prefix, router, tags=[tag])


def light(view: F) -> F:
    """Marks an operation that only hands over to a queue: it runs without a transaction.

    Its token may have been found good two seconds ago, and ``Idempotency-Key`` is the view's affair.
    """
    _light.add(view.__name__)
    return view


def is_light(url_name: str | None) -> bool:
    return url_name in _light


def upload(view: F) -> F:
    """Marks an operation that takes a file (``ecrm.files.uploads.sent_by_program``) where others take JSON.

    It has to be the first of its address.
    """
    _uploads.add(view.__name__)
    return view


def is_upload(url_name: str | None) -> bool:
    return url_name in _uploads
