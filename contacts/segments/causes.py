"""Why people entered or left: which condition moved them, and what set it in motion.

A change of the rule, of a list, of the bin moves by itself. Otherwise the conditions of the rule are
looked at, for the few who moved: of those that decide, the one that follows what was marked
(``contacts.dirty``) is to blame, else the one whose window the clock passed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q

from contacts.criteria import Scope
from contacts.models import Contact, Segment, SegmentPick
from contacts.models.segments import Cause
from contacts.segments import counting, tree
from contacts.segments.tree import Condition, Group, Node

# Whoever moves in larger numbers was moved by one act; asking again for each would cost more than it tells.
MOST = 10_000
# The clock may have struck while no worker was there to hear it.
LOOKS_BACK = timedelta(days=2)
BIN = frozenset({"contact.binned", "contact.restored"})

Reasons = Mapping[int, Collection[str]]
Flags = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    entered: Sequence[int] = ()
    left: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Blame:
    cause: Cause
    place: str | None = None


UNKNOWN = Blame(Cause.CHANGE)


@dataclass(frozen=True, slots=True)
class Inquest:
    """The deciding conditions of one rule, for people who moved.

    ``answers`` says for each person what the conditions answer, in reading order, and ``crossed``
    which windows (by place) the clock passed for them lately. Many have the same story: it is judged once.
    """

    root: Group
    reasons: Reasons
    answers: Mapping[int, Flags]
    crossed: Mapping[int, frozenset[str]] = field(default_factory=dict)
    _known: dict[tuple[object, ...], Blame] = field(default_factory=dict)

    def blame(self, contact_id: int, *, has_entered: bool) -> Blame:
        reasons = frozenset(self.reasons.get(contact_id, ()))
        story = (reasons, self.answers.get(contact_id), self.crossed.get(contact_id, frozenset()), has_entered)
        if story not in self._known:
            self._known[story] = self._judge(*story)
        return self._known[story]

    def _judge(
        self, reasons: frozenset[str], answers: Flags | None, crossed: frozenset[str], has_entered: bool
    ) -> Blame:
        if BIN & reasons:
            return Blame(Cause.BIN)
        if answers is None:
            return UNKNOWN
        by_place = {leaf.place: answer for leaf, answer in zip(tree.conditions(self.root), answers, strict=True)}
        deciding = list(_deciding(self.root, by_place, is_wanted=True, has_entered=has_entered))
        for leaf in deciding:
            if any(leaf.criterion.is_moved_by(reason, leaf.value) for reason in reasons):
                return Blame(Cause.CHANGE, leaf.place)
        if "contact.created" in reasons:
            return Blame(Cause.CHANGE, "contact.created")
        for leaf in deciding:
            if leaf.place in crossed:
                return Blame(Cause.CLOCK, leaf.place)
        return Blame(Cause.CHANGE, deciding[0].place if len(deciding) == 1 else None)


def _deciding(node: Node, by_place: dict[str, bool], *, is_wanted: bool, has_entered: bool) -> Iterator[Condition]:
    """Conditions that answer as this outcome needs: as wanted for who entered, the other way for who left."""
    if (counting.holds(node, by_place) == is_wanted) != has_entered:
        return
    if isinstance(node, Condition):
        yield node
        return
    wanted = is_wanted != (node.kind == "none")
    for part in node.parts:
        yield from _deciding(part, by_place, is_wanted=wanted, has_entered=has_entered)


def windows(root: Group, scope: Scope) -> dict[str, Q]:
    """By place, who passed the window of a condition lately."""
    found = {}
    since = scope.now - LOOKS_BACK
    for leaf in tree.conditions(root):
        window = leaf.criterion.window
        crossed = window.crossed(leaf.operator, leaf.value, since, scope.now, scope) if window else None
        if crossed is not None:
            found[leaf.place] = crossed
    return found


def inquest(root: Group, ids: Sequence[int], scope: Scope, reasons: Reasons) -> Inquest:
    """Asks the conditions once more, of these people only; one query."""
    leaves, passed = list(tree.conditions(root)), windows(root, scope)
    conditions = [leaf.compile(scope) for leaf in leaves] + list(passed.values())
    flags = {f"h{number}": counting.as_flag(condition) for number, condition in enumerate(conditions)}
    if not flags or not ids:
        return Inquest(root, reasons, {})
    answers, crossed = {}, {}
    for pk, *row in Contact.objects.among(ids).annotate(**flags).values_list("pk", *flags):
        answers[pk] = tuple(row[: len(leaves)])
        crossed[pk] = frozenset(place for place, has in zip(passed, row[len(leaves) :], strict=True) if has)
    return Inquest(root, reasons, answers, crossed)


def of_list(segment: Segment, moved: Moved, reasons: Reasons) -> dict[int, Blame]:
    """Of a static segment the list itself knows how each came; whoever left it was taken off."""
    picks = SegmentPick.objects.filter(segment=segment, contact_id__in=list(moved.entered))
    causes = dict(picks.values_list("contact_id", "cause")) if moved.entered else {}
    found = {pk: Blame(Cause(causes[pk])) if pk in causes else UNKNOWN for pk in moved.entered}
    found |= dict.fromkeys(moved.left, Blame(Cause.HAND))
    return found | {pk: Blame(Cause.BIN) for pk in found if BIN & set(reasons.get(pk, ()))}
