"""Remembers what somebody made of a file's columns, for the next file that has the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from django.utils import timezone

from contacts.imports import source
from contacts.imports.fields import Field
from contacts.imports.folding import fold
from contacts.models import ImportMapping, ImportRun

# What belongs to one file, not to its kind.
_OF_ONE_FILE = ("tag", "constants", "day_first", "decimal", "list_id", "list_name", "list_made", "page")


def key_of(headers: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(map(fold, headers)).encode()).hexdigest()


def remember(run: ImportRun) -> None:
    """The columns and wishes of this run. The last one counts."""
    headers = source.look_into(run, source.dialect_of(run)).headers
    options = {name: value for name, value in run.options.items() if name not in _OF_ONE_FILE}
    ImportMapping.objects.update_or_create(
        headers_sha256=key_of(headers),
        defaults={"mapping": run.mapping, "options": options, "used_at": timezone.now()},
    )


def recalled(before: Mapping[str, str], guessed: Mapping[int, str], known: Mapping[str, Field]) -> dict[str, str]:
    """Columns as they went before, those not imported left alone. Where a field is gone, or was never made
    because its check was stopped, what is ``guessed``."""
    found = {index: key for index, key in before.items() if key in known}
    lost = before.keys() - found.keys()
    for index, key in guessed.items():
        if str(index) in lost and (known[key].is_many or key not in found.values()):
            found[str(index)] = key
    return found
