"""The file of a run: its columns, a few of its rows, and all of them in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO

from django.utils.translation import gettext as _

from contacts.imports import cards, json_lines, reading, spreadsheets
from contacts.imports.checking import clean
from contacts.imports.dialect import JSONL, VCARD, XLSX, Dialect
from contacts.imports.reading import ReadRow
from contacts.models import ImportRun

SAMPLE_ROWS = 50


# A name is read by people: what is longer is a cell of something else.
LONGEST_HEADER = 200


@dataclass(frozen=True, slots=True)
class Sheet:
    """``headers`` has a name for every column, made up where the file has none."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]

    def column(self, index: int) -> list[str]:
        return [row[index] for row in self.rows if index < len(row) and row[index].strip()]


def dialect_of(run: ImportRun) -> Dialect:
    return Dialect(**{**run.dialect, "headers": tuple(run.dialect.get("headers", ()))})


def read_rows(stream: IO[bytes], dialect: Dialect) -> Iterator[ReadRow]:
    """Every row that is not blank, the header among them. The stream is read from where it stands."""
    if dialect.format == XLSX:
        return spreadsheets.read_rows(stream)
    if dialect.format == VCARD:
        return cards.read_rows(stream, dialect.encoding)
    if dialect.format == JSONL:
        return json_lines.read_rows(stream, dialect.headers)
    return reading.read_rows(stream, dialect)


def look_into(run: ImportRun, dialect: Dialect) -> Sheet:
    """The head of the file, read under this dialect. Cheap whatever the file's size."""
    if run.file is None:
        return Sheet([], [])
    with run.file.open() as stream:
        rows = [row.cells for row in islice(read_rows(stream, dialect), SAMPLE_ROWS) if not row.is_broken]
    width = max(map(len, rows), default=0)
    if not dialect.has_header:
        return Sheet([_made_up(index) for index in range(width)], rows)
    names = [clean(cell)[:LONGEST_HEADER] for cell in rows[0]] if rows else []
    headers = [name or _made_up(index) for index, name in enumerate(names)]
    return Sheet(headers, rows[1:])


def headers_by_field(run: ImportRun) -> dict[str, str]:
    """What the file calls the column that feeds a field."""
    headers = look_into(run, dialect_of(run)).headers
    return {key: headers[int(index)] for index, key in run.mapping.items() if int(index) < len(headers)}


def all_rows(run: ImportRun, dialect: Dialect) -> Iterator[ReadRow]:
    """Every row below the header, in flat memory."""
    if run.file is None:
        return
    with run.file.open() as stream:
        rows = read_rows(stream, dialect)
        if dialect.has_header:
            next(rows, None)
        yield from rows


def _made_up(index: int) -> str:
    return _("Column %(number)s") % {"number": index + 1}
