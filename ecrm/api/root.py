"""The one API object. Rooms add their routers from their registrations."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from ecrm.api import problems
from ecrm.api.description import complete


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


def register(prefix: str, router: Router, tag: str) -> None:
    """Puts a room's operations below ``/<tenant>/api/v1<prefix>``, under the heading ``tag``."""
    api.add_router(prefix, router, tags=[tag])


def respond(request: HttpRequest, body: Any, status: int = 200) -> HttpResponse:
    return api.create_response(request, body, status=status)
