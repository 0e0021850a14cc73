"""The last of the builtin libraries: its tags take the place of those before them."""

from __future__ import annotations

from django import template

from ecrm.ui import baking
from ecrm.ui.templatetags import ui

register = template.Library()
register.tag("translate", baking.translate_tag)
register.tag("url", baking.url_tag)
register.tag("icon", baking.baking(ui.register.tags["icon"]))
