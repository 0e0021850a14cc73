"""Address books: vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), one card a row."""

from __future__ import annotations

import io
import quopri
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO

from django.utils.translation import gettext as _

from contacts import flat_people
from contacts.flat_people import MANY, PLAIN
from contacts.imports.reading import ReadRow

# What a card becomes, and the field each feeds (contacts.imports.fields).
COLUMNS = {
    "Full name": "name",
    "Given name": "given_name",
    "Family name": "family_name",
    "Email": "email",
    "Second email": "email2",
    "More emails": "more_emails",
    "Kinds of the emails": "email_details",
    "Phone": "phone",
    "Phone 2": "phone",
    "Phone 3": "phone",
    "Kinds of the phones": "phone_details",
    "Company": "company",
    "Job title": "job_title",
    "Birthday": "birthday",
    "Street": "street",
    "City": "city",
    "Region": "region",
    "Postcode": "postcode",
    "Country": "country",
    "Kind of the address": "address_details",
    "City of the person": "own_city",
    "Country of the person": "own_country",
    "More addresses": "more_addresses",
    "Language": "language",
    "Categories": "tags",
    "UID": "external_id",
    "Number of the person here": "ecrm_number",
    "Workspace of the number": "ecrm_workspace",
    "Note": "",
}
HEADERS = list(COLUMNS)
OWN_UID = "ecrm-"
OWN_PLACE = "X-ECRM-PLACE"  # town; country
LONGEST_LINE = 64 * 1024
_ESCAPED = re.compile(r"\\(.)")
_PARTS = re.compile(r"(?<!\\);")
_GROUP = re.compile(r"^[\w-]+\.")
# A value begins at the first colon outside quotation marks; semicolons part what is before it alike.
_HEAD = re.compile(r'((?:[^":]|"[^"]*")*):')
_UNQUOTED_HEAD = re.compile(r"([^:]*):")
_PARAMETERS = re.compile(r'(?:[^;"]|"[^"]*")+')
_SHORT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})")
_LARGE = ("PHOTO", "LOGO", "SOUND", "KEY")


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    parameters: dict[str, str]
    value: str


