"""Why people entered or left: which condition moved them, and what set it in motion.

A change of the rule, of a list, of the bin moves by itself. Otherwise the conditions are asked once
more, for the few who moved: of those that decide, the one that follows what was marked
(``contacts.dirty``) is to blame, else the one whose window the clock passed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from contacts.criteria import Scope
from contacts.models import Contact, Segment, SegmentMembership, SegmentPick
from contacts.models.segments import Cause, SegmentKind
from contacts.segments import counting, tree
from contacts.segments.tree import Condition, Group, Node
from ecrm.tenancy.context import require_tenant_id

# Whoever moves in larger numbers was moved by one act; asking again for each would cost more than it tells.
MOST = 5_000
# The clock may have struck while no worker was there to hear it.
LOOKS_BACK = timedelta(days=2)
BIN = frozenset({"contact.binned", "contact.restored"})

Reasons = Mapping[int, Collection[str]]


@dataclass(frozen=True, slots=True)
class Moved:
    entered: Sequence[int] = ()
    left: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Blame:
    cause: Cause
    place: str | None = None


_UNKNOWN = Blame(Cause.CHANGE)


@dataclass(frozen=True, slots=True)
class Inquest:
    """The deciding conditions of one rule, for the people who moved."""

    root: Group
    scope: Scope
    reasons: Reasons
    answers: Mapping[int, Mapping[str, bool]] = field(default_factory=dict)

    def blame(self, contact_id: int, *, has_entered: bool) -> Blame:
        reasons = self.reasons.get(contact_id, ())
        if BIN & set(reasons):
            return Blame(Cause.BIN)
        row = self.answers.get(contact_id)
        if row is None:
            return Blame(Cause.CHANGE)
        deciding = list(self._deciding(self.root, row, is_wanted=True, has_entered=has_entered))
        for leaf in deciding:
            if any(leaf.criterion.is_moved_by(reason, leaf.value) for reason in reasons):
                return Blame(Cause.CHANGE, leaf.place)
        if "contact.created" in reasons:
            return Blame(Cause.CHANGE, "contact.created")
        crossed = next((leaf for leaf in deciding if row.get(f"{leaf.place} crossed")), None)
        if crossed is not None:
            return Blame(Cause.CLOCK, crossed.place)
        return Blame(Cause.CHANGE, deciding[0].place if len(deciding) == 1 else None)

    def _deciding(
        self, node: Node, row: Mapping[str, bool], *, is_wanted: bool, has_entered: bool
    ) -> Iterator[Condition]:
        """Conditions that answer as this outcome needs: as wanted for who entered, the other way for who left."""
        if (counting.holds(node, dict(row)) == is_wanted) != has_entered:
            return
        if isinstance(node, Condition):
            yield node
            return
        wanted = is_wanted != (node.kind == "none")
        for part in node.parts:
            yield from self._deciding(part, row, is_wanted=wanted, has_entered=has_entered)


def note(segment: Segment, moved: Moved, scope: Scope, *, at: datetime, reasons: Reasons) -> None:
    """Writes the causes to the stays that were opened or closed at ``at``. At most ``MOST`` people."""
    if segment.kind == SegmentKind.STATIC:
        _note_list(segment, moved, at, reasons)
        return
    root = tree.parse(segment.rule)
    inquest = Inquest(root, scope, reasons, _answers(root, [*moved.entered, *moved.left], scope))
    _write(segment, {pk: inquest.blame(pk, has_entered=True) for pk in moved.entered}, at, "entered")
    _write(segment, {pk: inquest.blame(pk, has_entered=False) for pk in moved.left}, at, "left")


def _note_list(segment: Segment, moved: Moved, at: datetime, reasons: Reasons) -> None:
    """Of a static segment the list itself knows how each came, however many; whoever left it was taken off."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {SegmentMembership.table()} stay SET entered_cause = pick.cause FROM {SegmentPick.table()} pick"
            " WHERE stay.tenant_id = %s AND stay.segment_id = %s AND stay.entered_at = %s"
            "   AND pick.tenant_id = stay.tenant_id AND pick.segment_id = stay.segment_id"
            "   AND pick.contact_id = stay.contact_id",
            [require_tenant_id(), segment.pk, at],
        )
    SegmentMembership.objects.filter(segment=segment, left_at=at).update(left_cause=Cause.HAND)
    binned = {pk for pk in (*moved.entered, *moved.left) if BIN & set(reasons.get(pk, ()))}
    _write(segment, dict.fromkeys(binned & set(moved.entered), Blame(Cause.BIN)), at, "entered")
    _write(segment, dict.fromkeys(binned & set(moved.left), Blame(Cause.BIN)), at, "left")


def _answers(root: Group, ids: Sequence[int], scope: Scope) -> dict[int, dict[str, bool]]:
    """What each condition says of these people, and which windows they passed lately; one query."""
    leaves = list(tree.conditions(root))
    conditions: dict[str, Q] = {leaf.place: leaf.compile(scope) for leaf in leaves}
    since = scope.now - LOOKS_BACK
    for leaf in leaves:
        window = leaf.criterion.window
        crossed = window.crossed(leaf.operator, leaf.value, since, scope.now, scope) if window else None
        if crossed is not None:
            conditions[f"{leaf.place} crossed"] = crossed
    if not conditions or not ids:
        return {}
    names = {f"h{number}": place for number, place in enumerate(conditions)}
    flags = {name: counting.as_flag(conditions[place]) for name, place in names.items()}
    people = Contact.objects.among(ids).annotate(**flags).values_list("pk", *flags)
    return {row[0]: dict(zip(names.values(), row[1:], strict=True)) for row in people}


def _write(segment: Segment, blames: Mapping[int, Blame], at: datetime, side: str) -> None:
    """The rows say "something changed" already; only what is known better is written."""
    blames = {pk: blame for pk, blame in blames.items() if blame != _UNKNOWN}
    if not blames:
        return
    ids = list(blames)
    given: list[Any] = [ids, [int(blames[pk].cause) for pk in ids], [blames[pk].place for pk in ids]]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {SegmentMembership.table()} stay SET {side}_cause = given.cause, {side}_place = given.place"
            " FROM unnest(%s::bigint[], %s::smallint[], %s::text[]) AS given (id, cause, place)"
            f" WHERE stay.tenant_id = %s AND stay.segment_id = %s AND stay.contact_id = given.id"
            f" AND stay.{side}_at = {'%s' if side == 'entered' else 'greatest(%s, stay.entered_at)'}",
            [*given, require_tenant_id(), segment.pk, at],
        )
