"""Short results of what a person did, with a way back where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

_UNDO = "undo="


@dataclass(frozen=True, slots=True)
class Toast:
    text: str
    tone: str
    icon: str
    undo: str


def toast(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Says what was done. ``undo`` is the path that a POST takes it back with."""
    messages.success(request, text, extra_tags=_UNDO + quote(undo) if undo else "")


def warn(request: HttpRequest, text: str) -> None:
    """Says what could not be done and what to do about it."""
    messages.error(request, text)


def as_toast(message: Message) -> Toast:
    tags = message.extra_tags or ""
    undo = unquote(tags.removeprefix(_UNDO)) if tags.startswith(_UNDO) else ""
    is_bad = message.level >= messages.WARNING
    return Toast(
        str(message.message),
        "bad" if is_bad else "good",
        "circle-alert" if is_bad else "circle-check",
        undo,
    )
