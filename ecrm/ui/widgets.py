"""Form controls that Django has too, made for our sizes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class LongSelect(forms.Select):
    """A select of hundreds of plain options (countries, time zones), drawn without a template for each.

    Django's own takes 50 µs an option. No option groups.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "", '<option value="{}"{}>{}</option>', ((code, _mark(code, chosen), label) for code, label in self.choices)
        )
        return format_html("<select{}>{}</select>", attributes, options)


_SELECTED = SafeString(" selected")


def _mark(code: object, chosen: str) -> str:
    return _SELECTED if str(code) == chosen else ""


class MarkedText(forms.Textarea):
    """Text with the simple marks of ``ecrm.mail.posting.marks`` and buttons for them; its page loads js/marks.js."""

    template_name = "ui/marked_text.html"
