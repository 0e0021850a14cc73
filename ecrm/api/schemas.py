"""The kinds of value every resource speaks in."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from django.http import Http404
from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
LARGEST_ID = 2**63 - 1


class In(Schema):
    """What a program sends: a field nobody knows is a mistake, and is told."""

    model_config = ConfigDict(extra="forbid")


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("NUL characters cannot be kept.")
    return value


def _whole(value: Any) -> Any:
    """Python takes true for 1 and "1.0" for 1; JSON's readers and writers do not."""
    if isinstance(value, bool | float) or (isinstance(value, str) and not re.fullmatch(r"-?\d{1,18}", value)):
        raise ValueError("Give a whole number.")
    return value


def _real(value: Any) -> Any:
    """Python takes true for 1.0 and reads numbers from text."""
    if isinstance(value, bool | str):
        raise ValueError("Give a number.")
    return value


def _instant(value: Any) -> Any:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return value
    raise ValueError("Give an instant with its offset: 2026-03-01T09:30:00Z (RFC 3339).")


def _day(value: Any) -> Any:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return value
    raise ValueError("Give a day: 2026-03-01.")


def _id_text(value: Any) -> str:
    return str(value)


Text = Annotated[str, AfterValidator(_without_nul)]
Whole = Annotated[int, BeforeValidator(_whole)]
Real = Annotated[float, BeforeValidator(_real), Field(allow_inf_nan=False)]
InstantIn = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
DayIn = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
IdIn = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,18}$", description="An id.")]
# Ids are numbers in the house and text outside it, so that no reader rounds them.
Id = Annotated[str, BeforeValidator(_id_text), PlainSerializer(str)]


def number_of(given: str) -> int:
    """The key behind an id. Raises ``Http404`` for one that no row can have."""
    number = int(given)
    if number > LARGEST_ID:
        raise Http404
    return number
