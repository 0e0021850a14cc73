"""Short results of what a person did, with a way back where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

_UNDO, _ACT = "undo=", "act="


@dataclass(frozen=True, slots=True)
class Toast:
    text: str
    tone: str
    icon: str
    undo: str
    act: str = ""
    act_label: str = ""


def toast(request: HttpRequest, text: str, *, undo: str = "", act: tuple[str, str] | None = None) -> None:
    """Says what was done. ``undo`` is the path that a POST takes it back with; ``act`` the words of something to do
    next and the path that a POST does it with."""
    tags = [_UNDO + quote(undo)] if undo else []
    if act is not None:
        label, path = act
        tags.append(f"{_ACT}{quote(path)}={quote(label, safe='')}")
    messages.success(request, text, extra_tags=" ".join(tags))


def warn(request: HttpRequest, text: str) -> None:
    """Says what could not be done and what to do about it."""
    messages.error(request, text)


def as_toast(message: Message) -> Toast:
    tags = (message.extra_tags or "").split()
    undo = next((unquote(tag.removeprefix(_UNDO)) for tag in tags if tag.startswith(_UNDO)), "")
    act, _equals, label = next((tag.removeprefix(_ACT) for tag in tags if tag.startswith(_ACT)), "").partition("=")
    is_bad = message.level >= messages.WARNING
    return Toast(
        str(message.message),
        "bad" if is_bad else "good",
        "circle-alert" if is_bad else "circle-check",
        undo,
        unquote(act),
        unquote(label),
    )
