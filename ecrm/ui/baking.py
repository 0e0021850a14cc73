"""Templates are compiled once a language, and what reads the same for everybody who reads it is text by then.

A page holds some seventy words of the interface and forty icons. Looked up while it is drawn they cost a
sixth of its time; here ``{% translate "…" %}`` and ``{% icon "…" %}`` with nothing but constants become plain
text as the template is loaded, and ``{% url "…" %}`` is asked once a workspace, for one record of all.
Only files are baked: a template made from a string may be kept and drawn in any language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.template import Context, Node
from django.template.base import UNKNOWN_SOURCE, FilterExpression, Parser, TextNode, Token, Variable
from django.template.defaulttags import URLNode, url
from django.template.library import SimpleNode
from django.template.loaders import cached
from django.templatetags.i18n import do_translate
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.html import conditional_escape
from django.utils.translation import get_language

Compile = Callable[[Parser, Token], Node]
AT_MOST = 1_000
_ANY_NUMBER = "907060504030201"


class Loader(cached.Loader):
    """Keeps each template once for every language it was asked for in."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        return f"{get_language()}:{super().cache_key(template_name, skip)}"


class PlaceNode(Node):
    """The address of a page by its name, and of a record by its number, which differ by workspace only."""

    def __init__(self, node: URLNode) -> None:
        self.node = node
        self.number = node.args[0] if node.args else None
        self.kept: dict[tuple[str, str | None], str] = {}

    def render(self, context: Context) -> str:
        number = self.number.resolve(context) if self.number else None
        # What is no number may need quoting, or fit no address at all.
        if self.number and type(number) is not int:
            return self.node.render(context)
        where = get_script_prefix(), get_urlconf()
        found = self.kept.get(where) or self._keep(where)
        return found if number is None else found.replace(_ANY_NUMBER, str(number))

    def _keep(self, where: tuple[str, str | None]) -> str:
        if len(self.kept) >= AT_MOST:
            self.kept.clear()
        path = reverse(str(self.node.view_name.var), args=[int(_ANY_NUMBER)] if self.number else None)
        self.kept[where] = str(conditional_escape(path))
        return self.kept[where]


def translate_tag(parser: Parser, token: Token) -> Node:
    is_literal = _is_literal(parser.compile_filter(token.split_contents()[1]))
    node = do_translate(parser, token)
    if is_literal and not (node.asvar or node.message_context):
        return _baked(parser, node)
    return node


def url_tag(parser: Parser, token: Token) -> Node:
    node = url(parser, token)
    is_plain = _is_literal(node.view_name) and len(node.args) < 2 and not (node.kwargs or node.asvar)
    # Within a namespace the address depends on which instance of it the page is in.
    return PlaceNode(node) if is_plain and ":" not in str(node.view_name.var) else node


def baking(compile_tag: Compile) -> Compile:
    """A simple tag whose answer follows from its arguments alone."""

    def compiled(parser: Parser, token: Token) -> Node:
        node = compile_tag(parser, token)
        if not isinstance(node, SimpleNode) or node.target_var:
            return node
        return _baked(parser, node) if all(map(_is_literal, [*node.args, *node.kwargs.values()])) else node

    return compiled


def _baked(parser: Parser, node: Node) -> Node:
    origin: Any = parser.origin
    is_file = origin is not None and origin.name != UNKNOWN_SOURCE
    return TextNode(node.render(Context())) if is_file else node


def _is_literal(expression: FilterExpression) -> bool:
    if expression.filters:
        return False
    return not isinstance(expression.var, Variable) or expression.var.literal is not None
