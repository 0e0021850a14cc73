"""Two people edited one contact: what each of them wants, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.forms import ROWS, ContactEditor, RowForm, values_of
from contacts.models import Contact

LIST_NAMES = {
    "emails": gettext_lazy("Emails"),
    "phones": gettext_lazy("Phones"),
    "addresses": gettext_lazy("Postal addresses"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    label: str | Promise
    saved: str
    yours: str


def differences(current: Contact, editor: ContactEditor) -> list[Difference]:
    """Every field whose saved value is not the one in the form, in the reader's words."""
    saved = values_of(current)
    own = [
        Difference(field.label or name, shown(field, saved[name]), shown(field, editor.form[name].value()))
        for name, field in editor.form.fields.items()
    ]
    own += [
        Difference(
            field.label or name,
            shown(field, editor.custom.initial.get(name)),
            shown(field, editor.custom[name].value()),
        )
        for name, field in editor.custom.fields.items()
    ]
    lists = [
        Difference(label, _listed(name, saved[name]), _listed(name, _given(editor, name)))
        for name, label in LIST_NAMES.items()
    ]
    return [one for one in (*own, *lists) if one.saved != one.yours]


def shown(field: Any, value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(shown(field, one) for one in value) or _("Not set")
    text = "" if value is None else str(value)
    for code, label in getattr(field.widget, "choices", ()):
        if text and str(code) == text:
            return str(label)
    return text or _("Not set")


def _given(editor: ContactEditor, name: str) -> list[Mapping[str, Any]]:
    return [{field: row[field].value() for field in row.fields} for row in editor.lists[name]]


def _listed(name: str, rows: list[Mapping[str, Any]]) -> str:
    """The rows on one line, without what is said about them."""
    parts = [field for field in ROWS[name][0].base_fields if field not in RowForm.base_fields]
    lines = [" ".join(str(row[part]) for part in parts if row.get(part)) for row in rows]
    return ", ".join(filter(None, lines)) or _("Not set")
