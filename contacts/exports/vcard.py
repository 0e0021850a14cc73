"""One person as a vCard 3.0 (RFC 2426)."""

from __future__ import annotations

from collections.abc import Iterator

from contacts.exports.people import Record
from contacts.imports.cards import OWN_PLACE, OWN_UID

LONGEST_LINE = 75  # octets, the line's end not counted
_KINDS = {"work": "WORK", "home": "HOME"}


def card(record: Record) -> str:
    lines = ["BEGIN:VCARD", "VERSION:3.0", *_properties(record), "END:VCARD"]
    return "".join(_folded(line) for line in lines)


def _properties(record: Record) -> Iterator[str]:
    yield f"UID:{OWN_UID}{record['ecrm_workspace']}-{record['id']}"
    yield f"N:{_value(record['family_name'])};{_value(record['given_name'])};;;"
    yield f"FN:{_value(record['name'] or next((one['address'] for one in record['emails']), ''))}"
    for one in record["emails"]:
        yield f"EMAIL;TYPE=INTERNET{_types(one)}:{_value(one['address'])}"
    for one in record["phones"]:
        yield f"TEL{_types(one)}:{_value(one['number'])}"
    for one in record["addresses"]:
        parts = ("", "", one["street"], one["city"], one["region"], one["postcode"], one["country"])
        yield f"ADR{_types(one)}:{';'.join(map(_value, parts))}"
    if record["city"] or record["country"]:
        yield f"{OWN_PLACE}:{_value(record['city'])};{_value(record['country'])}"
    for name, value in (("ORG", "company"), ("TITLE", "job_title"), ("BDAY", "birthday")):
        if record[value]:
            yield f"{name}:{_value(record[value])}"
    if record["tags"]:
        yield f"CATEGORIES:{','.join(map(_value, record['tags']))}"


def _types(one: dict[str, object]) -> str:
    kind = _KINDS.get(str(one["kind"]), "")
    return (f";TYPE={kind}" if kind else "") + (";TYPE=PREF" if one["primary"] else "")


def _value(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> str:
    """In lines of at most ``LONGEST_LINE`` octets, never inside a letter; each further one begins with a blank."""
    pieces, piece, size = [], "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LONGEST_LINE:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + letter, size + width
    return "\r\n".join([*pieces, piece]) + "\r\n"
