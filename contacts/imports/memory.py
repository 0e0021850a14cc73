"""Remembers what somebody made of a file's columns, for the next file that has the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from django.utils import timezone

from contacts.imports import fields, source
from contacts.imports.fields import Field
from contacts.imports.folding import fold
from contacts.models import ImportMapping, ImportRun
from ecrm.tenancy.models import User

# What belongs to one file, not to its kind.
_OF_ONE_FILE = ("tag", "constants", "day_first", "decimal", "list_id", "list_name", "list_made", "page")


def key_of(headers: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(map(fold, headers)).encode()).hexdigest()


def remember(run: ImportRun, by: User | None) -> None:
    """The columns and wishes of this run. The last one counts, but says nothing of fields hidden from who checks."""
    headers = source.look_into(run, source.dialect_of(run)).headers
    options = {name: value for name, value in run.options.items() if name not in _OF_ONE_FILE}
    mapping = {**_unseen(headers, by), **run.mapping}
    ImportMapping.objects.update_or_create(
        headers_sha256=key_of(headers),
        defaults={"mapping": mapping, "options": options, "used_at": timezone.now()},
    )


def _unseen(headers: Sequence[str], by: User | None) -> dict[str, str]:
    """Columns that go to fields hidden from this member: as they went before, else as their names say."""
    every, seen = fields.all_fields(), fields.seen_by(by)
    if every.keys() == seen.keys():
        return {}
    before = ImportMapping.objects.filter(headers_sha256=key_of(headers)).values_list("mapping", flat=True).first()
    if before is None:
        before = {str(index): key for index, key in fields.guess(headers, every, {}).items()}
    return {index: key for index, key in before.items() if key in every and key not in seen}


def recalled(before: Mapping[str, str], guessed: Mapping[int, str], known: Mapping[str, Field]) -> dict[str, str]:
    """Columns as they went before, those not imported left alone. Where a field is gone, or was never made
    because its check was stopped, what is ``guessed``."""
    found = {index: key for index, key in before.items() if key in known}
    lost = before.keys() - found.keys()
    for index, key in guessed.items():
        if str(index) in lost and (known[key].is_many or key not in found.values()):
            found[str(index)] = key
    return found
