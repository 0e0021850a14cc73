"""Rows out of a file, with the line each begins at, in flat memory and whatever the file does."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from contacts.imports.dialect import Dialect

# An address or a note may go over several lines; beyond this a quotation mark was left open.
LONGEST_CELL_LINES = 60
# Letters of a line. A table of people has no longer ones, and a file of one line would fill the memory.
LONGEST_LINE = 1024 * 1024
_SHOWN = 1_000
_ENDS = ("\n", "\r")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """``line`` counts from 1 as an editor shows it. ``is_broken``: the row cannot be read; without a
    ``reason``, a quotation mark never closes."""

    line: int
    cells: list[str]
    is_broken: bool = False
    reason: str = ""


def read_rows(stream: IO[bytes], dialect: Dialect) -> Iterator[ReadRow]:
    """Every row that is not blank, the header among them. The stream is read from where it stands."""
    encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    feed = _Feed(text)
    for _line in range(dialect.skip_lines):
        next(feed, None)
    yield from _rows(feed, dialect.delimiter)


def _rows(feed: _Feed, delimiter: str) -> Iterator[ReadRow]:
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        line = feed.begin_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a cell beyond what the reader takes
            cells, feed.is_too_long = [], len(feed.given) == 1
        except _NeverCloses:
            cells = []
        if (not cells and feed.given) or feed.is_cut_off:
            if feed.is_blank:
                continue
            # What stood behind the open quotation mark is read again, as rows of its own.
            yield ReadRow(line, [feed.first_line[:_SHOWN]], is_broken=True, reason=feed.reason)
            feed.rewind()
            reader = csv.reader(feed, delimiter=delimiter)
        elif any(cells):
            yield ReadRow(line, cells)


class _NeverCloses(Exception):
    pass


class _Feed:
    """Hands lines to the csv reader and can take back all but the first of a row that went wrong."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._again: list[str] = []
        self.number = 0
        self.given: list[str] = []
        self.is_cut_off = False
        self.is_too_long = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.given) >= LONGEST_CELL_LINES:
            raise _NeverCloses
        line = self._again.pop() if self._again else self._text.readline(LONGEST_LINE)
        if not line:
            # Asked for more in the middle of a row: the file ends inside quotation marks.
            self.is_cut_off = bool(self.given)
            raise StopIteration
        self.given.append(line)
        self.number += 1
        if len(line) == LONGEST_LINE and not line.endswith(_ENDS):
            self._pass_over()
            raise csv.Error
        return line

    def _pass_over(self) -> None:
        """The rest of a line of which the beginning was too much already."""
        while (more := self._text.readline(LONGEST_LINE)) and not more.endswith(_ENDS):
            pass

    @property
    def reason(self) -> str:
        """Why the row at hand cannot be read; empty for a quotation mark that never closes."""
        return _("This row is too long to be read.") if self.is_too_long else ""

    @property
    def first_line(self) -> str:
        return self.given[0].rstrip("\r\n")

    @property
    def is_blank(self) -> bool:
        return len(self.given) == 1 and not self.first_line

    def begin_row(self) -> int:
        self.given = []
        self.is_cut_off = self.is_too_long = False
        return self.number + 1

    def rewind(self) -> None:
        self._again.extend(reversed(self.given[1:]))
        self.number -= len(self.given) - 1
