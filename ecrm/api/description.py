"""The OpenAPI description: what ninja cannot know, added to every operation."""

from __future__ import annotations

from typing import Any

from ecrm.api.problems import CONTENT_TYPE, ProblemOut
from ecrm.api.repeats import HEADER

REFUSALS = {
    "400": "The body is not JSON",
    "401": "No token, or not a good one for this workspace",
    "403": "The token lacks the scope, or its maker the right",
    "404": "There is nothing here",
    "405": "This address does not know this method",
    "409": "It contradicts what is there",
    "413": "The body is larger than 2 MiB",
    "415": "The body is not application/json",
    "422": "Something is to be corrected: see errors",
    "429": "Too many requests this minute: see Retry-After",
    "500": "Our fault",
    "503": "Not just now: it takes too long, or what it needs is away",
}
_HEADERS = {
    name: {"description": words, "schema": {"type": "integer"}}
    for name, words in {
        "RateLimit-Limit": "Requests a minute",
        "RateLimit-Remaining": "Requests left of them",
        "RateLimit-Reset": "Seconds until the next minute",
    }.items()
}
_KEY = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Any text of your own. The same request with the same key happens once; kept for 24 hours.",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$", "minLength": 1, "maxLength": 255},
}


def complete(schema: Any) -> Any:
    """Adds servers, refusals, rate headers and the idempotency key. Changes and returns ``schema``."""
    schema["servers"] = [
        {
            "url": "/{workspace}/api/v1",
            "variables": {"workspace": {"default": "workspace", "description": "Its address"}},
        }
    ]
    schema["components"]["schemas"]["Problem"] = ProblemOut.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    nested = schema["components"]["schemas"]["Problem"].pop("$defs", {})
    schema["components"]["schemas"].update(nested)
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            _complete_operation(method, operation)
    return schema


def _complete_operation(method: str, operation: dict[str, Any]) -> None:
    for response in operation["responses"].values():
        response["headers"] = {**_HEADERS, **response.get("headers", {})}
    for status, words in REFUSALS.items():
        operation["responses"].setdefault(status, _refusal(words))
    if method == "post":
        operation["parameters"] = [*operation.get("parameters", []), _KEY]


def _refusal(words: str) -> dict[str, Any]:
    return {"description": words, "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
