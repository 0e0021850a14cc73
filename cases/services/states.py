"""Moving a case from one state to another: once, whoever else clicks at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from cases import history
from cases.models import ENDED, TRANSITIONS, Case, CaseSettings, State
from ecrm.tenancy.models import User


def sources_of(target: State) -> set[State]:
    return {source for source, targets in TRANSITIONS.items() if target in targets}


def move(case: Case, *, to: State, sources: Iterable[State] | None = None, **changes: Any) -> bool:
    """A conditional UPDATE: False when the case is in no state that leads there.

    ``sources`` narrows them; it can never widen them. ``case`` is brought up to date.
    """
    allowed = sources_of(to) & set(sources_of(to) if sources is None else sources)
    moved = Case.objects.filter(pk=case.pk, state__in=allowed).update(state=to, **changes)
    if moved:
        for name, value in {"state": to, **changes}.items():
            setattr(case, name, value)
    return bool(moved)


@transaction.atomic
def solve_case(*, case: Case, by: User, at: datetime | None = None) -> bool:
    """The matter is settled. A second click changes nothing."""
    at = at or timezone.now()
    unsolved = sources_of(State.SOLVED) - {State.CLOSED}
    if not move(case, to=State.SOLVED, sources=unsolved, solved_at=at, snoozed_until=None):
        return False
    history.tell(history.SOLVED, case, by=by, at=at)
    history.note(history.SOLVED, case, by=by, at=at)
    return True


@transaction.atomic
def reopen_case(*, case: Case, by: User, to: State = State.OPEN, at: datetime | None = None) -> bool:
    """Takes a solved case up again, ``to`` the state it is to have: an undo gives back the former."""
    at = at or timezone.now()
    if to in ENDED or not move(case, to=to, sources={State.SOLVED}, solved_at=None):
        return False
    history.tell(history.REOPENED, case, by=by, at=at)
    history.note(history.REOPENED, case, by=by, at=at)
    return True


@transaction.atomic
def close_case(*, case: Case, by: User | None, at: datetime | None = None) -> bool:
    """Ends a case for good: nothing joins it any more."""
    at = at or timezone.now()
    if not move(case, to=State.CLOSED, solved_at=case.solved_at or at, snoozed_until=None):
        return False
    history.tell(history.CLOSED, case, by=by, at=at)
    history.note(history.CLOSED, case, by=by, at=at)
    return True


@transaction.atomic
def set_state(*, case: Case, to: State, by: User) -> bool:
    """Says by hand whose turn it is. Solving, reopening and closing have verbs of their own."""
    if case.is_ended or to in ENDED:
        return False
    changes: dict[str, Any] = {}
    if to == State.ON_CUSTOMER:
        changes["waiting_since"] = None
    elif to == State.ON_US:
        changes["waiting_since"] = case.waiting_since or timezone.now()
    if not move(case, to=to, sources=set(TRANSITIONS) - ENDED, **changes):
        return False
    history.note(history.CHANGED, case, by=by, fields=("state",))
    return True


@transaction.atomic
def set_priority(*, case: Case, priority: int, by: User) -> bool:
    changed = Case.objects.filter(pk=case.pk).exclude(priority=priority).update(priority=priority)
    if changed:
        case.priority = priority
        history.note(history.CHANGED, case, by=by, fields=("priority",))
    return bool(changed)


@transaction.atomic
def snooze_case(*, case: Case, until: datetime | None, by: User) -> bool:
    """Out of the way until an instant, or back at once with None. A reply wakes it earlier."""
    changed = Case.objects.filter(pk=case.pk, solved_at=None).update(snoozed_until=until)
    if changed:
        case.snoozed_until = until
        history.note(history.CHANGED, case, by=by, fields=("snoozed_until",))
    return bool(changed)


@transaction.atomic
def solve_cases(*, cases: Sequence[Case], by: User) -> dict[int, State]:
    """Solves several; answers the former state of each that was solved, for the undo."""
    former = {case.pk: State(case.state) for case in cases}
    return {case.pk: former[case.pk] for case in cases if solve_case(case=case, by=by)}


def close_long_solved(*, now: datetime | None = None) -> int:
    """Closes what has been solved for longer than an answer may reopen it; returns how many."""
    now = now or timezone.now()
    until = now - timedelta(days=CaseSettings.of_tenant().reopen_days)
    due = Case.objects.filter(state=State.SOLVED, solved_at__lt=until).select_related("contact").order_by("pk")
    return sum(close_case(case=case, by=None, at=now) for case in due[:1000])
