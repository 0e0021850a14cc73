"""``{% keep %}…{% endkeep %}``: a piece of the shell that reads the same for all who may do the same.

Drawn once for a tenant, a language, a set of capabilities and a choice about shortcuts; nothing
else of the request may show inside: no token, no name, no count.
"""

from __future__ import annotations

from django.template import Context, Node, NodeList
from django.template.base import Parser, Token
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

AT_MOST = 500


class KeepNode(Node):
    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self.kept: dict[object, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = _reader(context)
        if key not in self.kept:
            if len(self.kept) >= AT_MOST:
                self.kept.clear()
            self.kept[key] = self.nodelist.render(context)
        return self.kept[key]


def keep_tag(parser: Parser, token: Token) -> KeepNode:
    nodelist = parser.parse(("endkeep",))
    parser.delete_first_token()
    return KeepNode(nodelist)


def _reader(context: Context) -> object:
    membership = context.get("membership")
    user = getattr(context.get("request"), "user", None)
    return (
        get_script_prefix(),
        get_language(),
        membership.capabilities if membership else None,
        getattr(user, "uses_shortcuts", None),
    )
