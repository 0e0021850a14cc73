"""Rows read: which values each gives, and what is wrong with it.

A million rows pass here, so what a cell means is found once for each different cell of a column
where few are different, and rows are made of plain dictionaries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.imports import several
from contacts.imports.fields import Field
from contacts.imports.reading import ReadRow
from contacts.imports.values import Reader
from contacts.models import CustomChoice
from ecrm.keys import address_hash
from ecrm.search.matching import fold

_DANGEROUS = "=+-@\t\r＝＋－＠"
_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 1000
_NO_MATCH = ""
_UNSEEN = object()
# Different entries that are counted of one field: more than any list can take.
MOST_MISSING = 1000
LONGEST_ENTRY = CustomChoice._meta.get_field("label").max_length or 120


@dataclass(slots=True)
class Trouble:
    """``column`` is the header as the file has it. A fatal one keeps the whole row out."""

    line: int
    column: str
    reason: str
    is_fatal: bool = True


@dataclass(slots=True)
class Batch:
    """``copied`` is what is staged, as COPY's text: line, values as JSON, normalised address, match key.

    One buffer: twenty thousand small objects would take ten times as much.
    """

    copied: bytearray = field(default_factory=bytearray)
    rows: int = 0
    first_line: int = 0
    last_line: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    refused: int = 0
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Demands:
    """What a row needs. ``needs_email`` refuses people without an address; ``match`` is what
    recognises them (email, external, phone, number). ``workspace`` is whose numbers name people here, as
    ``our_own.letters`` has it."""

    needs_email: bool = True
    match: str = "email"
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What is wrong with a cell; ``sound`` is what can be read of it all the same, None for nothing.
    ``missing`` are entries that the field's list has not got and could take, by their folded name."""

    reason: str
    sound: Any
    missing: Mapping[str, str]


