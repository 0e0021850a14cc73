"""Rules of segments as parameters of an address.

Each part of a rule's root is one parameter. The usual ones are short and the same as ever::

    stage=lead&stage=customer   tag=7   owner=7|none   country=PT   company=Luz   active=30|never

All others are ``where=<criterion>.<operator>:<value>``, such as ``where=country.none_of:PT,ES`` or
``where=last_active_at.not_in_last:90``; a group is ``where=`` and its JSON. A list of one ends in a
comma. ``parts_of`` reads them, ``parameters_of`` writes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from contacts.segments import tree
from contacts.segments.tree import Group, InvalidRule, Node

WHERE = "where"
Parameter = tuple[str, str]
LONGEST = 4_000
MOST = 50
Rule = dict[str, Any]

_BARE = re.compile(r"[^\W\d_][\w .@'/+-]*")
_ITEM = re.compile(r'"(?:[^"\\]|\\.)*"|[^,"]+')
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# The shortest that fits: keys of criteria may hold dots and colons themselves.
_CONDITION = re.compile(r"(?P<criterion>[^{}]+?)\.(?P<operator>\w+)(?::(?P<value>.*))?", re.DOTALL)
_NAMES = ("true", "false", "null")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the root of a list's rule, as it was read."""

    node: Node

    @property
    def json(self) -> Rule:
        return tree.as_json(self.node)


def parts_of(query: QueryDict) -> tuple[list[Part], bool]:
    """The parts an address asks for, and whether some of it meant nothing and was left out."""
    rules = [rule for name in _SHORT for rule in _short_rules(name, query.getlist(name))]
    rules += [rule_of_text(text) for text in query.getlist(WHERE)[:MOST]]
    parts, is_faulty = [], False
    for rule in rules:
        part = _part(rule)
        if part is None:
            is_faulty = True
        else:
            parts.append(part)
    return parts, is_faulty


def parameters_of(parts: Iterable[Part]) -> list[Parameter]:
    """The parameters that say these parts, the short way where there is one."""
    taken: set[str] = set()
    found: list[Parameter] = []
    for part in parts:
        short = _in_short(part.json)
        if short and short[0][0] not in taken:
            taken.add(short[0][0])
            found += short
        else:
            found.append((WHERE, written(part.json)))
    return found


def rule_of(parts: Sequence[Part]) -> Rule:
    """The rule of a segment that asks the same."""
    return {"all": [part.json for part in parts]}


def written(rule: Rule) -> str:
    """One part as the text of a ``where``."""
    if "criterion" not in rule:
        return json.dumps(rule, separators=(",", ":"), ensure_ascii=False)
    text = f"{rule['criterion']}.{rule['operator']}"
    return text if rule.get("value") is None else f"{text}:{_write(rule['value'])}"


def rule_of_text(text: str) -> Rule | None:
    """The condition or group that one ``where`` holds, not looked at further; None for what is neither."""
    if len(text) > LONGEST or "\0" in text:
        return None
    try:
        if text.startswith("{"):
            read = json.loads(text)
            return read if isinstance(read, dict) else None
        found = _CONDITION.fullmatch(text)
        if found is None:
            return None
        rule = {"criterion": found["criterion"], "operator": found["operator"]}
        return rule if found["value"] is None else rule | {"value": _read(found["value"])}
    except (ValueError, RecursionError):
        return None


def is_parameter(name: str) -> bool:
    return name == WHERE or name in _SHORT


def _part(rule: Rule | None) -> Part | None:
    if rule is None:
        return None
    try:
        root = tree.parse(rule)
    except (InvalidRule, RecursionError):
        return None
    # ``parse`` puts what is no group of all into one.
    return Part(root.parts[0] if len(root.parts) == 1 and "all" not in rule else root)


def _read(text: str) -> Any:
    """The opposite of ``_write``. Raises ``ValueError``."""
    if text[:1] in ("{", "["):
        return json.loads(text)
    items = [_item(found) for found in _ITEM.findall(text)]
    if "," in _ITEM.sub("", text):
        return items
    return items[0] if items else ""


