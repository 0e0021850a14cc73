"""One person's values on their way into a message: chosen, then made safe for where they land."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from html import escape
from urllib.parse import quote

from campaigns.content.links import ascii_url
from contacts.texts.merge_fields import Fields
from contacts.texts.template_language import Context, Token, evaluate, template

Values = Mapping[str, str]
Chooser = Callable[[Values], str]

# Without these a message would go out with dead links: a missing one is an error, never a blank.
REQUIRED = frozenset({"click_base", "open_url", "unsubscribe_url", "preferences_url"})

_NEEDS_ESCAPE = re.compile(r"[&<>\"']")
_GOOD_ADDRESS = re.compile(r"https?://[!#-;=?-~]+")  # printable ASCII without " < >
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Body(StrEnum):
    HTML = "html"
    PLAIN = "plain"


def chooser(token: Token, fields: Fields, body: Body) -> Chooser:
    """The function that gives a token's text for one person, safe in this body.

    Raises `KeyError` when called without a value a message cannot do without.
    """
    choose = _simple(token) if token.path else _expression(token, fields)
    make_safe = _SAFE[body, token.context]
    return lambda values: make_safe(choose(values))


def raw_chooser(token: Token, fields: Fields) -> Chooser:
    """As `chooser`, before it is made safe: for headers, which have their own rules."""
    return _simple(token) if token.path else _expression(token, fields)


def _simple(token: Token) -> Chooser:
    path, fallback = token.path, token.fallback
    if path in REQUIRED:
        return lambda values: values[path]
    return lambda values: values.get(path) or fallback


def _expression(token: Token, fields: Fields) -> Chooser:
    bound, paths = template(token.source), token.paths

    @lru_cache(maxsize=10_000)
    def evaluated(*given: str) -> str:
        return evaluate(bound, paths, dict(zip(paths, given, strict=True)), fields)

    return lambda values: evaluated(*(values.get(path, "") for path in paths))


def _in_html(text: str) -> str:
    return escape(text) if _NEEDS_ESCAPE.search(text) else text


def _in_words(text: str) -> str:
    return _UNPRINTABLE.sub("", text)


def _in_query(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _as_address(text: str) -> str:
    """Only an address of the web may stand where one is expected; anything else leads nowhere."""
    if _GOOD_ADDRESS.fullmatch(text):
        return text
    if text.startswith(("https://", "http://")):
        return quote(ascii_url(text), safe="!#$%&'()*+,/:;=?@[]~", errors="replace")
    return "#"


def _as_html_address(text: str) -> str:
    return _in_html(_as_address(text))


def _in_html_words(text: str) -> str:
    return _in_html(_UNPRINTABLE.sub("", text))


_SAFE: dict[tuple[Body, Context], Callable[[str], str]] = {
    (Body.HTML, Context.TEXT): _in_html_words,
    (Body.HTML, Context.QUERY): _in_query,
    (Body.HTML, Context.ADDRESS): _as_html_address,
    (Body.PLAIN, Context.TEXT): _in_words,
    (Body.PLAIN, Context.QUERY): _in_query,
    (Body.PLAIN, Context.ADDRESS): _as_address,
}
