"""What the catcher remembers: a complete log, and the newest messages whole. SQLite, one folder.

Every change is committed before the client hears of it. Synchronous writing is off: a killed
catcher loses nothing, a power cut may.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any, NamedTuple

SCHEMA = """
CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    verdict TEXT NOT NULL,
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS log_message_id ON log (message_id) WHERE message_id <> '';
CREATE INDEX IF NOT EXISTS log_deferred ON log (recipient) WHERE verdict = 'deferred';
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    message_id TEXT NOT NULL,
    from_header TEXT NOT NULL,
    subject TEXT NOT NULL,
    raw BLOB NOT NULL
);
"""
DELIVERED, REJECTED, DEFERRED, ABSENT = "delivered", "rejected", "deferred", "absent"
PRUNE_EVERY = 500
MOST_IDS_PER_QUERY = 500

_HEADER = re.compile(rb"^(message-id|subject|from)[ \t]*:[ \t]*((?:.*\r?\n)(?:[ \t].*\r?\n)*)", re.I | re.M)


class Listed(NamedTuple):
    """One line of the mailbox; `at` is a Unix time."""

    id: int
    at: float
    sender: str
    recipients: str
    message_id: str
    from_header: str
    subject: str


class Store:
    """One connection, for one thread. Open as many stores on a folder as there are threads."""

    def __init__(self, folder: Path, *, keep: int = 5000) -> None:
        self._keep = keep
        self._stored = 0
        self._database = sqlite3.connect(folder / "mail.sqlite3", timeout=30, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    # Writing

    def accept(self, sender: str, recipients: Sequence[str], raw: bytes) -> None:
        """Record a message as delivered to each recipient and keep it. One transaction."""
        headers = _headers(raw)
        message_id, now = headers.get("message-id", ""), time.time()
        with self._transaction() as write:
            write.executemany(
                "INSERT INTO log (at, verdict, recipient, message_id) VALUES (?, ?, ?, ?)",
                [(now, DELIVERED, recipient, message_id) for recipient in recipients],
            )
            write.execute(
                "INSERT INTO messages (at, sender, recipients, message_id, from_header, subject, raw)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (now, sender, ", ".join(recipients), message_id, *_shown(headers), raw),
            )
        self._stored += 1
        if self._stored % PRUNE_EVERY == 0:
            self._prune()

    def refuse(self, recipient: str, verdict: str) -> None:
        """Record a recipient turned away; no Message-ID is known before the content is."""
        self._database.execute(
            "INSERT INTO log (at, verdict, recipient, message_id) VALUES (?, ?, ?, '')",
            (time.time(), verdict, recipient),
        )

    def clear(self) -> None:
        """Empty the mailbox. The log stays: it is what answers for us."""
        self._database.execute("DELETE FROM messages")

    # Reading

    def deferrals(self, recipient: str) -> int:
        return int(self._value("SELECT count(*) FROM log WHERE verdict = 'deferred' AND recipient = ?", recipient))

    def answers(self, message_ids: Iterable[str]) -> dict[str, str]:
        """What became of each Message-ID: delivered, or absent."""
        asked = list(dict.fromkeys(message_ids))
        known: set[str] = set()
        for start in range(0, len(asked), MOST_IDS_PER_QUERY):
            part = asked[start : start + MOST_IDS_PER_QUERY]
            marks = ", ".join("?" * len(part))
            found = self._rows(f"SELECT DISTINCT message_id FROM log WHERE message_id IN ({marks})", *part)
            known.update(row[0] for row in found)
        return {key: DELIVERED if key in known else ABSENT for key in asked}

    def log_rows(self, *, after: int = 0, limit: int = 10_000) -> list[dict[str, Any]]:
        """The log from a row on, oldest first: for tests that count what really arrived."""
        names = ("id", "at", "verdict", "recipient", "message_id")
        rows = self._rows(f"SELECT {', '.join(names)} FROM log WHERE id > ? ORDER BY id LIMIT ?", after, limit)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def counts(self) -> dict[str, int]:
        return dict(self._rows("SELECT verdict, count(*) FROM log GROUP BY verdict"))

    def messages(
        self, *, to: str = "", subject: str = "", search: str = "", before: int = 0, limit: int = 50
    ) -> list[Listed]:
        """Newest first. Filters are case-insensitive parts; `search` looks in all three fields."""
        clauses, values = ["1"], []
        for columns, wanted in (
            ("recipients", to),
            ("subject", subject),
            ("recipients || ' ' || from_header || ' ' || subject", search),
        ):
            if wanted:
                clauses.append(f"instr(lower({columns}), ?) > 0")
                values.append(wanted.lower())
        if before:
            clauses.append("id < ?")
            values.append(str(before))
        names = ", ".join(Listed._fields)
        rows = self._rows(
            f"SELECT {names} FROM messages WHERE {' AND '.join(clauses)} ORDER BY id DESC LIMIT ?",
            *values,
            limit,
        )
        return [Listed(*row) for row in rows]

    def message(self, number: int) -> tuple[Listed, bytes] | None:
        names = ", ".join(Listed._fields)
        rows = list(self._rows(f"SELECT {names}, raw FROM messages WHERE id = ?", number))
        return (Listed(*rows[0][:-1]), rows[0][-1]) if rows else None

    def _rows(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        with closing(self._database.execute(query, values)) as cursor:
            yield from cursor.fetchall()

    def _value(self, query: str, *values: object) -> Any:
        return next(self._rows(query, *values))[0]

    def _transaction(self) -> sqlite3.Connection:
        self._database.execute("BEGIN IMMEDIATE")
        return self._database  # its context manager commits, or rolls back on an error

    def _prune(self) -> None:
        self._database.execute("DELETE FROM messages WHERE id <= (SELECT max(id) FROM messages) - ?", (self._keep,))


def readable(header: str) -> str:
    """A header as a person reads it: encoded words decoded, unfolded."""
    flat = " ".join(header.split())
    if "=?" not in flat:
        return flat
    try:
        return str(make_header(decode_header(flat)))
    except (LookupError, ValueError):
        return flat


def _shown(headers: dict[str, str]) -> tuple[str, str]:
    return readable(headers.get("from", "")), readable(headers.get("subject", ""))


def _headers(raw: bytes) -> dict[str, str]:
    """The few headers we index, each by its first occurrence, without parsing the message."""
    end = raw.find(b"\r\n\r\n")
    head = raw[: end + 2] if end >= 0 else raw
    found: dict[str, str] = {}
    for name, value in _HEADER.findall(head):
        found.setdefault(name.decode().lower(), value.decode("utf-8", "replace").strip())
    return found
