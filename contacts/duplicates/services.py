"""What a person, or a safe rule, decides about a pair."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from contacts import dirty
from contacts.duplicates.queue import LOOKED_AT
from contacts.duplicates.reasons import APART, DISMISSALS, SAFE
from contacts.merge.services import merge_contacts
from contacts.models import CleaningSettings, Contact, DuplicatePair, Merge
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

State = DuplicatePair.State
AT_ONCE = 200


@transaction.atomic
def dismiss_pair(*, pair: DuplicatePair, by: User | None, reason: str = APART, at: datetime | None = None) -> bool:
    """These are two people: nobody is asked again, unless they come to share something more telling.

    ``reason`` is one of ``DISMISSALS``. False when that was decided before.
    """
    at = at or timezone.now()
    open_pair = DuplicatePair.objects.filter(pk=pair.pk, state=State.OPEN)
    decided = reason if reason in DISMISSALS else APART
    if not open_pair.update(state=State.APART, decided_at=at, decided_by=by, decided_as=decided):
        return False
    dirty.mark([pair.first_id, pair.second_id], reason=LOOKED_AT)
    audit.record("duplicates.dismissed", by=by, subject=pair, at=at)
    return True


@transaction.atomic
def reopen_pair(*, pair: DuplicatePair, by: User | None, at: datetime | None = None) -> bool:
    """Takes a dismissal back."""
    apart = DuplicatePair.objects.filter(pk=pair.pk, state=State.APART)
    if not apart.update(state=State.OPEN, decided_at=None, decided_by=None, decided_as=""):
        return False
    dirty.mark([pair.first_id, pair.second_id], reason=LOOKED_AT)
    audit.record("duplicates.reopened", by=by, subject=pair, at=at)
    return True


def merge_by_rules() -> int:
    """Merges pairs that a safe rule of this workspace covers; answers how many. At most ``AT_ONCE``.

    The older contact is kept. Whom a member told apart, also by taking a merge back, is left to people.
    """
    rules = {key: SAFE[key][1] for key in CleaningSettings.of_tenant().safe_rules if key in SAFE}
    if not rules:
        return 0
    merged = 0
    for pair in _covered(rules.values()).order_by("-score", "-id")[: AT_ONCE * 10].iterator():
        merged += _merge(pair, next(key for key, needed in rules.items() if needed <= set(pair.reasons)))
        if merged >= AT_ONCE:
            break
    return merged


def _covered(rules: Iterable[set[str]]) -> QuerySet[DuplicatePair]:
    """Open pairs of people who are both here, that share what one of the rules asks for."""
    shared = reduce(or_, (Q(reasons__contains=sorted(needed)) for needed in rules))
    undone = Merge.objects.filter(
        Q(winner=OuterRef("first_id"), loser=OuterRef("second_id"))
        | Q(winner=OuterRef("second_id"), loser=OuterRef("first_id"))
    )
    here = DuplicatePair.objects.filter(state=State.OPEN, decided_as="", first__binned_at=None, second__binned_at=None)
    # Also a birthday that is nearly the same, a slip as a rule, is for people to judge: father and son, twins.
    same_day = Q(first__birthday=None) | Q(second__birthday=None) | Q(first__birthday=F("second__birthday"))
    return here.filter(shared, same_day, ~Exists(undone))


def _merge(pair: DuplicatePair, rule: str) -> bool:
    people = {person.pk: person for person in Contact.objects.filter(pk__in=[pair.first_id, pair.second_id])}
    older, newer = sorted(people.values(), key=lambda person: (person.created_at, person.pk))
    # One of them may have become somebody with a birthday since the pairs were chosen.
    if _differ(older.birthday, newer.birthday) or _told_apart(older.pk, newer.pk):
        return False
    try:
        with transaction.atomic():
            merge_contacts(winner=older, loser=newer, by=None, rule=rule)
    except ValidationError:
        return False  # merged or binned since the pair was found
    return True


def _differ(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one != other


def _told_apart(one: int, other: int) -> bool:
    """Whether a member said of these, or of people who are part of them now, that they are two."""
    merged = Merge.objects.filter(survivor__in=[one, other], undone_at=None).values_list("survivor_id", "loser_id")
    mine, theirs = ({side, *(loser for survivor, loser in merged if survivor == side)} for side in (one, other))
    apart = DuplicatePair.objects.filter(
        Q(first__in=mine, second__in=theirs) | Q(first__in=theirs, second__in=mine), state=State.APART
    )
    undone = Merge.objects.filter(Q(winner__in=mine, loser__in=theirs) | Q(winner__in=theirs, loser__in=mine))
    return apart.exists() or undone.exists()
