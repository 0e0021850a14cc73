"""How many of some people may be contacted, by purpose. The room that knows consent answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from contacts.criteria import Text
from contacts.models import Contact


@dataclass(frozen=True, slots=True)
class Reach:
    """``is_rest`` marks those whom no purpose allows to be contacted."""

    label: Text
    count: int
    is_rest: bool = False


Answer = Callable[[QuerySet[Contact]], Sequence[Reach]]
_answers: list[Answer] = []


def register(answer: Answer) -> None:
    """``answer`` counts the people of a queryset in one or two queries."""
    _answers.append(answer)


def of(people: QuerySet[Contact]) -> list[Reach]:
    return [found for answer in _answers for found in answer(people)]
