"""What monitoring is told of sending: messages by outcome, and chunks that should have left."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connections

from ecrm import metrics
from ecrm.metrics import Figure, Labels

OUTCOMES = ("sent", "deferred", "failed", "unknown", "skipped")


def register() -> None:
    metrics.register(Figure("ecrm_messages", "Messages of campaigns by what became of them", _messages))
    metrics.register(Figure("ecrm_chunks_due", "Chunks of about a thousand messages that are due", _due))


def _messages() -> Iterable[tuple[Labels, float]]:
    """A chunk is a row for a thousand messages: cheap to add up."""
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'COALESCE(sum({name}), 0)' for name in OUTCOMES)} FROM campaigns_chunk")
        row = cursor.fetchone() or ()
    return [({"outcome": name}, float(count)) for name, count in zip(OUTCOMES, row, strict=True)]


def _due() -> Iterable[tuple[Labels, float]]:
    with connections["dispatch"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM campaigns_chunk WHERE done_at IS NULL AND due_at <= now()")
        row = cursor.fetchone()
    return [({}, float(row[0]) if row else 0.0)]
