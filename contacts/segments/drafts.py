"""A rule while somebody writes it: a form whose fields are named by their place in the tree.

``k.2`` is the kind of the group at place 2, ``c.2.0`` the criterion of its first part (``p.2.0``
the one its other fields belong to), ``o.2.0`` the operator, ``v.2.0.days`` what was filled in.
``c.2.0=kept:1`` is the condition that the saved rule has at place 1, of somebody who does not see it.
Buttons send ``do`` with an edit such as ``add:2`` (``edits``). Everything is lenient here: what cannot be a
rule yet stays on the page as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from contacts import criteria
from contacts.criteria import Criterion, Input, Operator, Scope, UnknownCriterion
from contacts.segments import tree
from contacts.segments.tree import KINDS, MAX_DEPTH, MAX_NODES, Condition, Group, InvalidRule

Path = tuple[int, ...]
KEPT = "kept:"


@dataclass(slots=True)
class DraftCondition:
    """``sent`` holds the texts of each input; ``criterion`` None has not been chosen yet.

    ``kept`` is the place in the saved rule of a condition that its reader may not see (``askable``).
    """

    criterion: Criterion | None = None
    operator: Operator | None = None
    sent: dict[str, list[str]] = field(default_factory=dict)
    place: str = ""
    # It was saved so before: what would be refused of it now is pointed out, and holds nothing up.
    stands: bool = False
    kept: str = ""

    def read(self, scope: Scope) -> Condition:
        """Raises ``ValidationError``."""
        condition = self._read(scope)
        if not self.stands:
            condition.judge()
        return condition

    def qualm(self, scope: Scope) -> str:
        """What would be refused of a condition that stands, if it was written now."""
        try:
            if self.stands:
                self._read(scope).judge()
        except ValidationError as error:
            return " ".join(error.messages)
        return ""

    def asked(self, scope: Scope) -> Condition | None:
        """What it asks, if that may be refused and is not filled in wrongly."""
        is_judged = self.operator is not None and any(getattr(given, "judge", None) for given in self.operator.inputs)
        try:
            return self._read(scope) if is_judged else None
        except ValidationError:
            return None

    def _read(self, scope: Scope) -> Condition:
        if self.criterion is None or self.operator is None:
            raise ValidationError(_("Choose what to ask about."))
        values = {given.name: given.read(self.sent.get(given.name, []), scope) for given in self.operator.inputs}
        values |= {
            given.name: given.read(self.sent[given.name], scope) if any(self.sent.get(given.name, ())) else None
            for given in self.operator.extras
        }
        return Condition(self.criterion, self.operator.key, self.operator.value(values), self.place)


@dataclass(slots=True)
class DraftGroup:
    kind: str
    parts: list[DraftNode] = field(default_factory=list)
    place: str = ""


DraftNode = DraftCondition | DraftGroup


def from_rule(rule: Any, scope: Scope) -> DraftGroup:
    """The form of a saved rule. What cannot be read (any more) is there to be filled in anew."""
    drafted = _drafted(rule, scope)
    if not isinstance(drafted, DraftGroup) or drafted.kind != "all":
        drafted = DraftGroup("all", [drafted])
    return placed(drafted)


def stand_by(draft: DraftGroup, stored: Any, scope: Scope) -> DraftGroup:
    """The draft, in which conditions that the ``stored`` rule has as well stand as they are."""
    written = [(node, asked) for node in _conditions(draft) if (asked := node.asked(scope))]
    known = [asked for node in _conditions(_drafted(stored, scope)) if (asked := node.asked(scope))] if written else []
    for node, asked in written:
        node.stands = any(asked.asks_as(one) for one in known)
    return draft


def as_new(draft: DraftGroup) -> DraftGroup:
    """For a segment of its own: every condition is judged as if it was written now."""
    for node in _conditions(draft):
        node.stands = False
    return draft


def _conditions(node: DraftNode) -> Iterator[DraftCondition]:
    if isinstance(node, DraftCondition):
        yield node
    else:
        for part in node.parts:
            yield from _conditions(part)


def from_form(form: QueryDict) -> DraftGroup:
    """Whatever was sent, as far as it makes sense; never fails."""
    paths = sorted(_paths(form))[:MAX_NODES]
    root = DraftGroup("all")
    nodes: dict[Path, DraftNode] = {(): root}
    for path in paths:
        parent = nodes.get(path[:-1])
        if isinstance(parent, DraftGroup):
            nodes[path] = _node(form, ".".join(map(str, path)))
            parent.parts.append(nodes[path])
    return placed(root)


def as_tree(root: DraftGroup, scope: Scope) -> tuple[Group, dict[str, str]]:
    """The part of a draft that is complete, and by place what is wrong with the rest."""
    errors: dict[str, str] = {}
    found = _read(root, scope, errors)
    assert isinstance(found, Group)
    return found, errors


def _paths(form: QueryDict) -> set[Path]:
    found = set()
    for key in form:
        letter, _dot, place = key.partition(".")
        numbers = place.split(".")
        if letter in ("k", "c") and len(numbers) <= MAX_DEPTH + 1 and all(_is_number(text) for text in numbers):
            found.add(tuple(map(int, numbers)))
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


def _node(form: QueryDict, place: str) -> DraftNode:
    kind = form.get(f"k.{place}")
    if kind is not None:
        return DraftGroup(kind if kind in KINDS else "any")
    asked = form.get(f"c.{place}", "")
    if asked.startswith(KEPT):
        return DraftCondition(kept=asked.removeprefix(KEPT))
    try:
        criterion = criteria.get(asked)
    except UnknownCriterion:
        return DraftCondition()
    wanted = form.get(f"o.{place}", "")
    operator = next((known for known in criterion.operators if known.key == wanted), None)
    # The answers to another question mean nothing to this one.
    if operator is None or form.get(f"p.{place}", criterion.key) != criterion.key:
        return fresh(criterion)
    given_all = (*operator.inputs, *operator.extras)
    sent = {given.name: _texts(form, f"v.{place}.{given.name}", given) for given in given_all}
    return DraftCondition(criterion, operator, sent)


def _texts(form: QueryDict, key: str, given: Input) -> list[str]:
    """What was sent; an operator that was only just chosen starts from its usual values."""
    if key in form:
        return [text[:2000] for text in form.getlist(key) if text]
    return _usual(given)


def fresh(criterion: Criterion) -> DraftCondition:
    """With its first operator and the usual values."""
    operator = criterion.operators[0]
    return DraftCondition(criterion, operator, {given.name: _usual(given) for given in operator.inputs})


def _usual(given: Input) -> list[str]:
    return [] if given.initial is None else [str(given.initial)]


def _drafted(raw: Any, scope: Scope) -> DraftNode:
    kind = next((kind for kind in KINDS if isinstance(raw, dict) and isinstance(raw.get(kind), list)), None)
    if kind is not None:
        return DraftGroup(kind, [_drafted(part, scope) for part in raw[kind]])
    try:
        node = next(tree.conditions(tree.parse(raw)))
    except (InvalidRule, StopIteration):
        return DraftCondition()
    operator = node.criterion.operator(node.operator)
    values = operator.values(node.value)
    given_all = (*operator.inputs, *(each for each in operator.extras if values[each.name] is not None))
    sent = {given.name: list(given.write(values[given.name], scope)) for given in given_all}
    return DraftCondition(node.criterion, operator, sent, stands=True)


def placed(root: DraftGroup) -> DraftGroup:
    """Empty groups go, places are counted anew."""
    root.parts = [part for part in root.parts if not isinstance(part, DraftGroup) or _prune(part)]
    _count(root, "")
    return root


def _prune(group: DraftGroup) -> bool:
    group.parts = [part for part in group.parts if not isinstance(part, DraftGroup) or _prune(part)]
    return bool(group.parts)


def _count(node: DraftNode, place: str) -> None:
    node.place = place
    if isinstance(node, DraftGroup):
        for number, part in enumerate(node.parts):
            _count(part, f"{place}.{number}" if place else str(number))


def _read(node: DraftNode, scope: Scope, errors: dict[str, str]) -> tree.Node | None:
    if isinstance(node, DraftCondition):
        try:
            return node.read(scope)
        except ValidationError as error:
            errors[node.place] = " ".join(error.messages)
            return None
    parts = [_read(part, scope, errors) for part in node.parts]
    complete = tuple(part for part in parts if part is not None)
    return Group(node.kind, complete, node.place) if complete or not node.place else None