def _write(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(one, str | int | float) for one in value):
        return ",".join(map(_word, value)) + ("," if len(value) == 1 else "")
    if isinstance(value, str | int | float):
        return _word(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _word(value: str | int | float) -> str:
    if isinstance(value, str) and _is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    is_shaped = _BARE.fullmatch(text) or _DAY.fullmatch(text)
    return bool(is_shaped) and text not in _NAMES and text.strip() == text


def _item(text: str) -> Any:
    is_json = text.startswith('"') or text in _NAMES or text[0] in "-0123456789"
    return json.loads(text) if is_json and not _DAY.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class _Short:
    """A parameter of its own for one criterion. ``write`` answers None where it cannot say the condition."""

    read: Callable[[list[str]], Rule | None]
    write: Callable[[str, Any], list[str] | None]
    criterion: str


def _short_rules(name: str, texts: list[str]) -> Iterator[Rule | None]:
    given = [text for text in texts if text.strip()]
    if given and not _is_own(name, given):
        yield _SHORT[name].read(given)


def _is_own(name: str, given: list[str]) -> bool:
    """``owner=me`` depends on who looks: the list reads it itself."""
    return name == "owner" and given[0] == "me"


def _in_short(rule: Rule) -> list[Parameter]:
    for name, short in _SHORT.items():
        if rule.get("criterion") == short.criterion:
            texts = short.write(rule["operator"], rule.get("value"))
            return [(name, text) for text in texts or ()]
    return []


def _is_any_of(criterion: str, value: list[Any]) -> Rule:
    return {"criterion": criterion, "operator": "any_of", "value": value}


def _listed(criterion: str, *, upper: bool = False) -> _Short:
    def read(texts: list[str]) -> Rule | None:
        return _is_any_of(criterion, list(dict.fromkeys(text.upper() if upper else text for text in texts[:MOST])))

    def write(operator: str, value: Any) -> list[str] | None:
        return list(value) if operator == "any_of" else None

    return _Short(read, write, criterion)


def _read_owner(texts: list[str]) -> Rule | None:
    if texts[0] == "none":
        return {"criterion": "owner", "operator": "unassigned"}
    return _read_ids("owner")(texts)


def _write_owner(operator: str, value: Any) -> list[str] | None:
    if operator == "unassigned":
        return ["none"]
    return [str(one) for one in value] if operator == "any_of" else None


def _read_ids(criterion: str) -> Callable[[list[str]], Rule | None]:
    def read(texts: list[str]) -> Rule | None:
        if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in texts):
            return None
        return _is_any_of(criterion, [int(text) for text in texts[:MOST]])

    return read


def _write_ids(operator: str, value: Any) -> list[str] | None:
    return [str(one) for one in value] if operator == "any_of" else None


def _read_company(texts: list[str]) -> Rule | None:
    return None if "\0" in texts[0] else _is_any_of("company", [" ".join(texts[0].split())])


def _write_company(operator: str, value: Any) -> list[str] | None:
    return list(value) if operator == "any_of" and len(value) == 1 else None


_DAYS = ("7", "30", "90", "365")


def _read_active(texts: list[str]) -> Rule | None:
    if texts[0] == "never":
        return {"criterion": "last_active_at", "operator": "never"}
    if texts[0] not in _DAYS:
        return None
    return {"criterion": "last_active_at", "operator": "in_last", "value": int(texts[0])}


def _write_active(operator: str, value: Any) -> list[str] | None:
    if operator == "never":
        return ["never"]
    return [str(value)] if operator == "in_last" and str(value) in _DAYS else None


_SHORT: Mapping[str, _Short] = {
    "stage": _listed("stage"),
    "country": _listed("country", upper=True),
    "owner": _Short(_read_owner, _write_owner, "owner"),
    "company": _Short(_read_company, _write_company, "company"),
    "tag": _Short(_read_ids("tag"), _write_ids, "tag"),
    "active": _Short(_read_active, _write_active, "last_active_at"),
}


def group(parts: Sequence[Part]) -> Group:
    return Group("all", tuple(part.node for part in parts))
