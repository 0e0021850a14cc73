"""Where a field is used, for who is about to delete it. Every room that can name a field registers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts.fields.criteria import key_of
from contacts.fields.reading import prefixed
from contacts.models import CustomField, ImportRun, SavedView, Segment

_OPEN_RUNS = (ImportRun.State.MAPPING, ImportRun.State.CHECKING, ImportRun.State.CHECKED, ImportRun.State.IMPORTING)


@dataclass(frozen=True, slots=True)
class Use:
    """``kind`` is a word ("Segment"), ``label`` the thing's name."""

    kind: str | Promise
    label: str
    url: str


Source = Callable[[CustomField], Iterable[Use]]
_sources: list[Source] = []


def register(source: Source) -> None:
    _sources.append(source)


def uses(field: CustomField) -> list[Use]:
    return [use for source in _sources for use in source(field)]


def in_segments(field: CustomField) -> Iterator[Use]:
    for pk, name in segments_of(field):
        yield Use(_("Segment"), name, reverse("segment", args=[pk]))


def segments_of(field: CustomField) -> list[tuple[int, str]]:
    """Id and name of those in use whose rule asks for it."""
    key = key_of(field)
    rows = Segment.objects.filter(archived_at=None).order_by("name").values_list("pk", "name", "rule")
    return [(pk, name) for pk, name, rule in rows if key in _criteria(rule)]


def in_imports(field: CustomField) -> Iterator[Use]:
    """Those on their way: what is done was written."""
    runs = ImportRun.objects.filter(state__in=_OPEN_RUNS).order_by("-id").values_list("pk", "name", "mapping")
    for pk, name, mapping in runs:
        if field.entity == CustomField.Entity.CONTACT and prefixed(field) in mapping.values():
            yield Use(_("Import"), name, reverse("import_run", args=[pk]))


def in_views(field: CustomField) -> Iterator[Use]:
    """Saved views that filter by it, show it as a column or sort by it; a private one is told without its name."""
    keys = [key_of(field)] + ([prefixed(field)] if field.entity == CustomField.Entity.CONTACT else [])
    names = re.compile(rf"(?<![\w.:])({'|'.join(map(re.escape, keys))})(?!\w)")
    for view in SavedView.objects.select_related("owner").order_by("name"):
        if names.search(unquote_plus(view.query)):
            yield _use_of(view)


def _use_of(view: SavedView) -> Use:
    url = reverse("contact_list")
    if view.audience == SavedView.Audience.MINE:
        owner = view.owner.name or view.owner.email if view.owner else ""
        return Use(_("Private view"), owner, url)
    return Use(_("View"), view.name, f"{url}?view={view.pk}")


def _criteria(rule: Any) -> Iterator[str]:
    """Keys of all criteria in a rule's JSON, readable or not."""
    if isinstance(rule, dict):
        if isinstance(rule.get("criterion"), str):
            yield rule["criterion"]
        for part in rule.values():
            yield from _criteria(part)
    elif isinstance(rule, list):
        for part in rule:
            yield from _criteria(part)
