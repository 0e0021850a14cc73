"""The files of a move, read row by row whatever their format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO

from consent.models import Move, MoveFile
from consent.moving import work
from consent.moving.recognising import COMPANY, EMAIL, PERSON, columns_by_role
from consent.moving.standing import Reading
from contacts.imports import fields, presets
from contacts.imports.checking import clean
from contacts.imports.dialect import Dialect
from contacts.imports.folding import fold
from contacts.imports.reading import ReadRow
from contacts.imports.source import read_rows

Kind = MoveFile.Kind
PEOPLE_KINDS = frozenset({Kind.SUBSCRIBED.value, Kind.UNSUBSCRIBED.value, Kind.CLEANED.value, Kind.PEOPLE.value})
# Columns of products that say nothing worth a place.
_IDLE = frozenset(
    fold(name)
    for name in (
        "MEMBER_RATING", "OPTIN_IP", "CONFIRM_IP", "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF", "TIMEZONE", "LEID",
        "EUID", "LAST_CHANGED", "CC", "REGION", "SMS_BLACKLISTED", "SMS blacklisted", "MODIFIED_TIME", "Contact owner",
        "Lead Status", "Marketing contact status", "Associated Company", "Last Activity Date", "points", "owner_id",
        "stage_id", "last_active", "date_identified", "attribution", "attribution_date", "generated_email",
        "UNSUB_CAMPAIGN_ID", "CLEAN_CAMPAIGN_ID", "comments", "internal",
        "social_cache", "date_modified", "created_by", "modified_by", "is_published", "Associated Deal IDs",
    )
)  # fmt: skip
_NOTES = frozenset({"notes", "note"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file's columns. ``places`` are fields of a contact by column, ``unknown`` columns by folded name."""

    headers: Sequence[str]
    roles: dict[str, int]
    places: dict[int, str]
    unknown: dict[str, int]
    notes: int | None
    reading: Reading


def dialect_of(file: MoveFile) -> Dialect:
    return Dialect(**{**file.dialect, "headers": tuple(file.dialect.get("headers", ()))})


@contextmanager
def opened(file: MoveFile) -> Iterator[tuple[list[str], Iterator[ReadRow]]]:
    """Its headers, and the rows below them; broken ones are left out."""
    assert file.file is not None
    with file.file.open() as stream:
        rows = _whole(stream, dialect_of(file))
        first = next(rows, None)
        yield [clean(cell) for cell in first.cells] if first else [], rows


def headers_of(stream: IO[bytes], dialect: Dialect) -> list[str]:
    first = next(islice(_whole(stream, dialect), 1), None)
    return [clean(cell) for cell in first.cells] if first else []


def _whole(stream: IO[bytes], dialect: Dialect) -> Iterator[ReadRow]:
    return (row for row in read_rows(stream, dialect) if not row.is_broken)


def look_at(move: Move, file: MoveFile, headers: Sequence[str]) -> Sheet:
    """What the columns of a file of people are. A few queries, for the fields of one's own and who sees them."""
    known = {key: field for key, field in work.known_fields(move).items() if not field.is_registered}
    preset = presets.recognise(headers) or presets.of_system(move.system)
    guessed = fields.guess(headers, known, preset.mapping if preset else {})
    reading = Reading(system=move.system, product=move.get_system_display(), kind=file.kind, headers=headers)
    roles = columns_by_role(headers)
    places = {index: key for index, key in guessed.items() if key and index not in reading.used}
    if "email" not in places.values() and EMAIL in roles:
        places[roles[EMAIL]] = "email"
    taken = {*places, *reading.used, *(index for role, index in roles.items() if role in (EMAIL, PERSON, COMPANY))}
    named = [(index, fold(header)) for index, header in enumerate(headers)]
    notes = next((index for index, name in named if name in _NOTES and index not in places), None)
    silent = {name for name, key in (preset.mapping.items() if preset else ()) if not key}
    unknown = {
        name: index for index, name in named
        if name and index not in taken and index != notes and name not in _IDLE and name not in silent
    }  # fmt: skip
    return Sheet(headers, roles, places, unknown, notes, reading)
