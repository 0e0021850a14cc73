"""Fields that a tenant adds to people and companies: what they are, what is in them, writing them.

A value is what JSON can hold, by kind: text and link ``str``, number ``int`` or ``float``, money
``{"amount": 1250, "currency": "EUR"}`` (minor units), date ``"2026-03-12"``, datetime an ISO instant
in UTC, boolean ``bool``, choice the choice's key, choices a list of keys in the field's order, person
and company an id. No value is ``None``. A person's fields are called ``f:<key>`` wherever own fields
stand beside them (``ContactChange``, criteria, import columns, list columns).
"""

from contacts.fields.kinds import Style, check, parse, shown
from contacts.fields.reading import PREFIX, by_key, hidden, is_unseen, is_visible, of, prefixed, texts, unseen, values
from contacts.fields.requiring import Missing, lacking, missing
from contacts.fields.writing import Source, checked, put, write

__all__ = [
    "PREFIX",
    "Missing",
    "Source",
    "Style",
    "by_key",
    "check",
    "checked",
    "hidden",
    "is_unseen",
    "is_visible",
    "lacking",
    "missing",
    "of",
    "parse",
    "prefixed",
    "put",
    "shown",
    "texts",
    "unseen",
    "values",
    "write",
]
