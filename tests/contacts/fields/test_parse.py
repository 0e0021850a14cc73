"""What people write in forms and files becomes a value, or is refused in their words."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from contacts import fields
from contacts.fields.kinds import number_text
from contacts.models import CustomChoice, CustomField

POLISH = fields.Style(locale=Locale("pl"), zone=ZoneInfo("Europe/Warsaw"), currency="PLN")
AMERICAN = fields.Style(locale=Locale("en", "US"), zone=ZoneInfo("America/New_York"), currency="USD")


def a(kind: str, *labels: str) -> CustomField:
    field = CustomField(entity="contact", kind=kind, key="mine", label="Mine", tenant_id=1)
    choices = [CustomChoice(id=n, key=label.lower(), label=label, tenant_id=1) for n, label in enumerate(labels, 1)]
    field.listed_choices = choices  # type: ignore[attr-defined]
    return field


@pytest.mark.parametrize(
    ("kind", "text", "style", "value"),
    [
        ("text", "  two words ", POLISH, "two words"),
        ("number", "1 234,5", POLISH, 1234.5),
        ("number", "1,234.5", AMERICAN, 1234.5),
        ("number", "1234.5", POLISH, 1234.5),
        ("number", "−3", POLISH, -3),
        ("number", "42", POLISH, 42),
        ("money", "12,50", POLISH, {"amount": 1250, "currency": "PLN"}),
        ("money", "1 200,50 zł", POLISH, {"amount": 120050, "currency": "PLN"}),
        ("money", "EUR 1,200.50", AMERICAN, {"amount": 120050, "currency": "EUR"}),
        ("money", "$1,200", AMERICAN, {"amount": 120000, "currency": "USD"}),
        ("money", "¥500", AMERICAN, {"amount": 500, "currency": "JPY"}),
        ("date", "2026-03-04", POLISH, "2026-03-04"),
        ("date", "4.03.2026", POLISH, "2026-03-04"),
        ("date", "3/4/2026", AMERICAN, "2026-03-04"),
        ("datetime", "2026-03-04T10:00", POLISH, "2026-03-04T09:00:00+00:00"),
        ("datetime", "04.03.2026 10:00", POLISH, "2026-03-04T09:00:00+00:00"),
        ("datetime", "2026-03-04T10:00:00Z", AMERICAN, "2026-03-04T10:00:00+00:00"),
        ("boolean", "Tak", POLISH, True),
        ("boolean", "NÃO", POLISH, False),
        ("boolean", "1", AMERICAN, True),
        ("link", "example.com/x", AMERICAN, "https://example.com/x"),
        ("choice", " gold ", AMERICAN, "gold"),
        ("choices", "Silver; GOLD", AMERICAN, ["gold", "silver"]),
        ("text", "   ", AMERICAN, None),
    ],
)
def test_it_is_read_as_it_was_meant(kind: str, text: str, style: fields.Style, value: Any) -> None:
    assert fields.parse(a(kind, "Gold", "Silver"), text, style=style) == value


def test_an_entry_with_a_comma_is_one_entry() -> None:
    assert fields.parse(a("choices", "Tea, green", "Coffee"), "tea, GREEN", style=AMERICAN) == ["tea, green"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "twelve"),
        ("number", "1e400"),
        ("money", "12.345"),
        ("money", "12 QQQ"),
        ("date", "31/02/2026"),
        ("date", "soon"),
        ("datetime", "25:00"),
        ("boolean", "perhaps"),
        ("choice", "Platinum"),
        ("link", "not a link"),
    ],
)
def test_what_it_cannot_be_is_said(kind: str, text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        fields.parse(a(kind, "Gold"), text, style=AMERICAN)

    assert refused.value.messages[0]


@given(st.text(max_size=60), st.sampled_from(CustomField.Kind.values))
def test_no_text_breaks_the_reading(text: str, kind: str) -> None:
    field = a(kind, "Gold")
    with suppress(ValidationError):
        value = fields.parse(field, text, style=AMERICAN)
        assert fields.check(field, value) == value


@given(st.floats(min_value=-1e14, max_value=1e14, allow_nan=False))
def test_a_number_is_read_back_from_its_own_words(number: float) -> None:
    kept = fields.check(a("number"), round(number, 4))

    assert fields.parse(a("number"), number_text(kept), style=fields.Style()) == kept
