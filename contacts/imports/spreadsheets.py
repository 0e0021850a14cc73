"""Spreadsheets (XLSX, ECMA-376) row by row, in flat memory whatever their size.

Only what an import needs is read: the first sheet's values as text. Shared strings are spooled to
disk and found by their offset; dates are recognised by their number format.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from tempfile import TemporaryFile
from typing import IO, Any
from xml.etree import ElementTree  # expat bounds entity expansion, and document types are refused here

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.imports.reading import ReadRow

# What every kind of spreadsheet has.
_NAMING = ("[Content_Types].xml", "mimetype")
# A table packs ten or twenty times. What packs far better was made to be unpacked: little of that is read.
MOST_UNPACKED, LEAST_UNPACKED, MOST_TIMES = 4 * 1024**3, 200 * 1024**2, 200
# What reading an archive from outside raises: torn (the first four), packed in a way not known here,
# encrypted, lacking a part or a sheet that can be seen, holding something else than XML.
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError),
    *(KeyError, StopIteration, ElementTree.ParseError),
)
WIDEST = 1_000
_RELATION = re.compile(r"\}id$")
_LETTERS = re.compile(r"[A-Z]+")
# ECMA-376 part 1, 18.8.30: the formats that are there without being declared.
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_DATED = re.compile(r"[dmyhs]", re.IGNORECASE)
_EXACT = 10**15


@dataclass(slots=True)
class _Book:
    archive: zipfile.ZipFile
    sheet: str
    is_1904: bool
    dated: frozenset[int]
    strings: _Strings | None = None


@dataclass(slots=True)
class _Strings:
    """Shared strings on disk: ``offsets`` has one more than there are."""

    spool: IO[bytes]
    offsets: array[int] = field(default_factory=lambda: array("Q", [0]))
    _recent: dict[int, str] = field(default_factory=dict)

    def add(self, text: str) -> None:
        self.spool.write(text.encode("utf-8", "replace"))
        self.offsets.append(self.spool.tell())

    def __getitem__(self, index: int) -> str:
        known = self._recent.get(index)
        if known is None:
            self.spool.seek(self.offsets[index])
            known = self.spool.read(self.offsets[index + 1] - self.offsets[index]).decode()
            if len(self._recent) >= 20_000:
                self._recent.clear()
            self._recent[index] = known
        return known


def read_rows(stream: IO[bytes]) -> Iterator[ReadRow]:
    """Every row of the first sheet that is not blank. Raises ``ValidationError`` for what is no spreadsheet."""
    with _opened(stream) as book, TemporaryFile() as spool:
        book.strings = _shared_strings(book.archive, spool)
        with _part(book.archive, book.sheet) as sheet:
            yield from _sheet_rows(sheet, book)


def count_rows(stream: IO[bytes]) -> int:
    """An upper bound that costs nothing: what the sheet says of itself, or how large it is."""
    with _opened(stream) as book:
        with _part(book.archive, book.sheet) as sheet:
            head = sheet.read(4_000).decode("utf-8", "replace")
        found = re.search(r'<(?:\w+:)?dimension ref="[A-Z]+\d+:[A-Z]+(\d+)"', head)
        size = book.archive.getinfo(book.sheet).file_size
        return int(found.group(1)) if found else size // 40 + 1


@contextmanager
def _opened(stream: IO[bytes]) -> Iterator[_Book]:
    try:
        with zipfile.ZipFile(stream) as archive:
            if _is_too_large(archive):
                raise ValidationError(_("This spreadsheet is too large when unpacked. Save it as CSV and upload that."))
            _refuse_archive(archive)
            sheet, is_1904 = _first_sheet(archive)
            yield _Book(archive, sheet, is_1904, _dated_styles(archive))
    except _UNREADABLE:
        raise ValidationError(
            _("This is not a spreadsheet that can be read. Save it as XLSX or CSV and upload that.")
        ) from None


def _is_too_large(archive: zipfile.ZipFile) -> bool:
    entries = archive.infolist()
    packed = sum(entry.compress_size for entry in entries)
    return sum(entry.file_size for entry in entries) > min(MOST_UNPACKED, max(LEAST_UNPACKED, MOST_TIMES * packed))


def _refuse_archive(archive: zipfile.ZipFile) -> None:
    """An archive of something else."""
    if not any(name in _NAMING or name.startswith("xl/") for name in archive.namelist()):
        raise ValidationError(
            _(
                "This is a ZIP archive. Unpack it and upload the file inside, or take a whole export in with"
                " “Move here from another system”."
            )
        )


@contextmanager
def _part(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    with archive.open(name) as part:
        if b"<!DOCTYPE" in part.read(1_000):
            raise ValidationError(
                _("This is not a spreadsheet that can be read. Save it as XLSX or CSV and upload that.")
            )
    with archive.open(name) as part:
        yield part


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    with _part(archive, name) as part:
        return ElementTree.fromstring(part.read())  # noqa: S314  no document types get here


def _first_sheet(archive: zipfile.ZipFile) -> tuple[str, bool]:
    """Its path, and whether days are counted from 1904 (old Macs)."""
    book = _tree(archive, "xl/workbook.xml")
    links = {link.get("Id"): link.get("Target", "") for link in _tree(archive, "xl/_rels/workbook.xml.rels")}
    sheet = next(each for each in book.iter() if _local(each.tag) == "sheet" and each.get("state") in (None, "visible"))
    target = links[next(value for key, value in sheet.attrib.items() if _RELATION.search(key))]
    path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    properties = next((each for each in book.iter() if _local(each.tag) == "workbookPr"), None)
    return path, properties is not None and properties.get("date1904") in ("1", "true")


def _dated_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """Numbers of the cell styles that show a number as a date."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    styles = _tree(archive, "xl/styles.xml")
    custom = {
        int(each.get("numFmtId", 0))
        for each in styles.iter()
        if _local(each.tag) == "numFmt" and _DATED.search(_QUOTED.sub("", each.get("formatCode", "")))
    }
    formats = next((each for each in styles if _local(each.tag) == "cellXfs"), ())
    return frozenset(
        index
        for index, style in enumerate(formats)
        if int(style.get("numFmtId", 0)) in _DATE_FORMATS or int(style.get("numFmtId", 0)) in custom
    )


