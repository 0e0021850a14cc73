"""The few people something happened to, looked at again through all segments at once.

All conditions of all rules are one question about these people, their stays another, and what moved
is written by one statement: the number of segments hardly costs anything. Segments that refer to
others come after them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import TypeVar

from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from contacts.criteria import Scope
from contacts.models import Contact, Segment, SegmentMembership
from contacts.models.segments import SegmentKind
from contacts.segments import breaking, causes, counting, moves, order, tree
from contacts.segments.causes import Blame, Flags, Inquest, Moved
from contacts.segments.moves import Move
from contacts.segments.tree import Condition, Group
from ecrm.rowsets import id_array, rows_of
from ecrm.tenancy.context import require_tenant_id

# Conditions asked by one statement: beyond that planning it costs more than a second one.
MOST_CONDITIONS = 40
Reasons = dict[int, set[str]]
_Asked = TypeVar("_Asked")


def follow(ids: Sequence[int], scope: Scope, reasons: Reasons) -> None:
    """Brings the memberships of these people in line with every live rule, as of ``scope.now``.

    Those who moved become a reason for the segments that refer to that one. A rule that cannot be
    evaluated is noted and leaves the others alone.
    """
    current = Segment.objects.filter(archived_at=None).order_by("pk")
    for level in order.levels(current):
        # Where the full calculation is still to come (or will be tried again at night) there is nothing to follow.
        followed = [segment for segment in level if segment.calculated_version and not segment.broken_reason]
        readable = [each for segment in followed if (each := _read(segment, scope)) is not None]
        if readable:
            _try(readable, ids, scope, reasons)


@dataclass(slots=True)
class _Rule:
    """``conditions`` are compiled, in reading order, and named so that equal ones are asked once."""

    segment: Segment
    root: Group
    conditions: dict[str, Q]
    names: list[str]

    def holds(self, answers: Flags) -> bool:
        by_place = {leaf.place: each for leaf, each in zip(tree.conditions(self.root), answers, strict=True)}
        return counting.holds(self.root, by_place)


def _read(segment: Segment, scope: Scope) -> _Rule | None:
    try:
        root = tree.parse(segment.rule)
        leaves = list(tree.conditions(root))
        names = [_name(leaf) for leaf in leaves]
        return _Rule(
            segment, root, {name: leaf.compile(scope) for name, leaf in zip(names, leaves, strict=True)}, names
        )
    except breaking.UNREADABLE as error:
        breaking.note(segment, error, at=scope.now)
        return None


def _name(leaf: Condition) -> str:
    return json.dumps([leaf.criterion.key, leaf.operator, leaf.value], default=str, sort_keys=True)


def _try(rules: list[_Rule], ids: Sequence[int], scope: Scope, reasons: Reasons) -> None:
    """All at once; one by one when the database refuses, so that only the faulty ones break."""
    try:
        with transaction.atomic():
            _follow(rules, ids, scope, reasons)
    except DatabaseError as error:
        if len(rules) == 1:
            breaking.note(rules[0].segment, error, at=scope.now)
            return
        for rule in rules:
            _try([rule], ids, scope, reasons)


def _follow(rules: list[_Rule], ids: Sequence[int], scope: Scope, reasons: Reasons) -> None:
    people = _People(ids, {name: condition for rule in rules for name, condition in rule.conditions.items()})
    stays = _stays(rules, ids)
    found = [_difference(rule, people, stays.get(rule.segment.pk, {})) for rule in rules]
    moved = [each for each in found if each.moved.entered or each.moved.left]
    grown = moves.write(list(_moves(moved, scope, reasons)), at=scope.now)
    _count({pk: number for pk, number in grown.items() if number})
    for each in moved:
        for contact_id in (*each.moved.entered, *each.moved.left):
            reasons.setdefault(contact_id, set()).add(f"segment:{each.rule.segment.pk}")


class _People:
    """What each condition says of each person, and who is in the bin."""

    def __init__(self, ids: Sequence[int], conditions: dict[str, Q]) -> None:
        self.place_of = {name: number for number, name in enumerate(conditions)}
        self.binned: set[int] = set()
        self.rows: dict[int, Flags] = {}
        for asked in _portions(conditions.values()):
            self._ask(ids, asked)
        if not conditions:
            self._ask(ids, ())

    def _ask(self, ids: Sequence[int], conditions: Iterable[Q]) -> None:
        flags = {f"h{number}": counting.as_flag(condition) for number, condition in enumerate(conditions)}
        for pk, binned_at, *row in Contact.objects.among(ids).annotate(**flags).values_list("pk", "binned_at", *flags):
            self.rows[pk] = (*self.rows.get(pk, ()), *row)
            if binned_at is not None:
                self.binned.add(pk)

    def answers(self, names: Sequence[str]) -> dict[int, Flags]:
        if len(names) < 2:
            return {pk: tuple([row[self.place_of[name]] for name in names]) for pk, row in self.rows.items()}
        pick = itemgetter(*(self.place_of[name] for name in names))
        return {pk: pick(row) for pk, row in self.rows.items()}


@dataclass(frozen=True, slots=True)
class _Difference:
    """``stays`` are the open ones by person, ``answers`` what the rule's conditions say of everybody asked."""

    rule: _Rule
    answers: dict[int, Flags]
    stays: dict[int, int]
    moved: Moved


