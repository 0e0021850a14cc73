"""What is wrong with a content, said at the field where it can be put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """`block_id` is empty for the subject and the preview text; `field` is the block's field."""

    block_id: str
    field: str
    message: str


class ContentError(ValueError):
    """The content cannot become a message. Always carries at least one problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)