def _shared_strings(archive: zipfile.ZipFile, spool: IO[bytes]) -> _Strings:
    strings = _Strings(spool)
    if "xl/sharedStrings.xml" not in archive.namelist():
        return strings
    with _part(archive, "xl/sharedStrings.xml") as part:
        for element in _ended(part, "si"):
            strings.add(_text_of(element))
    return strings


def _ended(part: IO[bytes], wanted: str) -> Iterator[ElementTree.Element]:
    """Elements as they end, each forgotten afterwards."""
    parents: list[ElementTree.Element] = []
    for event, element in ElementTree.iterparse(part, events=("start", "end")):  # noqa: S314
        if event == "start":
            parents.append(element)
            continue
        parents.pop()
        if _local(element.tag) == wanted:
            yield element
            element.clear()
            if parents:
                parents[-1].clear()


def _sheet_rows(part: IO[bytes], book: _Book) -> Iterator[ReadRow]:
    line = width = 0
    for element in _ended(part, "row"):
        line = int(element.get("r") or line + 1)
        cells: list[str] = []
        for cell in element:
            place = _column(cell.get("r") or "", len(cells))
            if place >= WIDEST:
                break
            if place > len(cells):
                cells.extend([""] * (place - len(cells)))
            cells.append(_value(cell, book))
        if any(cells):
            width = width or len(cells)
            # Empty cells at the end of a row are not written: nothing is missing there.
            cells.extend([""] * (width - len(cells)))
            yield ReadRow(line, cells)


@lru_cache(maxsize=2_000)
def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _column(reference: str, default: int) -> int:
    letters = _LETTERS.match(reference)
    return _column_number(letters.group()) if letters else default


def _value(cell: ElementTree.Element, book: _Book) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text_of(cell)
    text = next((child.text or "" for child in cell if _local(child.tag) == "v"), "")
    if kind == "s":
        assert book.strings is not None
        return book.strings[int(text)] if text else ""
    if kind == "n":
        return _number(text, int(cell.get("s", 0)) in book.dated, book.is_1904)
    if kind == "b":
        return "true" if text == "1" else "false"
    return "" if kind == "e" else text


def _number(text: str, is_date: bool, is_1904: bool) -> str:
    """Whole numbers without exponent or decimals, dates as ISO has them."""
    if not text:
        return ""
    try:
        value = float(text)
    except ValueError:
        return text
    if is_date and 0 <= value < 2_958_466:
        return _date(value, is_1904)
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else text


def _date(serial: float, is_1904: bool) -> str:
    # Day 60 is the 29th of February 1900, which never was: later days count from a day earlier.
    start = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001  it gets its zone when it is read
    moment = start + timedelta(seconds=round(serial * 86_400))
    return moment.date().isoformat() if serial.is_integer() else moment.isoformat(sep=" ")


def _text_of(element: ElementTree.Element) -> str:
    """All runs of a rich text; not the reading aids of Japanese ones."""
    return "".join(_texts(element))


def _texts(element: ElementTree.Element) -> Iterator[str]:
    for child in element:
        name = _local(child.tag)
        if name == "t":
            yield child.text or ""
        elif name != "rPh":
            yield from _texts(child)


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
