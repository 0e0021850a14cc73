"""``{% keep name … %}…{% endkeep %}``: a piece of the shell that reads the same for all who may do the same.

Inside, the page's context is reduced to what the piece is kept by: ``tenant.slug``,
``membership.capabilities``, ``request.user.is_staff`` and ``.uses_shortcuts``, ``theme``, the language,
and the names given, which must follow from these. Tokens of forms are filled in each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.template import Context, Node, NodeList
from django.template.base import Parser, Token
from django.urls import get_script_prefix
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

AT_MOST = 500
_TOKEN = "the-token-of-this-request"  # noqa: S105  stands where a token goes


class Reader(NamedTuple):
    """For whom a piece is kept."""

    prefix: str
    language: str | None
    theme: str
    slug: str
    capabilities: frozenset[str] | None
    is_staff: bool
    uses_shortcuts: bool

    @classmethod
    def of(cls, context: Context) -> Reader:
        membership, tenant = context.get("membership"), context.get("tenant")
        user = getattr(context.get("request"), "user", None)
        return cls(
            get_script_prefix(),
            get_language(),
            context.get("theme") or "",
            tenant.slug if tenant else "",
            membership.capabilities if membership else None,
            getattr(user, "is_staff", False),
            getattr(user, "uses_shortcuts", True),
        )

    def as_context(self) -> dict[str, Any]:
        user = SimpleNamespace(is_staff=self.is_staff, uses_shortcuts=self.uses_shortcuts)
        return {
            "request": SimpleNamespace(user=user),
            "theme": self.theme,
            "tenant": SimpleNamespace(slug=self.slug) if self.slug else None,
            "membership": None if self.capabilities is None else SimpleNamespace(capabilities=self.capabilities),
            "csrf_token": _TOKEN,
        }


class KeepNode(Node):
    child_nodelists = ("nodelist",)

    def __init__(self, names: Sequence[str], nodelist: NodeList) -> None:
        self.names = names
        self.nodelist = nodelist
        self.kept: dict[Reader, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        reader = Reader.of(context)
        if reader not in self.kept:
            if len(self.kept) >= AT_MOST:
                self.kept.clear()
            given = {name: context.get(name) for name in self.names}
            self.kept[reader] = self.nodelist.render(context.new(reader.as_context() | given))
        return mark_safe(self.kept[reader].replace(_TOKEN, str(context.get("csrf_token", ""))))


def keep_tag(parser: Parser, token: Token) -> KeepNode:
    _tag, *names = token.split_contents()
    nodelist = parser.parse(("endkeep",))
    parser.delete_first_token()
    return KeepNode(names, nodelist)
