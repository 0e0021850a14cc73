"""``{% component "name" key=value %}…{% endcomponent %}``: a partial with content and slots.

The partial templates/_components/<name>.html sees the keywords, the inner content as ``slot``
and each ``{% fill "actions" %}…{% endfill %}`` under its own name, and nothing of the page's
context but the request: what it depends on stands where it is used.
"""

from __future__ import annotations

from typing import Any

from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.engine import Engine
from django.template.exceptions import TemplateSyntaxError
from django.utils.safestring import SafeString, mark_safe

_SHARED = ("request", "csrf_token")


class FillNode(Node):
    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        return self.nodelist.render(context)


class ComponentNode(Node):
    child_nodelists = ("nodelist",)

    def __init__(self, name: FilterExpression, values: dict[str, FilterExpression], nodelist: NodeList) -> None:
        self.name = name
        self.values = values
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        values: dict[str, Any] = {key: value.resolve(context) for key, value in self.values.items()}
        fills = [node for node in self.nodelist if isinstance(node, FillNode)]
        values |= {fill.name: mark_safe(fill.render(context).strip()) for fill in fills}
        rest = NodeList(node for node in self.nodelist if not isinstance(node, FillNode))
        values["slot"] = mark_safe(rest.render(context).strip())
        template = Engine.get_default().get_template(f"_components/{self.name.resolve(context)}.html")
        values |= {name: context[name] for name in _SHARED if name in context}
        return template.render(context.new(values))


def component_tag(parser: Parser, token: Token) -> ComponentNode:
    bits = token.split_contents()
    if len(bits) < 2:
        raise TemplateSyntaxError("component needs the name of a file in templates/_components")
    values = token_kwargs(bits[2:], parser)
    nodelist = parser.parse(("endcomponent",))
    parser.delete_first_token()
    return ComponentNode(parser.compile_filter(bits[1]), values, nodelist)


def fill_tag(parser: Parser, token: Token) -> FillNode:
    _, name = token.split_contents()
    nodelist = parser.parse(("endfill",))
    parser.delete_first_token()
    return FillNode(name.strip("\"'"), nodelist)
