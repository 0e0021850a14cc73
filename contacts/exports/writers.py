"""The formats of an export. Each writes to a binary stream, in flat memory whatever the number of people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import IO, Protocol

import xlsxwriter

from contacts.exports.people import Record
from contacts.exports.vcard import card
from contacts.imports.checking import defuse

SHEET_ROWS = 1_048_576  # what a sheet of a workbook holds, the header included
SHEET_CELL = 32_767  # characters


class Writer(Protocol):
    """``cells`` are the flat ones of the record, in the order of the headers."""

    def add(self, record: Record, cells: Sequence[str]) -> None: ...

    def close(self) -> None: ...


class CsvWriter:
    """UTF-8 with a mark, which spreadsheet programs need to see letters beyond ASCII. No cell is a formula."""

    def __init__(self, stream: IO[bytes], headers: Sequence[str]) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=False)
        self._csv = csv.writer(self._text)
        self._csv.writerow(map(defuse, headers))

    def add(self, record: Record, cells: Sequence[str]) -> None:
        self._csv.writerow(map(defuse, cells))

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class XlsxWriter:
    """Every cell is a text, so none is a formula; a further sheet begins when one is full."""

    def __init__(self, stream: IO[bytes], headers: Sequence[str]) -> None:
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(stream, {"constant_memory": True, **plain})
        self._headers = headers
        self._begin_sheet()

    def add(self, record: Record, cells: Sequence[str]) -> None:
        if self._row == SHEET_ROWS:
            self._begin_sheet()
        self._write(cells)

    def close(self) -> None:
        self._book.close()

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._row = 0
        self._write(self._headers)

    def _write(self, cells: Sequence[str]) -> None:
        for place, cell in enumerate(cells):
            if cell:
                self._sheet.write_string(self._row, place, cell[:SHEET_CELL])
        self._row += 1


class JsonLinesWriter:
    """One object a line, with everything: lists are lists."""

    def __init__(self, stream: IO[bytes], headers: Sequence[str]) -> None:
        self._stream = stream

    def add(self, record: Record, cells: Sequence[str]) -> None:
        self._stream.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        self._stream.flush()


class CardWriter:
    """vCard 3.0, the version every address book reads."""

    def __init__(self, stream: IO[bytes], headers: Sequence[str]) -> None:
        self._stream = stream

    def add(self, record: Record, cells: Sequence[str]) -> None:
        self._stream.write(card(record).encode())

    def close(self) -> None:
        self._stream.flush()


WRITERS: dict[str, Callable[[IO[bytes], Sequence[str]], Writer]] = {
    "csv": CsvWriter,
    "xlsx": XlsxWriter,
    "vcf": CardWriter,
    "jsonl": JsonLinesWriter,
}
TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "vcf": "text/vcard",
    "jsonl": "application/jsonl",
}
