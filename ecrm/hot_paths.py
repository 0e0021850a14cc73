"""Addresses that are asked far more often than pages: answered in front of Django and its middleware.

A room registers an address in its registrations; the WSGI application (``ecrm.wsgi``) looks here
first. Nothing of a page is there: no session, no tenant, no ``HttpRequest``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Application = Callable[[Any, Any], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer without a body. ``status`` as in ``204 No Content``."""

    status: str
    headers: tuple[tuple[str, str], ...]


_answers: dict[str, Callable[[Mapping[str, Any]], Reply]] = {}


def register(path: str, answer: Callable[[Mapping[str, Any]], Reply]) -> None:
    """``answer`` gets the WSGI environment (PEP 3333) and must not raise."""
    _answers[path] = answer


def in_front_of(application: Application) -> Application:
    def serve(environ: Any, start_response: Any) -> Iterable[bytes]:
        answer = _answers.get(environ.get("PATH_INFO", ""))
        if answer is None:
            return application(environ, start_response)
        reply = answer(environ)
        start_response(reply.status, list(reply.headers))
        return (b"",)

    return serve
