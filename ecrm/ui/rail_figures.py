"""The numbers of the rail, all in one statement: every page shows them, so every page pays for them.

A room registers a question that the database answers with one JSON value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ecrm import prepared
from ecrm.tenancy.models import Membership

# A scalar SELECT with its parameters, over an index, for one member; it names the tenant itself.
Question = Callable[[Membership], tuple[str, Sequence[Any]]]

_questions: dict[str, Question] = {}


def register(key: str, question: Question) -> None:
    _questions[key] = question


def of(membership: Membership) -> Mapping[str, Any]:
    """The answers by key, read once for a membership, which lives as long as its request."""
    kept: Mapping[str, Any] | None = getattr(membership, "rail_figures", None)
    if kept is None:
        kept = _ask(membership)
        membership.rail_figures = kept  # type: ignore[attr-defined]  # belongs to the rail alone
    return kept


def _ask(membership: Membership) -> dict[str, Any]:
    asked = {key: question(membership) for key, question in _questions.items()}
    if not asked:
        return {}
    columns = ", ".join(f"(SELECT to_jsonb(({sql})))" for sql, _params in asked.values())
    answers = prepared.fetch_figures(f"SELECT {columns}", [one for _sql, params in asked.values() for one in params])
    return {key: None if answer is None else json.loads(answer) for key, answer in zip(asked, answers, strict=True)}
