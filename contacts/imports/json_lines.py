"""JSON lines: an object a line, whose members become columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import orjson
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts import flat_people
from contacts.fields.kinds import entries_text
from contacts.imports.reading import ReadRow

LONGEST_LINE = 1024 * 1024
DEEPEST = 3
LISTED = 3


def looks_like(head: bytes) -> bool:
    """The first line is an object and whole, or longer than what was read."""
    line, newline, _rest = head.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    if not line.startswith(b"{"):
        return False
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return not newline and len(line) > 1_000


def find_headers(stream: IO[bytes], *, most: int) -> tuple[list[str], int]:
    """Every member that occurs, in the order they come up, and how many lines there are."""
    headers: dict[str, None] = {}
    count = 0
    for _line, found in _objects(stream):
        count += 1
        if isinstance(found, dict):
            headers.update(dict.fromkeys(_cells(found)))
        if len(headers) > most:
            raise ValidationError(
                _("The file has %(count)s columns. At most %(most)s can be imported: remove the ones you do not need.")
                % {"count": len(headers), "most": most}
            )
    return list(headers), count


def read_rows(stream: IO[bytes], headers: Sequence[str]) -> Iterator[ReadRow]:
    yield ReadRow(0, list(headers))
    for line, found in _objects(stream):
        if isinstance(found, dict):
            flat = _cells(found)
            yield ReadRow(line, [flat.get(header, "") for header in headers])
        else:
            yield ReadRow(line, [], is_broken=True, reason=_("This line is not a JSON object."))


def _objects(stream: IO[bytes]) -> Iterator[tuple[int, Any]]:
    """What each line that is not blank holds, None for what cannot be read."""
    line = 0
    while raw := stream.readline(LONGEST_LINE):
        line += 1
        text = raw.removeprefix(b"\xef\xbb\xbf").strip()
        if not text:
            continue
        try:
            yield line, orjson.loads(text)
        except orjson.JSONDecodeError:
            yield line, None
        while raw and not raw.endswith(b"\n") and len(raw) == LONGEST_LINE:
            raw = stream.readline(LONGEST_LINE)


def _cells(found: Mapping[str, Any]) -> dict[str, str]:
    """Lines of our own exports have the columns of our tables, so that their lists come back whole."""
    if not flat_people.is_record(found):
        return _flat(found)
    try:
        own = flat_people.cells(found)
        own[flat_people.OUR_NUMBER] = own.pop("id", "")
        custom = {f"custom_fields.{key}": _custom(found, key, one) for key, one in _members(found, "custom_fields")}
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError):  # somebody has written in it
        return _flat(found)
    more = {f"more.{key}": _text(value) for key, value in _members(found, "more")}
    return {name[:200]: cell for name, cell in {**own, **custom, **more}.items() if cell}


def _custom(found: Mapping[str, Any], key: str, value: Any) -> str:
    """Entries of a list by their names, which make them where they are not there yet."""
    names = dict(_members(found, "custom_entries")).get(key) or {}
    if isinstance(value, list):
        return entries_text([str(names.get(one) or one) for one in value])
    return flat_people.custom_text(names.get(value) or value if isinstance(value, str) else value)


def _members(found: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
    return list(found[name].items()) if isinstance(found.get(name), dict) else []


def _flat(found: Mapping[str, Any], stem: str = "", depth: int = 1) -> dict[str, str]:
    """``{"address": {"city": …}}`` is ``address.city``; lists of values are one cell."""
    cells: dict[str, str] = {}
    for key, value in found.items():
        name = f"{stem}{key}"[:200]
        if isinstance(value, dict):
            cells |= _flat(value, f"{name}.", depth + 1) if depth < DEEPEST else {}
        elif isinstance(value, list):
            cells |= _listed(value, name, depth)
        elif value is not None:
            cells[name] = _text(value)
    return cells


def _listed(values: Sequence[Any], name: str, depth: int) -> dict[str, str]:
    plain = [_text(value) for value in values if not isinstance(value, dict | list) and value is not None]
    cells = {name: ";".join(plain)} if plain else {}
    for number, value in enumerate(values[:LISTED], start=1):
        if isinstance(value, dict) and depth < DEEPEST:
            cells |= _flat(value, f"{name}.{number}.", depth + 1)
    return cells


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