def _difference(rule: _Rule, people: _People, stays: dict[int, int]) -> _Difference:
    answers = people.answers(rule.names)
    # People with the same answers share the outcome.
    outcomes = {flags: rule.holds(flags) for flags in set(answers.values())}
    wanted = {pk for pk, flags in answers.items() if outcomes[flags]} - people.binned
    moved = Moved(sorted(wanted - stays.keys()), sorted(stays.keys() - wanted))
    return _Difference(rule, answers, stays, moved)


def _stays(rules: list[_Rule], ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """The open stays of these people, by segment and person."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT segment_id, contact_id, id FROM {SegmentMembership.table()}"
            " WHERE tenant_id = %s AND contact_id = ANY (%s::bigint[]) AND segment_id = ANY (%s::bigint[])"
            " AND left_at IS NULL",
            [require_tenant_id(), id_array(ids), id_array(rule.segment.pk for rule in rules)],
        )
        rows = cursor.fetchall()
    found: dict[int, dict[int, int]] = {}
    for segment_id, contact_id, stay_id in rows:
        found.setdefault(segment_id, {})[contact_id] = stay_id
    return found


def _moves(found: Sequence[_Difference], scope: Scope, reasons: Reasons) -> Iterable[Move]:
    passed = _passed(found, scope)
    for each in found:
        blame = _blamed(each, passed, reasons)
        for contact_id in each.moved.entered:
            yield Move(each.rule.segment.pk, contact_id, blame(contact_id, True))
        for contact_id in each.moved.left:
            yield Move(each.rule.segment.pk, contact_id, blame(contact_id, False), each.stays[contact_id])


Passed = dict[tuple[int, int], frozenset[str]]


def _blamed(found: _Difference, passed: Passed, reasons: Reasons) -> Callable[[int, bool], Blame]:
    segment, moved = found.rule.segment, found.moved
    if segment.kind == SegmentKind.STATIC:
        blames = causes.of_list(segment, moved, reasons)
        return lambda contact_id, _has_entered: blames[contact_id]
    crossed = {pk: passed.get((segment.pk, pk), frozenset()) for pk in (*moved.entered, *moved.left)}
    inquest = Inquest(found.rule.root, reasons, found.answers, crossed)
    return lambda contact_id, has_entered: inquest.blame(contact_id, has_entered=has_entered)


def _passed(found: Sequence[_Difference], scope: Scope) -> Passed:
    """By segment and person, the conditions (by place) whose window the clock passed lately; one query."""
    asked = {
        (each.rule.segment.pk, place): q for each in found for place, q in causes.windows(each.rule.root, scope).items()
    }
    who = {pk for each in found for pk in (*each.moved.entered, *each.moved.left)}
    passed: Passed = {}
    for some in _portions(asked):
        flags = {f"c{number}": counting.as_flag(asked[key]) for number, key in enumerate(some)}
        for pk, *row in Contact.objects.among(sorted(who)).annotate(**flags).values_list("pk", *flags):
            for (segment_id, place), has in zip(some, row, strict=True):
                if has:
                    passed[segment_id, pk] = passed.get((segment_id, pk), frozenset()) | {place}
    return passed


def _portions(asked: Iterable[_Asked]) -> Iterator[list[_Asked]]:
    left = iter(asked)
    while some := list(islice(left, MOST_CONDITIONS)):
        yield some


def _count(grown: dict[int, int]) -> None:
    if not grown:
        return
    rows = rows_of({"id": ("bigint", list(grown)), "number": ("bigint", list(grown.values()))})
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Segment.table()} segment SET member_count = segment.member_count + grown.number"
            f" FROM ({rows.sql}) AS grown WHERE segment.tenant_id = %s AND segment.id = grown.id",
            [*rows.params, require_tenant_id()],
        )
