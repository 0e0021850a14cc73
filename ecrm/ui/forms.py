"""How forms become HTML: label, control, help and error, tied together for screen readers."""

from __future__ import annotations

from typing import Any

from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext

_INPUTS = {"text", "email", "url", "tel", "number", "password", "search", "date", "time"}
_INPUTS |= {"datetime-local", "month", "week", "file"}


class Field(BoundField):
    """Adds the design's class to text controls and says which control it is."""

    @cached_property
    def control(self) -> str:
        """One of input, password, textarea, select, check, choices: picks the markup around it."""
        widget = self.field.widget
        if widget.use_fieldset:
            return "choices"
        kind = getattr(widget, "input_type", "")
        if kind in {"checkbox", "select", "password"}:
            return {"checkbox": "check"}.get(kind, kind)
        return "input" if kind else "textarea"

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Any | None = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        kind = getattr(widget, "input_type", "")
        if self.control == "textarea" or kind == "select" or kind in _INPUTS:
            own = attrs.get("class") or widget.attrs.get("class", "")
            attrs["class"] = f"input {own}".strip()
        if self._repeats_label(widget.attrs.get("placeholder", "")):
            attrs["placeholder"] = False
        return attrs

    def _repeats_label(self, placeholder: object) -> bool:
        """Labels always show, so a placeholder that says the same only looks like an entry."""
        return bool(placeholder) and str(self.label).casefold() in str(placeholder).casefold()


class Renderer(TemplatesSetting):
    """``FORM_RENDERER``. Rows are templates/ui/field.html, whole forms templates/ui/form.html."""

    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"
    formset_template_name = "ui/formset.html"
    bound_field_class = Field


def error_count(form: Any) -> int:
    """Fields in error, and each error that belongs to no field."""
    own = len(form.non_field_errors())
    return sum(1 for name in form.errors if name in form.fields) + own


def error_summary(form: Any) -> str:
    """The line above a failed form: how many things to correct."""
    count = error_count(form)
    if not count:
        return ""
    if count == len(form.non_field_errors()):
        return gettext("Nothing was saved")
    return ngettext(
        "%(count)s thing to correct. Nothing was saved",
        "%(count)s things to correct. Nothing was saved",
        count,
    ) % {"count": count}
