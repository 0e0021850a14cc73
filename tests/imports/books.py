"""Spreadsheets as programs write them, made by hand: shared strings, styles, dates, formulas."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_WORKBOOK = (
    f'<workbook {_MAIN} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Hidden" sheetId="1" state="hidden" r:id="rId9"/>'
    '<sheet name="People" sheetId="2" r:id="rId1"/></sheets></workbook>'
)
_LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="sheet" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="rId9" Type="sheet" Target="worksheets/sheet9.xml"/></Relationships>'
)
# Style 1 is a day (format 14), style 2 an instant of the tenant's own format.
_STYLES = (
    f'<styleSheet {_MAIN}><numFmts><numFmt numFmtId="170" formatCode="yyyy\\-mm\\-dd hh:mm"/>'
    '<numFmt numFmtId="171" formatCode="0 &quot;days&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>'
)


def book(rows: Sequence[Sequence[Any]], *, sheet: str = "") -> bytes:
    """Cells are texts (shared), numbers, ``(serial, style)`` or None; ``sheet`` replaces the sheet's XML."""
    strings: list[str] = []
    body = "".join(_row(number, row, strings) for number, row in enumerate(rows, start=1))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", _WORKBOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", _LINKS)
        archive.writestr("xl/styles.xml", _STYLES)
        archive.writestr(
            "xl/worksheets/sheet1.xml", sheet or f"<worksheet {_MAIN}><sheetData>{body}</sheetData></worksheet>"
        )
        shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
        archive.writestr("xl/sharedStrings.xml", f"<sst {_MAIN}>{shared}</sst>")
    return content.getvalue()


def without_a_sheet_to_see() -> bytes:
    """Every sheet is hidden."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", _WORKBOOK.replace('name="People"', 'name="People" state="hidden"'))
        archive.writestr("xl/_rels/workbook.xml.rels", _LINKS)
    return content.getvalue()


def torn(part: str) -> bytes:
    """A workbook whose ``part`` is no stream of compressed bytes any more."""
    content = bytearray(book([["Email"], ["ana@example.com"]]))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        place = archive.getinfo(part).header_offset
    start = place + 30 + len(part)
    content[start : start + 12] = b"\xff" * 12
    return bytes(content)


def _row(number: int, row: Sequence[Any], strings: list[str]) -> str:
    cells = "".join(_cell(f"{chr(65 + place)}{number}", value, strings) for place, value in enumerate(row))
    return f'<row r="{number}">{cells}</row>'


def _cell(reference: str, value: Any, strings: list[str]) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        strings.append(value)
        return f'<c r="{reference}" t="s"><v>{len(strings) - 1}</v></c>'
    number, style = value if isinstance(value, tuple) else (value, 0)
    return f'<c r="{reference}" s="{style}"><f>SUM(A1)</f><v>{number}</v></c>'
