"""An event as its sentence reads it, without the weight of a model: pages tell dozens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Self


class Fact(NamedTuple):
    """Has every attribute of ``Event`` that a sentence may ask for."""

    name: str
    occurred_at: datetime
    properties: Mapping[str, Any]
    amount: int | None = None
    currency: str = ""
    source_type: str = ""
    source_id: int | None = None
    contact_id: int | None = None
    visitor_id: int | None = None
    actor_id: int | None = None
    campaign_id: int | None = None
    object_type: str = ""
    object_id: int | None = None

    @classmethod
    def read(cls, at: datetime, name: str, properties: str, *rest: Any) -> Self:
        """From columns in this order, as a cursor gives them: JSON as text."""
        return cls(name, at, json.loads(properties), *rest)
