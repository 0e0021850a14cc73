"""What Django looks up hundreds of times a page, kept where a look costs next to nothing.

The reader's language, their zone and the connection lie in asgiref's ``Local``, which takes a lock at
each look so that async code may hand them from thread to thread; a word is looked up in the catalogue
of every app in turn, twice where a language says it as the code does. Together that was a tenth of a
page. Here the same values lie in a context variable, or for connections in a ``threading.local``, and
a word is found in its catalogues once.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from threading import local
from typing import Any

from django.db import connections
from django.utils import timezone, translation
from django.utils.translation import trans_real

# Words of the interface, some thousands; a text that is no word of it must not stay for ever.
AT_MOST = 20_000
_NOTHING: Any = object()


class Active:
    """One value of a thread or task, ``value``, which may not be there."""

    def __init__(self, name: str) -> None:
        self.held: ContextVar[Any] = ContextVar(name, default=_NOTHING)

    @property
    def value(self) -> Any:
        found = self.held.get()
        if found is _NOTHING:
            raise AttributeError("value")
        return found

    @value.setter
    def value(self, given: Any) -> None:
        self.held.set(given)

    @value.deleter
    def value(self) -> None:
        self.held.set(_NOTHING)


def install() -> None:
    """Once, when the product starts, before anything of it is active."""
    trans_real._active = Active("language")  # type: ignore[attr-defined]
    timezone._active = Active("time_zone")  # type: ignore[attr-defined]
    handler: Any = connections
    handler._connections = _moved(handler._connections)
    # Django keeps the function there once it has been asked for it.
    translation._trans.gettext = _remembering()  # type: ignore[attr-defined]


def _moved(former: Any) -> Any:
    """A connection opened before is kept."""
    kept = local()
    for alias in connections:
        if hasattr(former, alias):
            setattr(kept, alias, getattr(former, alias))
    return kept


def _remembering() -> Callable[[Any], Any]:
    state: Any = trans_real
    slow = state.gettext

    def gettext(message: Any) -> Any:
        # Asked of the module each time: a catalogue that changed under a development server replaces it.
        active = getattr(state._active, "value", None)
        # Only of a plain text can be said what it becomes; whoever marked it safe gets it back so.
        if active is None or type(message) is not str:
            return slow(message)
        words = active.__dict__.setdefault("remembered", {})
        found = words.get(message)
        if found is None:
            if len(words) >= AT_MOST:
                words.clear()
            found = words[message] = slow(message)
        return found

    return gettext
