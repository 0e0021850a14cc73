"""How the people of a move stand on each of its purposes, and the list behind each figure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from consent import classes, criteria, purposes
from consent.classes import ConsentClass
from consent.models import Move
from consent.moving.shaping import Choices
from contacts.models import Contact, SegmentPick
from contacts.segments.belonging import PICKED
from ecrm.tenancy.models import Membership


@dataclass(frozen=True, slots=True)
class Figure:
    """``url`` shows the people counted."""

    which: ConsentClass
    count: int
    url: str
    query: str


@dataclass(frozen=True, slots=True)
class Row:
    purpose: str
    figures: list[Figure]

    @property
    def needing(self) -> Figure:
        return next(figure for figure in self.figures if figure.which == ConsentClass.NEEDS)


MOST_PURPOSES = 3


def of(move: Move, membership: Membership) -> list[Row]:
    """One query a purpose, of the first few."""
    list_id = (move.run.options.get("list_id") if move.run else None) or 0
    if not list_id or not move.options:
        return []
    by_key = {each.purpose.key: each for each in purposes.catalogue()}
    wanted = [by_key[key] for key in Choices.of(move).purposes if key in by_key][:MOST_PURPOSES]
    picked = SegmentPick.objects.filter(segment=list_id).values("contact_id")
    people = Contact.objects.visible_to(membership).unbinned().filter(pk__in=picked)
    rows = []
    for each in wanted:
        counted = classes.counts(people, each.purpose)
        rows.append(Row(each.name, [_figure(which, counted, list_id, each.purpose.key) for which in ConsentClass]))
    return rows


def _figure(which: ConsentClass, counted: dict[str, int], list_id: int, purpose: str) -> Figure:
    query = urlencode([("where", f"{PICKED}.in:{list_id}"), ("where", f"{criteria.CLASS}.{which.value}:{purpose}")])
    return Figure(which, counted[which], f"{reverse('contact_list')}?{query}", query)
