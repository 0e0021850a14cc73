"""``{% keep name … key=value … %}…{% endkeep %}``: a piece of the shell that reads the same for all who may do it.

Inside, the page's context is reduced to what the piece is kept by: ``tenant.slug``,
``membership.capabilities``, ``request.user.is_staff`` and ``.uses_shortcuts``, ``theme``, the language,
the names given, which must follow from these, and the values given, which it is kept by as well (a list
by what is in it). Tokens of forms are filled in each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token, token_kwargs
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

    def __init__(self, names: Sequence[str], values: Mapping[str, FilterExpression], nodelist: NodeList) -> None:
        self.names = names
        self.values = values
        self.nodelist = nodelist
        self.kept: dict[tuple[Reader, tuple[Any, ...]], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        reader = Reader.of(context)
        by = tuple([_fixed(value.resolve(context)) for value in self.values.values()])
        found = self.kept.get((reader, by))
        if found is None:
            if len(self.kept) >= AT_MOST:
                self.kept.clear()
            given = {name: context.get(name) for name in self.names} | dict(zip(self.values, by, strict=True))
            found = self.nodelist.render(context.new(reader.as_context() | given))
            self.kept[reader, by] = found
        return mark_safe(found.replace(_TOKEN, str(context.get("csrf_token", ""))))


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def keep_tag(parser: Parser, token: Token) -> KeepNode:
    _tag, *bits = token.split_contents()
    names = [bit for bit in bits if "=" not in bit]
    values = token_kwargs([bit for bit in bits if "=" in bit], parser)
    nodelist = parser.parse(("endkeep",))
    parser.delete_first_token()
    return KeepNode(names, values, nodelist)
