"""People of several files put together, one record each, on disk: a move of any size in flat memory.

The first file to say something of a person is believed; a no of any file stands over every yes, and
what happened is collected. People are one by their address, and by their number in the old system.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import orjson

MOST_HISTORY = 500


@dataclass(slots=True)
class Person:
    """``cells`` by field of a contact. ``yes`` by key of a purpose: day and origin as written. ``no`` are
    keys of purposes refused, ``no_at`` when. ``history`` are happenings (``consent.moving.history``), ``left_out``
    how many more there were."""

    cells: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    yes: dict[str, list[str]] = field(default_factory=dict)
    no: list[str] = field(default_factory=list)
    no_at: str = ""
    is_dead: bool = False
    is_person: bool = False
    history: list[dict[str, str]] = field(default_factory=list)
    left_out: int = 0
    company_id: str = ""
    former: str = ""

    def take(self, other: Person) -> None:
        for key, cell in other.cells.items():
            self.cells.setdefault(key, cell)
        self.tags = list(dict.fromkeys([*self.tags, *other.tags]))
        for key, said in other.yes.items():
            # The better proven of two: one with a day and an origin.
            if key not in self.yes or (all(said) and not all(self.yes[key])):
                self.yes[key] = said
        self.no = list(dict.fromkeys([*self.no, *other.no]))
        self.no_at = self.no_at or other.no_at
        self.is_dead = self.is_dead or other.is_dead
        self.is_person = self.is_person or other.is_person
        history = [*self.history, *other.history]
        self.history = history[:MOST_HISTORY]
        self.left_out += other.left_out + len(history) - len(self.history)
        self.company_id = self.company_id or other.company_id
        self.former = self.former or other.former

    def as_json(self) -> bytes:
        return orjson.dumps({name: getattr(self, name) for name in self.__slots__ if getattr(self, name)})


class Gathering:
    """A temporary database of its own; gone with the block. ``by`` keys are addresses and numbers there."""

    def __init__(self) -> None:
        self.companies: list[dict[str, str]] = []
        # Fields that a file says something of, of whomever.
        self.filled: set[str] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="ecrm-move-")
        self._rows = sqlite3.connect(f"{self._folder.name}/people", isolation_level=None)
        self._rows.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -20000;"
            "CREATE TABLE person (place INTEGER PRIMARY KEY, said BLOB);"
            "CREATE TABLE known (key TEXT PRIMARY KEY, place INTEGER) WITHOUT ROWID;"
            "CREATE TABLE company (id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;"
            "CREATE TABLE digest (key BLOB PRIMARY KEY, said BLOB) WITHOUT ROWID; BEGIN;"
        )

    def __enter__(self) -> Gathering:
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._rows.close()
        self._folder.cleanup()

    def put(self, person: Person, *keys: str) -> None:
        """Adds to whoever has one of these keys; somebody new when nobody has."""
        self.filled.update(person.cells)
        place = next((found for key in keys if key and (found := self._place(key)) is not None), None)
        if place is None:
            place = self._insert(person)
        else:
            known = self._at(place)
            known.take(person)
            self._rows.execute("UPDATE person SET said = ? WHERE place = ?", [known.as_json(), place])
        for key in filter(None, keys):
            self._rows.execute("INSERT OR IGNORE INTO known VALUES (?, ?)", [key, place])

    def put_company(self, company_id: str, name: str) -> None:
        self._rows.execute("INSERT OR IGNORE INTO company VALUES (?, ?)", [company_id, name])

    def company(self, ids: str) -> str:
        """The name of the first of these companies that is known."""
        for company_id in ids.replace(",", ";").split(";"):
            row = self._rows.execute("SELECT name FROM company WHERE id = ?", [company_id.strip()]).fetchone()
            if row:
                return str(row[0])
        return ""

    def put_digest(self, key: bytes, said: bytes) -> None:
        self._rows.execute("INSERT OR REPLACE INTO digest VALUES (?, ?)", [key, said])

    def digest(self, key: bytes) -> dict[str, int] | None:
        row = self._rows.execute("SELECT said FROM digest WHERE key = ?", [key]).fetchone()
        return orjson.loads(row[0]) if row else None

    def people(self) -> Iterator[Person]:
        """In the order they were met first."""
        for (said,) in self._rows.execute("SELECT said FROM person ORDER BY place"):
            yield Person(**orjson.loads(said))

    def _place(self, key: str) -> int | None:
        row = self._rows.execute("SELECT place FROM known WHERE key = ?", [key]).fetchone()
        return int(row[0]) if row else None

    def _at(self, place: int) -> Person:
        row: Any = self._rows.execute("SELECT said FROM person WHERE place = ?", [place]).fetchone()
        return Person(**orjson.loads(row[0]))

    def _insert(self, person: Person) -> int:
        return int(self._rows.execute("INSERT INTO person (said) VALUES (?)", [person.as_json()]).lastrowid or 0)