def looks_like(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").replace(b"\x00", b"")[:11].upper() == b"BEGIN:VCARD"


def read_rows(stream: IO[bytes], encoding: str = "utf-8") -> Iterator[ReadRow]:
    """The names of the columns, then every card. Cards that never end are answered as broken."""
    yield ReadRow(0, list(HEADERS))
    properties: list[_Property] = []
    begun = 0
    for number, line in _unfolded(stream, encoding):
        found = _property(line, encoding)
        if found is None:
            continue
        if found.name == "BEGIN":
            if begun:
                yield _broken(begun)
            begun, properties = number, []
        elif found.name == "END" and begun:
            yield ReadRow(begun, _cells(properties))
            begun = 0
        elif begun:
            properties.append(found)
    if begun:
        yield _broken(begun)


def _broken(line: int) -> ReadRow:
    return ReadRow(line, [], is_broken=True, reason=_("This card begins here and never ends."))


def _unfolded(stream: IO[bytes], encoding: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number each begins at: a line that begins with a blank goes on, as does
    one of quoted-printable that ends with a ``=``. What is longer than any text is cut off."""
    number, begun, held = 0, 1, ""
    for line in chain(_lines(stream, encoding), [None]):
        number += 1
        goes_on = line is not None and bool(held) and (line[:1] in (" ", "\t") or _is_soft(held))
        if goes_on and line is not None:
            more = line if _is_soft(held) else line[1:]
            if len(held) < LONGEST_LINE:
                held = held[:-1] + more if _is_soft(held) else held + more
            continue
        if held:
            yield begun, held
        begun, held = number, line or ""


def _is_soft(line: str) -> bool:
    return line.endswith("=") and "QUOTED-PRINTABLE" in line.partition(":")[0].upper()


def _lines(stream: IO[bytes], encoding: str) -> Iterator[str]:
    """Lines of any length in flat memory. UTF-16 is told by its mark."""
    first = stream.read(2)
    stream.seek(-len(first), 1)
    if first in (b"\xff\xfe", b"\xfe\xff"):
        for text in io.TextIOWrapper(stream, encoding="utf-16", errors="replace"):
            yield text.rstrip("\r\n")
        return
    while raw := stream.readline(LONGEST_LINE):
        text = raw.decode(encoding, "replace").lstrip("\ufeff")
        yield text.rstrip("\r\n")


def _property(line: str, encoding: str) -> _Property | None:
    head = _HEAD.match(line) or _UNQUOTED_HEAD.match(line)
    if head is None:
        return None
    name, *given = _PARAMETERS.findall(_GROUP.sub("", head.group(1))) or [""]
    value = line[head.end() :]
    name = name.strip().upper()
    if name in _LARGE:
        return None
    parameters: dict[str, str] = {}
    for each in given:
        key, equals, text = each.upper().partition("=")
        # 2.1 writes the value alone: TEL;HOME, N;QUOTED-PRINTABLE. 3.0 may name one several times.
        former = parameters.get(key)
        parameters[key] = ",".join(filter(None, [former, text.strip('"')])) if equals else ""
    return _Property(name, parameters, _decoded(parameters, value, encoding))


def _decoded(parameters: dict[str, str], value: str, encoding: str) -> str:
    how = parameters.get("ENCODING", "") or next((word for word in parameters if word in _ENCODINGS), "")
    charset = parameters.get("CHARSET", "") or encoding
    try:
        if how == "QUOTED-PRINTABLE":
            return quopri.decodestring(value.encode("utf-8", "replace")).decode(charset, "replace")
        if how in ("B", "BASE64"):
            return b64decode(value, validate=False).decode(charset, "replace")
    except (LookupError, Base64Error, ValueError):
        return ""
    return value


_ENCODINGS = ("QUOTED-PRINTABLE", "BASE64", "B")


def _cells(properties: list[_Property]) -> list[str]:
    by_name: dict[str, list[_Property]] = defaultdict(list)
    for each in properties:
        if each.value.strip():
            by_name[each.name].append(each)
    found = dict.fromkeys(HEADERS, "")
    found |= _names(by_name)
    found |= _listed(by_name, "EMAIL", ["Email", "Second email", "More emails"], "Kinds of the emails")
    found |= _listed(by_name, "TEL", ["Phone", "Phone 2", "Phone 3"], "Kinds of the phones")
    found |= _places(by_name)
    found["Company"] = _plain(_parts(by_name, "ORG")[0])
    found["Job title"] = _plain(_first(by_name, "TITLE"))
    found["Birthday"] = _birthday(_first(by_name, "BDAY"))
    found["Language"] = _plain(_first(by_name, "LANG"))
    categories = [_plain(name) for each in by_name["CATEGORIES"] for name in flat_people.split(each.value, ",")]
    found["Categories"] = flat_people.tags_text([name for name in categories if name])
    uid = _plain(_first(by_name, "UID")).removeprefix("urn:uuid:")
    if uid.startswith(OWN_UID):
        # Our own number of a person is no number of another system.
        found |= _ours(by_name, uid.removeprefix(OWN_UID), found)
    else:
        found["UID"] = uid
    found["Note"] = _plain(_first(by_name, "NOTE"))
    return list(found.values())


def _ours(by_name: dict[str, list[_Property]], uid: str, found: dict[str, str]) -> dict[str, str]:
    """What a card of our own says beyond others: who it is here, and where they are beside where their post goes.

    A card must have a name, so that it may be the address of somebody without one.
    """
    workspace, _dash, number = uid.rpartition("-")
    city, country, *_rest = [*map(_plain, _parts(by_name, OWN_PLACE)), "", ""]
    of_person = " of the person" if by_name["ADR"] else ""
    return {
        "Number of the person here": number,
        "Workspace of the number": workspace,
        "Full name": "" if found["Full name"] == found["Email"] else found["Full name"],
        f"City{of_person}": city,
        f"Country{of_person}": country,
    }


def _names(by_name: dict[str, list[_Property]]) -> dict[str, str]:
    family, given, *_rest = [*map(_plain, _parts(by_name, "N")), "", ""]
    return {"Full name": _plain(_first(by_name, "FN")), "Given name": given, "Family name": family}


def _listed(by_name: dict[str, list[_Property]], name: str, headers: list[str], kinds: str) -> dict[str, str]:
    """The preferred one first, each once; in the last column as many as there are."""
    values: dict[str, _Property] = {}
    for each in sorted(by_name[name], key=_preference):
        values.setdefault(_plain(each.value).removeprefix("tel:").removeprefix("mailto:"), each)
    last = len(headers) - 1
    found = dict(zip(headers, [*list(values)[:last], MANY.join(list(values)[last:])], strict=False))
    told = [_kind(each) for each in values.values()]
    return {**found, kinds: MANY.join(told) if any(kind != PLAIN for kind in told) else ""}


def _kind(each: _Property) -> str:
    """2.1 writes the bare word."""
    types = {*each.parameters.get("TYPE", "").split(","), *each.parameters}
    return next((kind for kind in ("work", "home") if kind.upper() in types), PLAIN)


def _preference(each: _Property) -> int:
    """The lower the better: 4.0 counts from 1 to 100, the older ones only say that one is preferred."""
    if "PREF" in each.parameters.get("TYPE", "").split(","):
        return 1
    given = each.parameters.get("PREF")
    if given is None:
        return 101
    return int(given) if given.isdecimal() and len(given) < 4 else 1


def _places(by_name: dict[str, list[_Property]]) -> dict[str, str]:
    """The preferred address in columns of its own; it says where the person is, too."""
    found = [(_address(each.value), _kind(each)) for each in sorted(by_name["ADR"], key=_preference)]
    found = [(lines, kind) for lines, kind in found if any(lines)]
    if not found:
        return {}
    (street, postcode, city, region, country), kind = found[0]
    own = {"City of the person": city, "Country of the person": country, "Kind of the address": kind}
    further = (";".join(flat_people.escaped(part) for part in (*lines, kind)) for lines, kind in found[1:])
    return {
        "Street": street,
        "Postcode": postcode,
        "City": city,
        "Region": region,
        "Country": country,
        **own,
        "More addresses": MANY.join(further),
    }


def _address(value: str) -> tuple[str, ...]:
    """Of post office box; extended address; street; locality; region; postal code; country."""
    parts = [*map(_plain, _PARTS.split(value)), *[""] * 7]
    return (", ".join(filter(None, parts[:3])), parts[5], parts[3], parts[4], parts[6])


def _first(by_name: dict[str, list[_Property]], name: str) -> str:
    ordered = sorted(by_name[name], key=_preference)
    return ordered[0].value if ordered else ""


def _parts(by_name: dict[str, list[_Property]], name: str) -> list[str]:
    return _PARTS.split(_first(by_name, name)) or [""]


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: " " if found.group(1) in "nN" else found.group(1), value).strip()


def _birthday(value: str) -> str:
    """The basic form becomes the extended; a day without its year is no birthday we can keep."""
    text = value.strip()
    if text.startswith("--"):
        return ""
    found = _SHORT_DATE.match(text)
    return "-".join(found.groups()) if found else text[:10]
