"""What happened to a few people, written down beside the product, and rules read from that alone.

Nothing here asks the database: who belongs to a segment at an instant is worked out from dated facts.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

Rule = dict[str, Any]


class Chronicle:
    def __init__(self) -> None:
        self.facts: dict[tuple[int, str], list[tuple[datetime, Any]]] = defaultdict(list)
        self.events: dict[tuple[int, str], list[datetime]] = defaultdict(list)
        self.rules: dict[int, list[tuple[datetime, Rule]]] = defaultdict(list)
        self.touched: set[tuple[int, datetime]] = set()

    def note(self, person: int, name: str, value: Any, at: datetime) -> None:
        self.facts[person, name].append((at, value))
        self.touched.add((person, at))

    def happened(self, person: int, name: str, at: datetime) -> None:
        self.events[person, name].append(at)
        self.touched.add((person, at))

    def ruled(self, segment: int, rule: Rule, at: datetime) -> None:
        self.rules[segment].append((at, rule if "all" in rule else {"all": [rule]}))

    def value(self, person: int, name: str, at: datetime) -> Any:
        return _latest(self.facts[person, name], at)

    def rule(self, segment: int, at: datetime) -> Rule | None:
        return _latest(self.rules[segment], at)

    def is_in(self, segment: int, person: int, at: datetime) -> bool:
        rule = self.rule(segment, at)
        return rule is not None and not self.value(person, "binned", at) and self.holds(rule, person, at)

    def members(self, segment: int, people: list[int], at: datetime) -> set[int]:
        return {person for person in people if self.is_in(segment, person, at)}

    def holds(self, node: Rule, person: int, at: datetime) -> bool:
        if "criterion" in node:
            return self._answer(node["criterion"], node["operator"], node["value"], person, at)
        ((kind, parts),) = node.items()
        answers = [self.holds(part, person, at) for part in parts]
        return {"all": all(answers), "any": any(answers), "none": not any(answers)}[kind]

    def _answer(self, criterion: str, operator: str, value: Any, person: int, at: datetime) -> bool:
        if criterion.startswith("event:"):
            return self._did(criterion.removeprefix("event:"), operator, value, person, at)
        if criterion == "segment":
            return self.is_in(value, person, at) == (operator == "in")
        if criterion == "picked":
            return bool(self.value(person, f"picked {value}", at))
        stored = self.value(person, criterion, at)
        if criterion == "consent":
            return (stored or "unasked") == operator
        if criterion == "tag":
            has = [tag in (stored or ()) for tag in value]
            return {"any_of": any(has), "all_of": all(has), "none_of": not any(has)}[operator]
        return (stored in value) == (operator == "any_of")

    def _did(self, name: str, operator: str, value: Any, person: int, at: datetime) -> bool:
        until_now = [each for each in self.events[person, name] if each <= at]
        if operator in ("ever", "never"):
            return bool(until_now) == (operator == "ever")
        days, times = (value["days"], value["times"]) if operator == "at_least" else (value, 1)
        found = [each for each in until_now if each >= at - timedelta(days=days)]
        return (len(found) >= times) != (operator == "not_in_last")


def part_at(rule: Rule, place: str) -> Rule:
    """The condition at a place: "2.0" is the first part of the third."""
    for number in place.split("."):
        ((_kind, parts),) = rule.items()
        rule = parts[int(number)]
    return rule


def _latest(told: list[tuple[datetime, Any]], at: datetime) -> Any:
    return next((value for since, value in reversed(told) if since <= at), None)
