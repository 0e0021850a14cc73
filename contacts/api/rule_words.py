"""What is wrong with a condition, in words for who writes it by hand: names, not the labels of the rule builder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contacts import criteria
from contacts.criteria import Criterion, UnknownCriterion
from contacts.lists import language
from contacts.segments import tree
from contacts.segments.tree import Condition, InvalidRule


def fuller(rule: Any, place: str, words: str, *, is_text: bool) -> str:
    """``words`` of an ``InvalidRule`` about the part at ``place``, and what would be right there.

    ``is_text``: the part was written as ``criterion.operator:value``.
    """
    node = _at(rule, place)
    if not isinstance(node, Mapping) or "criterion" not in node:
        return words
    criterion = _criterion(node["criterion"])
    if criterion is None:
        told = {"criterion": _named(node["criterion"])}
        unknown = _("There is no criterion “%(criterion)s”: `/segments/criteria` lists those there are.") % told
        return words if isinstance(node["criterion"], str) and _gone(node["criterion"]) else unknown
    operator = node.get("operator", "")
    operators = [each.key for each in criterion.operators]
    told = {"criterion": criterion.key, "operator": _named(operator), "operators": ", ".join(operators)}
    if operator not in operators:
        return _("“%(criterion)s” has no operator “%(operator)s”. It has: %(operators)s.") % told
    if _wants_list(node):
        example = {**node, "value": [node["value"]]}
        shown = {"example": language.written(example) if is_text else json.dumps(example["value"], ensure_ascii=False)}
        if is_text:
            return words + " " + _("A list of one ends in a comma: %(example)s") % shown
        return words + " " + _("A list is wanted: %(example)s") % shown
    return f"{criterion.key}.{operator}: {words}"


def judge(rule: Any, *, stored: Any = None) -> None:
    """Raises ``InvalidRule`` for values that could match nobody, such as an address without a domain.

    What the ``stored`` rule asks already stands as it is.
    """
    known = _known(stored) if stored is not None else []
    errors = dict(_misjudged(rule, known))
    if errors:
        raise InvalidRule(errors)


def _misjudged(rule: Any, known: Sequence[Condition]) -> Iterator[tuple[str, str]]:
    for condition in tree.conditions(tree.parse(rule)):
        try:
            condition.judge()
        except ValidationError as error:
            if any(condition.asks_as(one) for one in known):
                continue
            told = {"operators": ", ".join(each.key for each in condition.criterion.operators)}
            further = _("The operators here are: %(operators)s.") % told
            yield condition.place, f"{' '.join(error.messages)} {further}"


def _known(rule: Any) -> list[Condition]:
    """Nothing of a rule that cannot be read any more."""
    try:
        return list(tree.conditions(tree.parse(rule)))
    except InvalidRule:
        return []


def _at(rule: Any, place: str) -> Any:
    for step in tree.pointer(rule, place).split("/")[1:]:
        rule = rule[int(step)] if isinstance(rule, list) else rule[step]
    return rule


def _criterion(key: Any) -> Criterion | None:
    try:
        return criteria.get(key)
    except (UnknownCriterion, TypeError, AttributeError):
        return None


def _gone(key: str) -> bool:
    """Whether it is known what it was."""
    try:
        criteria.get(key)
    except UnknownCriterion as error:
        return bool(error.gone.words)
    return False


def _wants_list(node: Mapping[str, Any]) -> bool:
    value = node.get("value")
    if value is None or isinstance(value, list | dict):
        return False
    try:
        tree.parse({**node, "value": [value]})
    except InvalidRule:
        return False
    return True


def _named(given: Any) -> str:
    return given[:60] if isinstance(given, str) else json.dumps(given)[:60]
