"""Remembers what somebody made of a file's columns, for the next file that has the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.utils import timezone

from contacts.imports import source
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
