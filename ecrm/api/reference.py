"""The API's description for programs, and the page that shows it to people. Public: it tells nobody's data."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ecrm.api.root import api
from ecrm.tenancy.models import Tenant


@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    settings = {"url": f"{reverse('api_description')}?{request.GET.urlencode()}", "persistAuthorization": False}
    return render(request, "api/reference.html", {"settings": settings})


@require_safe
def api_description(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1. ``?workspace=`` puts that address in, for trying it out."""
    schema = deepcopy(_described())
    slug = request.GET.get("workspace", "")
    field: Any = Tenant._meta.get_field("slug")
    if slug and all(validator.regex.fullmatch(slug) for validator in field.validators if hasattr(validator, "regex")):
        schema["servers"][0]["variables"]["workspace"]["default"] = slug
    return JsonResponse(schema)


@lru_cache(maxsize=1)
def _described() -> dict[str, Any]:
    """Made once a process: it takes most of a second and changes only with the code."""
    return dict(api.get_openapi_schema())
