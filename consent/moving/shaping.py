"""A row of an export becomes what it says of a person: fields, tags, answers, what happened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consent.models import Move, MoveFile
from consent.moving.gathering import Person
from consent.moving.recognising import ACTION, BODY, COMPANY, EMAIL, LINK, PERSON, TITLE, WHEN, action_of, words_of
from consent.moving.sheets import Sheet
from consent.moving.standing import YES, Standing
from consent.moving.surveying import split
from contacts.imports.checking import clean
from contacts.imports.folding import fold
from contacts.imports.reading import ReadRow
from ecrm.mail.inbound.sanitising import plain

Kind = MoveFile.Kind
TAG, LEAVE, FIELD, PURPOSE = "tag", "leave", "field", "purpose:"
LONGEST_NOTE = 16_000
_MARKUP = re.compile(r"</?(?:p|div|br|span|b|i|strong|em|a|ul|ol|li|h[1-6])\b[^<>]{0,500}>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen. ``purpose`` is the key that a subscription there stands for here. ``columns`` and
    ``values`` (by column) say what becomes of what has no place: tag, leave, field, or ``purpose:<key>``."""

    purpose: str
    brings_unsubscribed: bool = True
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    out_of: Mapping[str, str] = field(default_factory=dict)
    list_name: str = ""

    @classmethod
    def of(cls, move: Move) -> Choices:
        return cls(**move.options)

    @property
    def purposes(self) -> list[str]:
        """Keys of every purpose this move may write to, the chief one first."""
        each = [*self.columns.values(), *(one for values in self.values.values() for one in values.values())]
        mapped = [choice.removeprefix(PURPOSE) for choice in each if choice.startswith(PURPOSE)]
        return list(dict.fromkeys([self.purpose, *mapped, *(key for key in self.out_of.values() if key)]))

    @property
    def own_fields(self) -> list[str]:
        return [name for name, choice in self.columns.items() if choice == FIELD]


def keys_of(person_email: str, number: str) -> tuple[str, str]:
    return (f"e:{person_email.strip().lower()}" if "@" in person_email else "", f"x:{number}" if number else "")


class PeopleShaper:
    """Rows of one file of people."""

    def __init__(self, move: Move, file: MoveFile, sheet: Sheet, choices: Choices) -> None:
        self.file, self.sheet, self.choices, self.system = file, sheet, choices, move.system

    def shape(self, row: ReadRow) -> tuple[Person, tuple[str, str]]:
        cells = [clean(cell) for cell in row.cells]
        standing = self.sheet.reading.read(cells)
        person = Person(former=f"{self.file.name}, {row.line}")
        self._fill(person, cells)
        self._answer(person, cells, standing)
        email = person.cells.get("email", "")
        person.is_person = bool(email or person.cells.keys() & {"name", "given_name", "family_name"})
        keys = keys_of(email, person.cells.get("external_id", "") or _cell(cells, self.sheet.roles.get(PERSON)))
        if self.file.kind == Kind.CLEANED or (standing.is_dead and self.file.kind == Kind.UNSUBSCRIBED):
            # An address that nothing reaches is no person to bring in.
            person.is_person = False
        return person, keys if any(keys) else (f"r:{self.file.pk}:{row.line}", "")

    def _fill(self, person: Person, cells: Sequence[str]) -> None:
        for index, key in self.sheet.places.items():
            if cell := _cell(cells, index):
                if key == "tags":
                    person.tags += split(cell)
                else:
                    person.cells.setdefault(key, cell)
        person.company_id = _cell(cells, self.sheet.roles.get(COMPANY))
        if note := _cell(cells, self.sheet.notes):
            person.history.append(_happening("noted", body=note))

    def _answer(self, person: Person, cells: Sequence[str], standing: Standing) -> None:
        said = [standing.at, standing.origin]
        if standing.says_yes:
            person.yes[self.choices.purpose] = said
        self._choose(person, cells, said)
        if standing.says_no:
            person.no = list(self.choices.purposes)
            person.no_at = standing.at
        for kind in standing.out_of:
            if key := self.choices.out_of.get(kind, self.choices.purpose):
                person.no.append(key)
        person.yes = {key: each for key, each in person.yes.items() if key not in person.no}
        person.is_dead = standing.is_dead

    def _choose(self, person: Person, cells: Sequence[str], said: list[str]) -> None:
        """Groups and other columns that were given a meaning."""
        for name, index in self.sheet.unknown.items():
            cell = _cell(cells, index)
            if not cell:
                continue
            whole = self.choices.columns.get(name, LEAVE)
            if whole == FIELD:
                person.cells[f"own:{name}"] = cell
            chosen = self.choices.values.get(name, {})
            for value in split(cell) if chosen or whole == TAG else ():
                self._mean(person, value, chosen.get(value, whole), said)
            if whole.startswith(PURPOSE) and fold(cell) in YES:
                person.yes.setdefault(whole.removeprefix(PURPOSE), said)

    def _mean(self, person: Person, value: str, choice: str, said: list[str]) -> None:
        if choice == TAG:
            person.tags.append(value)
        elif choice.startswith(PURPOSE):
            person.yes.setdefault(choice.removeprefix(PURPOSE), said)


