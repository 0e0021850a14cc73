"""Columns that become fields of the tenant's own, and entries that the lists of fields lack.

Fields are made with the check. A list needs its entries first: the worker gathers them from the whole file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts import fields as custom_fields
from contacts.fields import defining
from contacts.fields.kinds import parts_of
from contacts.imports import fields, memory, source
from contacts.imports.checking import LONGEST_ENTRY, clean
from contacts.models import CustomField, ImportRun
from contacts.models.fields import LONGEST_KEY
from ecrm.jobs import services as jobs
from ecrm.search.matching import fold
from ecrm.tenancy.models import User

CONTACT = CustomField.Entity.CONTACT.value
_ROWS_AT_ONCE = 20_000
_LONGEST_HEADER = 60  # in a sentence
_OURS = "custom_fields."  # what the columns of our lines of JSON begin with
_KEY = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_KEY - 1}}}")
_SPELT_KEY = re.compile(r"[a-z0-9_]+")


class TooMuch(Exception):
    """A column that cannot become a list; said to whoever asked for it."""


def make_at_once(run: ImportRun, mapping: Mapping[int, str], by: User) -> dict[int, str]:
    """Makes a field of each column that is to become one, named as the file names it. All wait for the worker
    where one of them is a list, so that fields stand in the order of the file.

    Raises ``ValidationError`` by column.
    """
    found = dict(mapping)
    headers = source.look_into(run, source.dialect_of(run)).headers
    waits = not fields.NEW_LISTS.isdisjoint(mapping.values())
    for index, key in mapping.items():
        if key not in fields.NEW_FIELDS:
            continue
        try:
            if waits:
                defining.refuse_name(CONTACT, _label(headers[index]))
            else:
                found[index] = _make(headers[index], fields.NEW_FIELDS[key], by=by)
        except ValidationError as error:
            raise ValidationError({str(index): error.messages}) from error
    return found


def has_waiting(run: ImportRun) -> bool:
    return not fields.NEW_FIELDS.keys().isdisjoint(run.mapping.values())


def gather(run: ImportRun, job_id: int) -> dict[int, list[str]]:
    """What the columns hold that become lists, in the order of the file. Reads all of it once.

    Raises ``TooMuch``, and ``Cancelled`` between a few rows and the next.
    """
    columns = {int(index): fields.NEW_FIELDS[key] for index, key in run.mapping.items() if key in fields.NEW_LISTS}
    headers = source.look_into(run, source.dialect_of(run)).headers
    found: dict[int, dict[str, str]] = {index: {} for index in columns}
    all_rows = source.all_rows(run, source.dialect_of(run))
    while rows := list(islice(all_rows, _ROWS_AT_ONCE)):
        for index, kind in columns.items():
            cells = dict.fromkeys(row.cells[index] for row in rows if index < len(row.cells) and not row.is_broken)
            for entry in _entries(cells, kind):
                found[index].setdefault(fold(entry), entry)
            _refuse_too_much(headers[index], found[index])
        jobs.advance(job_id)
    return {index: list(entries.values()) for index, entries in found.items()}


def make_waiting(run: ImportRun, entries: Mapping[int, list[str]], by: User | None) -> None:
    """Makes the fields, lists of what was gathered; the mapping names them from then on. Raises ``TooMuch``."""
    headers = source.look_into(run, source.dialect_of(run)).headers
    waiting = {int(index): key for index, key in run.mapping.items() if key in fields.NEW_FIELDS}
    for index, key in sorted(waiting.items()):
        try:
            made = _make(headers[index], fields.NEW_FIELDS[key], by=by, choices=entries.get(index, ()))
        except ValidationError as error:
            words = {"column": _short(headers[index]), "reason": " ".join(error.messages)}
            raise TooMuch(_("“%(column)s” cannot become a field. %(reason)s") % words) from error
        run.mapping[str(index)] = made
    run.save(update_fields=["mapping"])
    memory.remember(run, by)


def add_entries(missing: Mapping[str, Iterable[str]], by: User) -> int:
    """Adds to the lists of fields, by ``f:<key>``, what they lack; answers how many.

    Raises ``ValidationError`` when a list would have too many.
    """
    known = custom_fields.by_key(CONTACT)
    named = {known.get(key.removeprefix(custom_fields.PREFIX)): labels for key, labels in missing.items()}
    return sum(defining.add_entries(field=field, labels=labels, by=by) for field, labels in named.items() if field)


def bounded(missing: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    """For the run's counts: the commonest, one more than can be added says that there are too many."""
    most = defining.MOST_CHOICES + 1
    return {key: dict(names.most_common(most)) for key, names in missing.items() if names}


def _make(header: str, kind: str, *, by: User | None, choices: Iterable[str] = ()) -> str:
    """As ``Field.key`` calls it."""
    key = header.removeprefix(_OURS) if header.startswith(_OURS) else ""
    label = _label(header)
    if key in custom_fields.by_key(CONTACT) or not _KEY.fullmatch(key):
        key = ""
    made = defining.create(entity=CONTACT, kind=kind, label=label, key=key, choices=choices, by=by)
    return custom_fields.prefixed(made)


def _label(header: str) -> str:
    return _spelt(header.removeprefix(_OURS))[:80] if header.startswith(_OURS) else header[:80]


def _short(header: str) -> str:
    return header if len(header) <= _LONGEST_HEADER else f"{header[:_LONGEST_HEADER]}…"


def _spelt(key: str) -> str:
    """Our lines of JSON name fields by their keys."""
    return key.replace("_", " ").strip().capitalize() if _SPELT_KEY.fullmatch(key) else key


def _entries(cells: Iterable[str], kind: str) -> Iterator[str]:
    for cell in cells:
        if text := clean(cell):
            parts = parts_of(text) if kind == CustomField.Kind.CHOICES else [text]
            yield from (" ".join(part.split()) for part in parts)


def _refuse_too_much(header: str, entries: Mapping[str, Any]) -> None:
    words = {"column": _short(header), "most": defining.MOST_CHOICES, "letters": LONGEST_ENTRY}
    if len(entries) > defining.MOST_CHOICES:
        raise TooMuch(
            _(
                "“%(column)s” has more than %(most)s different values, too many for a list."
                " Make it a field of text, or leave it out."
            )
            % words
        )
    if any(len(entry) > LONGEST_ENTRY for entry in entries.values()):
        raise TooMuch(
            _(
                "“%(column)s” has values of more than %(letters)s letters, too long for a list."
                " Make it a field of text, or leave it out."
            )
            % words
        )
