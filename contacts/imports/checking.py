"""One row read: which values it gives, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts.imports.fields import Field
from contacts.imports.reading import ReadRow
from contacts.imports.values import Reader
from ecrm.keys import address_hash

_DANGEROUS = "=+-@\t\r＝＋－＠"


@dataclass(slots=True)
class Trouble:
    """``column`` is the header as the file has it. A fatal one keeps the whole row out."""

    line: int
    column: str
    reason: str
    is_fatal: bool = True


@dataclass(slots=True)
class CheckedRow:
    """``values`` is what is staged: plain words by field, ``phones``, ``tags``, ``apps`` by key."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    address_norm: str = ""
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return any(trouble.is_fatal for trouble in self.troubles)


@dataclass(slots=True)
class Checker:
    """Checks rows against one mapping. ``needs_email`` refuses people without an address.

    ``constants`` are parsed values of registered columns, for rows that have others of them.
    """

    headers: Sequence[str]
    mapping: Mapping[int, Field]
    reader: Reader
    needs_email: bool = True
    extra_tags: Sequence[str] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    _home: str = field(init=False)

    def __post_init__(self) -> None:
        self._home = self.reader.country
        # A phone number is read in its row's country, so that column comes first.
        self.mapping = dict(sorted(self.mapping.items(), key=lambda pair: pair[1].key != "country"))

    def check(self, row: ReadRow) -> CheckedRow:
        checked = CheckedRow(row.line)
        if row.is_broken:
            self._refuse(checked, "", _("A quotation mark is opened here and never closed."))
        elif any(cell.strip() for cell in row.cells[len(self.headers) :]):
            self._refuse(checked, "", _("This row has more values than there are columns."))
        else:
            self._read(row, checked)
        return checked

    def _read(self, row: ReadRow, checked: CheckedRow) -> None:
        given = self._parse(row, checked)
        if not checked.is_refused:
            _arrange(given, checked, self.extra_tags)
            self._require_somebody(checked)
        if len(row.cells) < len(self.headers):
            self._note(checked, "", _("This row ends early: the missing values count as empty."))

    def _parse(self, row: ReadRow, checked: CheckedRow) -> dict[str, Any]:
        given: dict[str, Any] = {}
        self.reader.country = self._home
        for index, target in self.mapping.items():
            cell = clean(row.cells[index]) if index < len(row.cells) else ""
            if not cell:
                continue
            try:
                value = target.parse(cell, self.reader)
            except ValidationError as error:
                reason = " ".join(error.messages)
                checked.troubles.append(Trouble(row.line, self.headers[index], reason, target.key == "email"))
                continue
            self._take(given, target, value)
            if "\ufffd" in cell:
                self._note(checked, self.headers[index], _("Some letters could not be read: check the encoding."))
        if "apps" in given:
            given["apps"] = {**self.constants, **given["apps"]}
        return given

    def _take(self, given: dict[str, Any], target: Field, value: Any) -> None:
        if target.is_registered:
            given.setdefault("apps", {})[target.key] = value
        elif target.is_many:
            given.setdefault(target.key, []).extend(value)
        elif value not in ("", None):
            given[target.key] = value
            if target.key == "country":
                self.reader.country = value

    def _require_somebody(self, checked: CheckedRow) -> None:
        if checked.address_norm:
            return
        if self.needs_email:
            self._refuse(checked, "", _("No email address."))
        elif not {"name", "given_name", "family_name", "phones"} & set(checked.values):
            self._refuse(checked, "", _("Nothing says who this is: no email, no name, no phone."))

    def _refuse(self, checked: CheckedRow, column: str, reason: str) -> None:
        checked.troubles.append(Trouble(checked.line, column, reason))

    def _note(self, checked: CheckedRow, column: str, reason: str) -> None:
        checked.troubles.append(Trouble(checked.line, column, reason, is_fatal=False))


def clean(cell: str) -> str:
    """Without blanks around it, NULs, and the mark our own problem files put before formulas."""
    text = cell.strip()
    if "\x00" in text:
        text = text.replace("\x00", "").strip()
    if text.startswith("'") and text[1:2] and text[1] in _DANGEROUS:
        text = text[1:]
    return text


def defuse(cell: str) -> str:
    """A cell no spreadsheet program takes for a formula. ``clean`` is its way back."""
    return f"'{cell}" if cell and cell[0] in _DANGEROUS else cell


def _arrange(given: dict[str, Any], checked: CheckedRow, extra_tags: Sequence[str]) -> None:
    """Puts parsed values into the shape the landing reads."""
    first, second = given.pop("email", None), given.pop("email2", None)
    if first is None:
        first, second = second, None
    if first is not None:
        checked.address_norm = first["norm"]
        given |= {"email": first["written"], "email_hash": address_hash(first["norm"]).hex()}
    if second is not None and first is not None and second["norm"] != first["norm"]:
        given |= {"email2": second["written"], "email2_norm": second["norm"]}
        given["email2_hash"] = address_hash(second["norm"]).hex()
    numbers = [given.pop(key) for key in ("phone", "mobile") if key in given]
    if numbers:
        given["phones"] = list({number["number"]: number for number in numbers}.values())
    tags = [*given.pop("tags", ()), *extra_tags]
    if tags:
        given["tags"] = list(dict.fromkeys(tags))
    checked.values = given
