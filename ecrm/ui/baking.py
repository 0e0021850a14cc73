"""Templates are compiled once a language, and what reads the same for everybody who reads it is text by then.

A page holds some seventy words of the interface and forty icons. Looked up while it is drawn they cost a
sixth of its time; here ``{% translate "…" %}`` and ``{% icon "…" %}`` with nothing but constants become plain
text as the template is loaded, and ``{% url "…" %}`` without arguments is asked once a workspace.
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
from django.templatetags.i18n import TranslateNode, do_translate
from django.urls import get_script_prefix, get_urlconf
from django.utils.translation import get_language

Compile = Callable[[Parser, Token], Node]
AT_MOST = 1_000


class Loader(cached.Loader):
    """Keeps each template once for every language it was asked for in."""

    def cache_key(self, template_name: str, skip: Any = None) -> str:
        return f"{get_language()}:{super().cache_key(template_name, skip)}"


class PlaceNode(Node):
    """The address of a page by its name alone, which differs by workspace only."""

    def __init__(self, node: URLNode) -> None:
        self.node = node
        self.kept: dict[tuple[str, str | None], str] = {}

    def render(self, context: Context) -> str:
        where = get_script_prefix(), get_urlconf()
        found = self.kept.get(where)
        if found is None:
            if len(self.kept) >= AT_MOST:
                self.kept.clear()
            found = self.kept[where] = self.node.render(context)
        return found


def translate_tag(parser: Parser, token: Token) -> Node:
    is_literal = _is_literal(parser.compile_filter(token.split_contents()[1]))
    node = do_translate(parser, token)
    if isinstance(node, TranslateNode) and is_literal and not (node.asvar or node.message_context):
        return _baked(parser, node)
    return node


def url_tag(parser: Parser, token: Token) -> Node:
    node = url(parser, token)
    is_plain = _is_literal(node.view_name) and not (node.args or node.kwargs or node.asvar)
    # Within a namespace the address depends on which instance of it the page is in.
    return PlaceNode(node) if is_plain and ":" not in str(node.view_name.var) else node


def baking(compile_tag: Compile) -> Compile:
    """A simple tag whose answer follows from its arguments alone."""

    def compiled(parser: Parser, token: Token) -> Node:
        node = compile_tag(parser, token)
        given = [*node.args, *node.kwargs.values()] if isinstance(node, SimpleNode) else []
        is_fixed = given and all(map(_is_literal, given)) and not node.target_var
        return _baked(parser, node) if is_fixed else node

    return compiled


def _baked(parser: Parser, node: Node) -> Node:
    is_file = parser.origin is not None and parser.origin.name != UNKNOWN_SOURCE
    return TextNode(node.render(Context())) if is_file else node


def _is_literal(expression: FilterExpression) -> bool:
    if expression.filters:
        return False
    return not isinstance(expression.var, Variable) or expression.var.literal is not None