class Checker:
    """Checks rows against one mapping.

    ``constants`` are parsed values of registered columns, for rows that have others of them.
    """

    def __init__(
        self,
        *,
        headers: Sequence[str],
        mapping: Mapping[int, Field],
        reader: Reader,
        demands: Demands | None = None,
        extra_tags: Sequence[str] = (),
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        self.headers = headers
        self.demands = demands or Demands()
        self.reader = reader
        self._extra_tags = list(extra_tags)
        self._constants = dict(constants or {})
        self._home = reader.country
        # What cells name and the lists of the tenant's own fields lack, by field, as it is spelt first.
        self.missing: dict[str, Counter[str]] = {}
        self._spelt: dict[str, dict[str, str]] = {}
        # A phone number is read in its row's country, so that column comes first.
        ordered = sorted(mapping.items(), key=lambda pair: pair[1].key != "country")
        columns = [_Column(index, headers[index], target, reader) for index, target in ordered]
        self._steps = [(each.index, each.known, each.is_plain, each.key, each) for each in columns]

    def check(self, rows: Iterable[ReadRow]) -> Batch:
        batch = Batch()
        for row in rows:
            batch.seen += 1
            troubles: list[Trouble] = []
            values = self._read(row, troubles)
            if values is not None:
                self._add(batch, row.line, values)
            else:
                batch.refused += 1
            batch.troubles += troubles
        return batch

    def _read(self, row: ReadRow, troubles: list[Trouble]) -> dict[str, Any] | None:
        """What is staged of a row, None when it is refused."""
        width = len(self.headers)
        if row.is_broken:
            reason = row.reason or _("A quotation mark is opened here and never closed.")
            troubles.append(Trouble(row.line, "", reason))
            return None
        if len(row.cells) > width and any(cell.strip() for cell in row.cells[width:]):
            troubles.append(Trouble(row.line, "", _("This row has more values than there are columns.")))
            return None
        values = self._values(row, troubles)
        if values is not None and len(row.cells) < width:
            reason = _("This row ends early: the missing values count as empty.")
            troubles.append(Trouble(row.line, "", reason, is_fatal=False))
        return values

    def _values(self, row: ReadRow, troubles: list[Trouble]) -> dict[str, Any] | None:
        given: dict[str, Any] = {}
        is_refused = False
        cells, count = row.cells, len(row.cells)
        self.reader.country = self._home
        for index, known, is_plain, key, column in self._steps:
            if index >= count or not (cell := cells[index]):
                continue
            # A look into a dictionary costs a tenth of a call, and most cells have been seen before.
            if known is None or (value := known.get(cell, _UNSEEN)) is _UNSEEN:
                value = column.read(cell)
                if isinstance(value, _Refusal):
                    troubles.append(Trouble(row.line, column.header, value.reason, key == "email"))
                    is_refused = is_refused or key == "email"
                    self._note_missing(key, value.missing)
                    if value.sound is None:
                        continue
                    value = value.sound
            if value is not None and value != "":
                if is_plain:
                    given[key] = value
                else:
                    column.put(given, value)
                if key == "country":
                    self.reader.country = value
            if "\ufffd" in cell:
                reason = _("Some letters could not be read: check the encoding.")
                troubles.append(Trouble(row.line, column.header, reason, is_fatal=False))
        return None if is_refused else self._arranged(row.line, given, troubles)

    def _note_missing(self, key: str, entries: Mapping[str, str]) -> None:
        if not entries:
            return
        counted, spelt = self.missing.setdefault(key, Counter()), self._spelt.setdefault(key, {})
        for name, entry in entries.items():
            if name in spelt or len(spelt) < MOST_MISSING:
                counted[spelt.setdefault(name, entry)] += 1

    def _arranged(self, line: int, given: dict[str, Any], troubles: list[Trouble]) -> dict[str, Any] | None:
        if "apps" in given and self._constants:
            given["apps"] = {**self._constants, **given["apps"]}
        _arrange(given, self._extra_tags)
        if "ecrm_number" in given or "ecrm_workspace" in given:
            self._settle_number(given)
        if "norm" in given:
            return given
        if self.demands.needs_email:
            reason = _("No email address.")
        elif given.keys() & {"name", "given_name", "family_name", "phones", "external_id", "ecrm_number"}:
            return given
        else:
            reason = _("Nothing says who this is: no email, no name, no phone.")
        troubles.append(Trouble(line, "", reason))
        return None

    def _settle_number(self, given: dict[str, Any]) -> None:
        """A number without a workspace means nobody; one of another workspace, somebody there."""
        workspace, number = given.pop("ecrm_workspace", ""), given.pop("ecrm_number", "")
        if number and workspace:
            given["ecrm_number"] = number if workspace == self.demands.workspace else ""

    def _add(self, batch: Batch, line: int, values: dict[str, Any]) -> None:
        norm, number = values.pop("norm", ""), values.pop("ecrm_number", "")
        key = _NO_MATCH
        if self.demands.match == "external" and "external_id" in values:
            key = f"x:{values['external_id']}"
        elif self.demands.match == "phone" and "phones" in values:
            key = f"p:{values['phones'][0]['number']}"
        elif self.demands.match == "number" and number:
            key = f"n:{number}"
        batch.rows += 1
        batch.first_line = batch.first_line or line
        batch.last_line = line
        # As COPY's text format wants it; JSON and addresses hold no tabs or line breaks.
        record = b"%d\t%b\t%b\t%b\n" % (line, orjson.dumps(values), norm.encode(), key.encode())
        batch.copied += record.replace(b"\\", b"\\\\") if b"\\" in record else record


class _Column:
    """One column of the file on its way into one field."""

    __slots__ = ("_reader", "_refusals", "_target", "header", "index", "is_plain", "key", "known")

    def __init__(self, index: int, header: str, target: Field, reader: Reader) -> None:
        self.index = index
        self.header = header
        self.key = target.key
        self._target = target
        self._reader = reader
        self.is_plain = not (target.is_registered or target.is_custom or target.is_many)
        # What cells meant, where few are different.
        self.known: dict[str, Any] | None = None if target.is_distinct else {}
        # Apart from those, so that a cell in order is never asked whether it is one.
        self._refusals: dict[str, _Refusal] = {}

    def read(self, cell: str) -> Any:
        """The value of a cell, empty for none, or a ``_Refusal``."""
        if self._refusals and (refusal := self._refusals.get(cell)) is not None:
            return refusal
        try:
            value = self._parse(cell)
        except ValidationError as error:
            return self._refused(cell, error)
        if self.known is not None and len(cell) <= _LONGEST_REMEMBERED:
            _remember(self.known, cell, value)
        return value

    def _refused(self, cell: str, error: ValidationError) -> _Refusal:
        sound = error.sound if isinstance(error, several.Partly) else None
        refusal = _Refusal(" ".join(error.messages), sound, self._missing_in(cell))
        if self.known is not None and len(cell) <= _LONGEST_REMEMBERED:
            _remember(self._refusals, cell, refusal)
        return refusal

    def _parse(self, cell: str) -> Any:
        text = clean(cell)
        return self._target.parse(text, self._reader) if text else ""

    def _missing_in(self, cell: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for entry in self._target.missing(clean(cell)) if self._target.missing else ():
            if len(entry) <= LONGEST_ENTRY:
                found.setdefault(fold(entry), entry)
        return found

    def put(self, given: dict[str, Any], value: Any) -> None:
        if self._target.is_registered:
            given.setdefault("apps", {})[self.key] = value
        elif self._target.is_custom:
            given.setdefault("custom", {})[self.key] = value
        elif self._target.is_many:
            given.setdefault(self.key, []).extend(value)
        else:
            given[self.key] = value


def _remember(known: dict[str, Any], cell: str, meaning: Any) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[cell] = meaning


def clean(cell: str) -> str:
    """Without blanks around it, NULs, and the mark our own problem files put before formulas."""
    text = cell.strip()
    if "\x00" in text:
        text = text.replace("\x00", "").strip()
    if text[:1] == "'" and text[1:2] and text[1] in _DANGEROUS:
        text = text[1:]
    return text


def defuse(cell: str) -> str:
    """A cell no spreadsheet program takes for a formula. ``clean`` is its way back."""
    return f"'{cell}" if cell and cell[0] in _DANGEROUS else cell


def _arrange(given: dict[str, Any], extra_tags: Sequence[str]) -> None:
    """Puts parsed values into the shape the landing reads; ``norm`` is the address they are known by."""
    if not several.COMPLETING.isdisjoint(given):
        several.arrange(given)
    first, second = given.pop("email", None), given.pop("email2", None)
    if first is None:
        first, second = second, None
    if first is not None:
        norm = given["norm"] = first["norm"]
        given["email"] = first["written"]
        given["email_hash"] = address_hash(norm).hex()
        if second is not None and second["norm"] != norm:
            given["email2"] = second["written"]
            given["email2_norm"] = second["norm"]
            given["email2_hash"] = address_hash(second["norm"]).hex()
        if "emails" in given:
            several.settle_emails(given, norm, second["norm"] if second is not None else "")
    if "phone" in given or "mobile" in given:
        numbers = [*given.pop("phone", ()), *given.pop("mobile", ())]
        given["phones"] = list({number["number"]: number for number in numbers}.values())
    if extra_tags or "tags" in given:
        given["tags"] = list(dict.fromkeys([*given.get("tags", ()), *extra_tags]))
