"""What goes with a row, counted before it goes, and never loaded to be counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Model
from django.utils.translation import gettext as _

from ecrm.ui.pages import Count, capped_count

# As many names as a person reads; the counts say the rest.
NAMED = 50
DEPTH = 4


@dataclass(frozen=True, slots=True)
class Affected:
    """``fate`` is what happens to these rows: CASCADE, PROTECT or SET_NULL."""

    model: type[Model]
    fate: Any
    count: Count


def names(rows: Iterable[Any]) -> list[str]:
    return [str(row) for row, _number in zip(rows, range(NAMED), strict=False)]


def counts(model: type[Model], ids: list[Any]) -> dict[str, str]:
    """Numbers by what they count, in words, the rows themselves first."""
    found = {str(model._meta.verbose_name_plural): str(Count(len(ids), False))}
    for affected in affected_rows(model, ids):
        name = str(affected.model._meta.verbose_name_plural)
        if affected.fate is models.SET_NULL:
            name = _("%(rows)s that stay and forget it") % {"rows": name}
        found[name] = str(affected.count)
    return found


def protected(model: type[Model], ids: list[Any]) -> list[str]:
    """What stands in the way of deleting, in words."""
    return [
        f"{affected.model._meta.verbose_name_plural}: {affected.count}"
        for affected in affected_rows(model, ids)
        if affected.fate is models.PROTECT
    ]


def affected_rows(model: type[Model], ids: list[Any]) -> list[Affected]:
    return [found for found in _walk(model, "in", ids, DEPTH) if found.count.value]


def _walk(model: type[Model], lookup: str, ids: list[Any], depth: int) -> Iterator[Affected]:
    for relation in _relations_to(model):
        child: Any = relation.related_model
        path = f"{relation.field.name}__{lookup}"
        count = capped_count(child._base_manager.filter(**{path: ids}))
        fate = relation.on_delete
        yield Affected(child, models.PROTECT if fate is models.RESTRICT else fate, count)
        if fate is models.CASCADE and count.value and depth:
            yield from _walk(child, path, ids, depth - 1)


def _relations_to(model: type[Model]) -> list[Any]:
    """Those without a name of their own too, as most references between our tables are."""
    fields: list[Any] = list(model._meta.get_fields(include_hidden=True))
    return [field for field in fields if field.auto_created and not field.concrete and hasattr(field, "on_delete")]
