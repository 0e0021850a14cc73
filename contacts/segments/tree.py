"""The rule of a segment: a tree of all/any/none groups over registered criteria.

As JSON a node is ``{"all": [node, …]}`` (or ``any``, ``none``), or
``{"criterion": key, "operator": key, "value": …}``. Nodes are named by their place: ``"2.0"`` is
the first part of the third part of the root, ``""`` the root itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from contacts import criteria
from contacts.criteria import Criterion, Scope, UnknownCriterion

KINDS = ("all", "any", "none")
MAX_DEPTH = 5
MAX_NODES = 100
EVERYBODY: dict[str, Any] = {"all": []}


class InvalidRule(ValueError):
    """``errors`` holds the words for each faulty node, by its place."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{place or 'rule'}: {words}" for place, words in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Condition:
    criterion: Criterion
    operator: str
    value: Any
    place: str = ""

    def compile(self, scope: Scope) -> Q:
        return self.criterion.compile(self.operator, self.value, scope)

    def sentence(self, scope: Scope) -> str:
        return self.criterion.sentence(self.operator, self.value, scope)

    def judge(self) -> None:
        """Raises ``ValidationError`` for values that nobody may write now, such as an address without a domain."""
        operator = self.criterion.operator(self.operator)
        values = operator.values(self.value)
        for given in operator.inputs:
            given_judge = getattr(given, "judge", None)
            if given_judge is not None:
                given_judge(values[given.name])

    def asks_as(self, other: Condition) -> bool:
        """Whether both ask the same, wherever they stand."""
        mine, theirs = ((each.criterion.key, each.operator, each.value) for each in (self, other))
        return mine == theirs


@dataclass(frozen=True, slots=True)
class Group:
    """``kind`` is all, any or none. An empty ``all`` or ``none`` is everybody, an empty ``any`` nobody."""

    kind: str
    parts: tuple[Node, ...]
    place: str = ""

    def compile(self, scope: Scope) -> Q:
        if self.kind == "any":
            return self._any(scope)
        found = Q()
        for part in self.parts:
            # One negation each: the planner turns NOT EXISTS into an anti-join, NOT (a OR b) it does not.
            found &= part.compile(scope) if self.kind == "all" else ~part.compile(scope)
        return found

    def _any(self, scope: Scope) -> Q:
        found = Q(pk__in=[])
        for part in self.parts:
            found |= part.compile(scope)
        return found


Node = Condition | Group


def parse(rule: Any) -> Group:
    """The tree of a rule, always with an ``all`` group as its root. Raises ``InvalidRule``.

    Looks at the shape and at every value, but not at whether rows named in values still exist. A
    tree that was parsed before is given back.
    """
    if isinstance(rule, Group):
        return rule
    reader = _Reader()
    root = reader.node(rule, "", 0)
    if reader.errors or root is None:
        raise InvalidRule(reader.errors)
    return root if isinstance(root, Group) and root.kind == "all" else Group("all", (_moved(root, "0"),))


def as_json(node: Node) -> dict[str, Any]:
    """The opposite of ``parse``."""
    if isinstance(node, Group):
        return {node.kind: [as_json(part) for part in node.parts]}
    found = {"criterion": node.criterion.key, "operator": node.operator}
    return found if node.value is None else {**found, "value": node.value}


def pointer(rule: Any, place: str) -> str:
    """Where in the JSON of a rule the part of this place stands (RFC 6901): ``/all/2/any/0``.

    The place is one that an ``InvalidRule`` about this rule names, be it of ``parse`` or of its tree.
    """
    if place and isinstance(rule, dict) and "all" not in rule and _can_be_read(rule):
        place = place.partition(".")[2]  # ``parse`` has put it into a group
    found = ""
    for number in place.split(".") if place else ():
        kind = next(iter(rule))
        rule = rule[kind][int(number)]
        found += f"/{kind}/{number}"
    return found


def _can_be_read(rule: Any) -> bool:
    try:
        parse(rule)
    except InvalidRule:
        return False
    return True


def compile_rule(rule: Any, scope: Scope) -> Q:
    """Raises ``InvalidRule`` or ``criteria.Unanswerable``."""
    return parse(rule).compile(scope)


def conditions(node: Node) -> Iterator[Condition]:
    """All conditions, in reading order."""
    if isinstance(node, Condition):
        yield node
        return
    for part in node.parts:
        yield from conditions(part)


def segments_in(rule: Any) -> set[int]:
    """Ids of the segments a rule refers to; none when the rule cannot be read."""
    try:
        root = parse(rule)
    except InvalidRule:
        return set()
    found: set[int] = set()
    for condition in conditions(root):
        if condition.criterion.refers_to is not None:
            found |= set(condition.criterion.refers_to(condition.value))
    return found


class _Reader:
    def __init__(self) -> None:
        self.errors: dict[str, str] = {}
        self.count = 0

    def node(self, raw: Any, place: str, depth: int) -> Node | None:
        self.count += 1
        if self.count > MAX_NODES:
            return self._refuse("", _("A rule can have at most %(count)s conditions.") % {"count": MAX_NODES})
        if not isinstance(raw, dict):
            return self._refuse(place, _("This part is neither a group nor a condition."))
        if "criterion" in raw:
            return self._condition(raw, place)
        if len(raw) == 1 and (kind := next(iter(raw))) in KINDS and isinstance(raw[kind], list):
            return self._group(kind, raw[kind], place, depth)
        return self._refuse(place, _("This part is neither a group nor a condition."))

    def _group(self, kind: str, raw: list[Any], place: str, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            return self._refuse(place, _("Groups can lie at most %(count)s deep.") % {"count": MAX_DEPTH})
        if not raw and place:
            return self._refuse(place, _("This group is empty. Add a condition or remove it."))
        parts = []
        for number, part in enumerate(raw):
            parts.append(self.node(part, f"{place}.{number}" if place else str(number), depth + 1))
            if self.count > MAX_NODES:
                break
        return Group(kind, tuple(part for part in parts if part is not None), place)

    def _condition(self, raw: dict[str, Any], place: str) -> Node | None:
        try:
            criterion = criteria.get(raw["criterion"])
            operator = criterion.operator(raw.get("operator", ""))
        except UnknownCriterion as error:
            return self._refuse(place, error.gone.words or _("This condition is not known (any more)."))
        except (KeyError, TypeError, AttributeError):
            return self._refuse(place, _("This condition is not known (any more)."))
        try:
            values = operator.values(raw.get("value"))
            for given in operator.inputs:
                given.check(values[given.name])
            for given in operator.extras:
                if values[given.name] is not None:
                    given.check(values[given.name])
        except (KeyError, TypeError):
            return self._refuse(place, _("Fill in this condition."))
        except ValidationError as error:
            return self._refuse(place, " ".join(error.messages))
        return Condition(criterion, operator.key, operator.value(values), place)

    def _refuse(self, place: str, words: str) -> Node | None:
        self.errors.setdefault(place, words)
        return None


def _moved(node: Node, place: str) -> Node:
    if isinstance(node, Condition):
        return Condition(node.criterion, node.operator, node.value, place)
    parts = tuple(_moved(part, f"{place}.{number}") for number, part in enumerate(node.parts))
    return Group(node.kind, parts, place)
