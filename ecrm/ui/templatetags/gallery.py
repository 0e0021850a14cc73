"""``{% specimen "callout" "tones" %}…{% endspecimen %}``: one component, drawn light beside dark."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from django import template
from django.template import Context, Node, NodeList
from django.template.base import Parser, Token
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from ecrm.ui.gallery.samples import samples

register = template.Library()
SIDES = (("light", "-l"), ("dark", "-d"))
_HELP_ID = re.compile(r"help-[a-z-]+-\d+")
_SECTION = (
    '<section class="stack snug" aria-labelledby="{0}"><h2 id="{0}">{1} <span class="muted small">{2}</span></h2>'
    '<div class="specimens">{3}</div></section>'
)


class SpecimenNode(Node):
    def __init__(self, component: str, state: str, nodelist: NodeList) -> None:
        self.component = component
        self.state = state
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        drawings = [(theme, self._draw(context, side)) for theme, side in SIDES]
        sides = format_html_join("", '<div class="specimen" data-theme="{}">{}</div>', drawings)
        anchor = slugify(f"{self.component}-{self.state}")
        return format_html(_SECTION, anchor, self.component, self.state, sides)

    def _draw(self, context: Context, side: str) -> SafeString:
        values: dict[str, Any] = samples(side)
        page: Any = context.render_context
        page["help_marks"] = count(1)
        with context.push(**values):
            drawn = self.nodelist.render(context)
        # The help tag counts its marks within one drawing.
        return mark_safe(_HELP_ID.sub(rf"\g<0>{side}", drawn))


@register.tag
def specimen(parser: Parser, token: Token) -> SpecimenNode:
    _tag, component, state = token.split_contents()
    nodelist = parser.parse(("endspecimen",))
    parser.delete_first_token()
    return SpecimenNode(component.strip('"'), state.strip('"'), nodelist)