def happenings(file: MoveFile, sheet: Sheet, row: ReadRow) -> Iterator[tuple[Person, tuple[str, str]]]:
    """Whom a row of notes or activity tells of, and what."""
    cells = [clean(cell) for cell in row.cells]
    roles = sheet.roles
    what = _what(file, cells, roles)
    email = _cell(cells, roles.get(EMAIL))
    for number in split(_cell(cells, roles.get(PERSON))) or [""]:
        keys = keys_of(email, number)
        if any(keys):
            person = Person(history=[what])
            if email:
                person.cells["email"] = email
            _read_no(person, what)
            yield person, keys


def _what(file: MoveFile, cells: Sequence[str], roles: Mapping[str, int]) -> dict[str, str]:
    if file.kind == Kind.NOTES:
        said = [_cell(cells, roles.get(TITLE)), _plain(_cell(cells, roles.get(BODY)))]
        return _happening("noted", at=_cell(cells, roles.get(WHEN)), body="\n".join(filter(None, said)))
    # One table for each mailing, in a folder named for what people did: granular_activity/opens/spring.csv
    words = _cell(cells, roles.get(ACTION)) or file.name
    return _happening(
        action_of(words),
        at=_cell(cells, roles.get(WHEN)),
        title=_cell(cells, roles.get(TITLE)) or ("" if ACTION in roles else words_of(file.name)),
        link=_cell(cells, roles.get(LINK)),
        words=_cell(cells, roles.get(ACTION)),
    )


def _read_no(person: Person, what: Mapping[str, str]) -> None:
    """Somebody whose log says that they unsubscribed has said no, whatever other files say."""
    if what["what"] == "unsubscribed":
        person.no, person.no_at = ["*"], what.get("at", "")


def _happening(what: str, **told: str) -> dict[str, str]:
    return {"what": what, **{name: _bounded(text) for name, text in told.items() if text}}


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST_NOTE else f"{text[: LONGEST_NOTE - 1]}…"


def _plain(text: str) -> str:
    """Notes that were written in a rich editor are exported with its markup."""
    return plain(text).strip() if _MARKUP.search(text) else text


def _cell(cells: Sequence[str], index: int | None) -> str:
    return cells[index].strip() if index is not None and index < len(cells) else ""


def company_of(sheet_headers: Sequence[str], row: ReadRow) -> dict[str, Any]:
    """What a row of companies says: id, name, domain and where it is."""
    named = {fold(header): clean(cell).strip() for header, cell in zip(sheet_headers, row.cells, strict=False)}
    return {key: next((named[alias] for alias in aliases if named.get(alias)), "") for key, aliases in _COMPANY.items()}


_COMPANY: Mapping[str, Sequence[str]] = {
    "id": ("record id", "id", "company id", "hs object id"),
    "name": ("company name", "name", "companyname", "company"),
    "domain": ("company domain name", "domain", "website", "website url", "companywebsite"),
    "phone": ("phone number", "phone", "companyphone"),
    "street": ("street address", "address", "companyaddress1", "address 1"),
    "postcode": ("postal code", "companyzipcode", "zip", "postcode"),
    "city": ("city", "companycity"),
    "region": ("state region", "companystate", "state"),
    "country": ("country region", "companycountry", "country"),
}
