"""What could not be written is set aside where somebody can read why, and forgotten after a month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.utils import timezone

from contacts.models import RefusedEvent

KEPT = timedelta(days=30)
LARGEST = 4_000


@dataclass(frozen=True, slots=True)
class Refusal:
    source: str
    reason: str
    content: Any
    received_at: datetime


def set_aside(refusals: Iterable[Refusal]) -> None:
    RefusedEvent.objects.bulk_create(
        RefusedEvent(
            source=each.source,
            reason=each.reason[:300].replace("\0", ""),
            content=_kept(each.content),
            received_at=each.received_at,
        )
        for each in refusals
    )


def forget_old() -> int:
    """For the current tenant."""
    return RefusedEvent.objects.filter(received_at__lt=timezone.now() - KEPT).delete()[0]


def _kept(content: Any) -> Any:
    """As it came, unless PostgreSQL could not store it or nobody would want to read all of it."""
    try:
        written = orjson.dumps(content, default=str)
    except (TypeError, orjson.JSONEncodeError):
        return {"text": repr(content)[:LARGEST]}
    if len(written) > LARGEST or b"\\u0000" in written:
        return {"text": written[:LARGEST].decode(errors="replace")}
    return orjson.loads(written)
