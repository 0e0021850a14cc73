"""Fields that must be filled in at a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.models import CustomField
from contacts.models.people import Stage


class Missing(ValidationError):
    """Fields that lack a value at this stage; errors by ``f:<key>``, each with the code ``required``."""


def is_required(field: CustomField, stage: str) -> bool:
    """``stage`` is a person's; for a company it does not matter."""
    return CustomField.ALWAYS in field.required_at or stage in field.required_at


def missing(fields: Sequence[CustomField], stage: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The words for each field that lacks a value, by its key."""
    return {
        field.key: _words(field, stage)
        for field in fields
        if is_required(field, stage) and values.get(field.key) in (None, "", [])
    }


def lacking(
    fields: Sequence[CustomField],
    stage: str,
    values: Mapping[str, Any],
    *,
    was_stage: str | None,
    was_values: Mapping[str, Any],
) -> dict[str, str]:
    """What holds a change up: everything a person lacks who is new (``was_stage`` None) or moves to ``stage``.

    Whoever stays at their stage is held up by what this very change empties, and not by what was empty
    before: somebody who mends a phone number need not know the tax number.
    """
    now = missing(fields, stage, values)
    if was_stage is None or was_stage != stage:
        return now
    before = missing(fields, stage, was_values)
    return {key: words for key, words in now.items() if key not in before}


def _words(field: CustomField, stage: str) -> str:
    if field.entity == CustomField.Entity.COMPANY or set(field.required_at) >= set(Stage.values):
        return _("Fill in “%(field)s”.") % {"field": field.label}
    return _("“%(field)s” is needed at the stage %(stage)s.") % {"field": field.label, "stage": Stage(stage).label}
