"""What kind of file this is: its encoding, its delimiter, and whether its first row is a header."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.imports import cards, json_lines, spreadsheets

CSV, XLSX, VCARD, JSONL = "csv", "xlsx", "vcard", "jsonl"
FORMATS = {
    CSV: gettext_lazy("Table of text (CSV)"),
    XLSX: gettext_lazy("Spreadsheet (XLSX)"),
    VCARD: gettext_lazy("Address book (vCard)"),
    JSONL: gettext_lazy("JSON lines"),
}
ENCODINGS = {
    "utf-8": gettext_lazy("Unicode (UTF-8)"),
    "utf-16": gettext_lazy("Unicode (UTF-16)"),
    "utf-16-le": gettext_lazy("Unicode (UTF-16, little-endian)"),
    "utf-16-be": gettext_lazy("Unicode (UTF-16, big-endian)"),
    "cp1252": gettext_lazy("Western European (Windows-1252)"),
    "cp1250": gettext_lazy("Central European (Windows-1250)"),
    "iso8859_2": gettext_lazy("Central European (ISO 8859-2)"),
}
CONTENT_TYPES = {
    CSV: "text/csv",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    VCARD: "text/vcard",
    JSONL: "application/x-ndjson",
}
DELIMITERS = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar"),
}
MOST_COLUMNS = 300
SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 100

_SIGNATURES = {
    b"\xd0\xcf\x11\xe0": "spreadsheet",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"%PDF": "document",
    b"{\\rtf": "document",
    b"\x1f\x8b": "archive",
    b"Rar!": "archive",
    b"7z\xbc\xaf": "archive",
}
_MARKUP = re.compile(r"\s*(<!doctype|<html|<\?xml|<svg|[{\[]\s*[\"{\[])", re.IGNORECASE)
_UNWRITTEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_LOOKS_LIKE_A_VALUE = re.compile(r"\S+@\S+\.\S+|[+\d][\d\s./:-]*")
_SEP_LINE = re.compile(r"\"?sep=(.)\"?[\r\n]+", re.IGNORECASE)
# Polish letters of Windows-1250 and ISO 8859-2 stand where Windows-1252 has signs that no word
# contains; French and Portuguese letters would show as Slovak, Romanian or Hungarian ones.
_POLISH_AS_1252 = re.compile(r"(?<=\w)[¹³¿œŸ±¶¼]|[£¯¦¬\x8f](?=[a-zA-Z])")
_WESTERN_AS_1250 = re.compile(r"[ŕčăőôůűďň]", re.IGNORECASE)
_POLISH = re.compile(r"[ąćęłńśźż]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read the file. ``line_count`` is an upper bound of its rows, for progress bars.

    ``skip_lines`` are lines before the table (a spreadsheet's ``sep=;``). ``headers`` are the columns
    where rows do not say them in the first line (JSON lines).
    """

    encoding: str
    delimiter: str
    has_header: bool
    line_count: int = 0
    skip_lines: int = 0
    format: str = CSV
    headers: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class _Scan:
    """One pass over the whole file: is it UTF-8 to the end, how many lines, what does it start with."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.head = b""
        self.line_count = 1
        self.is_utf8 = True
        decoder = codecs.getincrementaldecoder("utf-8")()
        for chunk in chunks:
            self.head += chunk[: SAMPLE_BYTES - len(self.head)]
            self.line_count += chunk.count(b"\n") or chunk.count(b"\r")
            self.is_utf8 = self.is_utf8 and _decodes(decoder, chunk)
        self.is_utf8 = self.is_utf8 and _decodes(decoder, b"", final=True)


def detect(stream: IO[bytes]) -> Dialect:
    """Reads the file once in flat memory. Raises ``ValidationError`` for what holds no rows."""
    head = stream.read(SAMPLE_BYTES)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return _of_spreadsheet(stream)
    if cards.looks_like(head):
        return Dialect("utf-8", ",", has_header=True, line_count=_count_cards(stream), format=VCARD)
    if json_lines.looks_like(head):
        headers, count = json_lines.find_headers(stream, most=MOST_COLUMNS)
        return Dialect("utf-8", ",", has_header=True, line_count=count, format=JSONL, headers=tuple(headers))
    return _of_text(iter(lambda: stream.read(SAMPLE_BYTES), b""))


def _of_spreadsheet(stream: IO[bytes]) -> Dialect:
    rows = [row.cells for row in islice(spreadsheets.read_rows(stream), SAMPLE_ROWS)]
    _refuse_width(max(map(len, rows), default=0))
    has_header = redetect_header(rows)
    _refuse_nothing(rows, has_header)
    stream.seek(0)
    count = spreadsheets.count_rows(stream)
    return Dialect("utf-8", ",", has_header, count, format=XLSX)


def _count_cards(stream: IO[bytes]) -> int:
    """At least one: what is counted are the lines that begin one."""
    count, tail = 0, b""
    for chunk in iter(lambda: stream.read(SAMPLE_BYTES), b""):
        text = (tail + chunk).replace(b"\x00", b"").upper()
        count += text.count(b"BEGIN:VCARD") - tail.count(b"BEGIN:VCARD")
        tail = text[-10:]
    return max(count, 1)


def _of_text(chunks: Iterable[bytes]) -> Dialect:
    scan = _Scan(chunks)
    if not scan.head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise ValidationError(_("The file is empty."))
    _refuse_signatures(scan.head)
    encoding = _find_encoding(scan)
    text = scan.head.decode(encoding, "replace").lstrip("\ufeff")
    _refuse_rubbish(text)
    return _find_table(text, encoding, scan.line_count)


def redetect_header(sample: list[list[str]]) -> bool:
    """Whether the first row names the columns: all filled, all different, none looking like a value."""
    if not sample:
        return False
    cells = [cell.strip() for cell in sample[0]]
    while cells and not cells[-1]:
        cells.pop()
    named = [cell for cell in cells if cell]
    return bool(named) and not any(_LOOKS_LIKE_A_VALUE.fullmatch(cell) for cell in named)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_signatures(head: bytes) -> None:
    kind = next((kind for start, kind in _SIGNATURES.items() if head.startswith(start)), None)
    if kind == "spreadsheet":
        raise ValidationError(
            _("This is an old or a locked spreadsheet. Save it as XLSX or CSV without a password and upload that.")
        )
    if kind:
        raise ValidationError(_("This is not a table of text. Upload a CSV file."))


def _find_encoding(scan: _Scan) -> str:
    if scan.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    nulls = [scan.head[start:4000:2].count(0) for start in (0, 1)]
    sampled = min(len(scan.head), 4000) / 2
    if nulls[1] > 0.4 * sampled > 5 * nulls[0]:
        return "utf-16-le"
    if nulls[0] > 0.4 * sampled > 5 * nulls[1]:
        return "utf-16-be"
    return "utf-8" if scan.is_utf8 else _find_code_page(scan.head)


def _find_code_page(head: bytes) -> str:
    western, central = head.decode("cp1252", "replace"), head.decode("cp1250", "replace")
    if len(_POLISH_AS_1252.findall(western)) <= len(_WESTERN_AS_1250.findall(central)):
        return "cp1252"
    # The two differ in ą, ś and ź only; the wrong one shows signs there.
    iso = head.decode("iso8859_2", "replace")
    return "iso8859_2" if len(_POLISH.findall(iso)) > len(_POLISH.findall(central)) else "cp1250"


def _refuse_rubbish(text: str) -> None:
    if _MARKUP.match(text):
        raise ValidationError(_("This is a web page or program data, not a table. Upload a CSV file."))
    if len(_UNWRITTEN.findall(text)) > len(text) / 20:
        raise ValidationError(_("This is not a table of text. Upload a CSV file."))


def _find_table(text: str, encoding: str, line_count: int) -> Dialect:
    hint = _SEP_LINE.match(text)
    if hint and hint.group(1) in DELIMITERS:
        text, delimiter = text[hint.end() :], hint.group(1)
    else:
        delimiter = max(DELIMITERS, key=lambda each: _consistency(text, each))
    sample = list(sample_rows(text, delimiter))
    _refuse_width(max(map(len, sample), default=0))
    has_header = redetect_header(sample)
    _refuse_nothing(sample, has_header, goes_on=_goes_on(text, sample))
    return Dialect(encoding, delimiter, has_header, line_count, skip_lines=1 if hint else 0)


def _refuse_width(widest: int) -> None:
    if widest > MOST_COLUMNS:
        raise ValidationError(
            _("The file has %(count)s columns. At most %(most)s can be imported: remove the ones you do not need.")
            % {"count": widest, "most": MOST_COLUMNS}
        )


# What a row is written with that holds nothing.
_NOTHING = " \t,;|\"'"


def _goes_on(text: str, sample: list[list[str]]) -> bool:
    """Whether there is more below a header than the sample could read, such as a cell without end."""
    lines = sum(1 for line in text.splitlines() if line.strip(_NOTHING))
    return len(sample) == 1 and lines > 1 + sum(len(cell.splitlines()[1:]) for cell in sample[0])


def _refuse_nothing(sample: list[list[str]], has_header: bool, *, goes_on: bool = False) -> None:
    if not sample or (has_header and not goes_on and not any(any(row) for row in sample[1:])):
        raise ValidationError(_("The file has a header but no rows below it."))


def _consistency(text: str, delimiter: str) -> tuple[float, int]:
    """The share of rows that agree on how many columns there are, and that number; one column is no vote."""
    widths = Counter(len(row) for row in sample_rows(text, delimiter))
    widths.pop(1, None)
    if not widths:
        return 0.0, 0
    width, agreeing = widths.most_common(1)[0]
    rows = sum(1 for _row in sample_rows(text, delimiter))
    return round(agreeing / rows, 1), width


def sample_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The first rows that are not blank. A field that never ends counts as the end of the sample."""
    reader = csv.reader(text[:SAMPLE_BYTES].splitlines(keepends=True), delimiter=delimiter)
    taken = 0
    while taken < SAMPLE_ROWS:
        try:
            row = next(reader)
        except (csv.Error, StopIteration):
            return
        if any(cell.strip() for cell in row):
            taken += 1
            yield row
