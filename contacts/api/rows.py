"""Many at once: what became of each row of a request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from ecrm.api import problems
from ecrm.api.problems import FieldProblem, Problem
from ecrm.api.schemas import Id, IdIn, In, number_of

MOST = 1000
T = TypeVar("T")
Word = Literal["created", "updated", "deleted", "restored", "tagged", "unchanged", "refused"]
Ids = Annotated[list[IdIn], Field(min_length=1, max_length=MOST)]


class RowOut(Schema):
    """``index`` counts from 0 as the rows were sent. ``status`` and ``errors`` are as in an answer of its own."""

    index: int
    result: Word
    id: Id | None
    status: int
    detail: str = ""
    errors: list[FieldProblem] = []


class RowsOut(Schema):
    """What became of each row, in their order. ``refused`` counts those that changed nothing for a reason."""

    refused: int
    rows: list[RowOut]


class IdsIn(In):
    ids: Ids


def each(given: Sequence[T], write: Callable[[T], tuple[int, Word]]) -> dict[str, Any]:
    """Writes row by row, each in a savepoint of its own: a row that is refused leaves the others be."""
    return told([alone(number, row, write) for number, row in enumerate(given)])


def by_id(ids: Sequence[str], done: Callable[[list[int]], Callable[[int], Word]], seen: set[int]) -> dict[str, Any]:
    """For services that take many at once. ``done`` writes and answers what became of one of them."""
    numbers = [_number(each) for each in ids]
    word = done([pk for pk in dict.fromkeys(numbers) if pk in seen])
    return told(
        [
            _row(index, 200, word(pk), pk) if pk in seen else _refusal(index, Problem(404, _("There is nothing here.")))
            for index, pk in enumerate(numbers)
        ]
    )


def told(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"refused": sum(row["result"] == "refused" for row in rows), "rows": rows}


def alone(number: int, row: T, write: Callable[[T], tuple[int, Word]]) -> dict[str, Any]:
    """What became of a row that is written in a savepoint of its own."""
    try:
        with transaction.atomic():
            pk, word = write(row)
    except Problem as problem:
        return _refusal(number, problem)
    except ValidationError as error:
        return _refusal(number, problems.of_validation(error))
    except Http404:
        return _refusal(number, Problem(404, _("There is nothing here.")))
    return done(number, word, pk)


def done(number: int, word: Word, pk: int) -> dict[str, Any]:
    return _row(number, 201 if word == "created" else 200, word, pk)


def _row(index: int, status: int, word: Word, pk: int | None) -> dict[str, Any]:
    return {"index": index, "result": word, "id": pk, "status": status}


def _refusal(index: int, problem: Problem) -> dict[str, Any]:
    refused = _row(index, problem.status, "refused", None)
    return refused | {"detail": problem.detail, "errors": problems.told(problem)}


def _number(given: str) -> int:
    """0, which nobody has, for what no row can have."""
    try:
        return number_of(given)
    except Http404:
        return 0
