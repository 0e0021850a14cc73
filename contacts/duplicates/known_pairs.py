"""Pairs that were found, seen from one of the two: whom to offer when somebody merges by hand."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from contacts.duplicates.known import Likeness
from contacts.duplicates.reasons import in_words
from contacts.models import Contact, DuplicatePair
from ecrm.tenancy.models import Membership

State = DuplicatePair.State


@dataclass(frozen=True, slots=True)
class KnownPair:
    pk: int
    score: int
    reasons: str


def of(contact: Contact, membership: Membership, *, at_most: int) -> list[Likeness]:
    """Who may be this one and whom this member sees, the surest first. Two queries."""
    pairs = DuplicatePair.objects.filter(Q(first=contact) | Q(second=contact), state=State.OPEN)
    others = {
        second if first == contact.pk else first: codes
        for first, second, codes in pairs.order_by("-score", "-id").values_list("first_id", "second_id", "reasons")
    }
    seen = Contact.objects.visible_to(membership).unbinned().prefetch_related("emails").in_bulk(list(others))
    found = [Likeness(seen[pk], ", ".join(in_words(codes))) for pk, codes in others.items() if pk in seen]
    return found[:at_most]


def between(one: Contact, other: Contact) -> KnownPair | None:
    """What was found of these two, while nobody has judged it."""
    first, second = sorted([one.pk, other.pk])
    pair = DuplicatePair.objects.filter(first=first, second=second, state=State.OPEN).first()
    return KnownPair(pair.pk, pair.score, ", ".join(in_words(pair.reasons))) if pair else None
