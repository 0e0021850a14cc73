"""The kinds of things a condition asks for: numbers, days, money, words, choices, dates.

Each reads what a form sent, judges a JSON value, and says it in words. ``kind`` is the name of
its template in ``templates/segments/inputs/``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from babel.numbers import NumberFormatError, get_currency_precision, parse_decimal
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contacts.criteria import Options, Scope, Text
from ecrm.ui import formats

MAX_WORDS = 50
MAX_LENGTH = 200
MAX_DAYS = 3650
MAX_MINOR = 10**14


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number with the words around it ("at least [2] times")."""

    name: str
    label: Text
    before: Text = ""
    after: Text = ""
    initial: int | None = 1
    lowest: int = 0
    highest: int = 1_000_000
    kind: str = "number"

    def read(self, sent: Sequence[str], scope: Scope) -> int:
        text = _only(sent)
        if not text:
            raise ValidationError(_("Give a number."))
        try:
            value = int(text)
        except ValueError:
            raise ValidationError(_("“%(text)s” is not a whole number."), params={"text": text[:40]}) from None
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        if type(value) is not int:
            raise ValidationError(_("Give a number."))
        if not self.lowest <= value <= self.highest:
            raise ValidationError(
                _("Give a number from %(lowest)s to %(highest)s."),
                params={"lowest": formats.number(self.lowest), "highest": formats.number(self.highest)},
            )

    def write(self, value: Any, scope: Scope) -> Sequence[str]:
        return ["" if value is None else str(value)]

    def words(self, value: Any, scope: Scope) -> Any:
        return value


def days(name: str, label: Text, *, initial: int, **words: Any) -> Number:
    """A number of days of 24 hours each."""
    return Number(name, label, initial=initial, lowest=1, highest=MAX_DAYS, **words)


@dataclass(frozen=True, slots=True)
class Money:
    """``{"minor": 80000, "currency": "EUR"}``: an amount in the tenant's currency of the day."""

    name: str
    label: Text
    before: Text = ""
    after: Text = ""
    initial: None = None
    kind: str = "money"

    def read(self, sent: Sequence[str], scope: Scope) -> dict[str, Any]:
        text = _only(sent)
        if not text:
            raise ValidationError(_("Give an amount."))
        amount = _decimal(text)
        minor = amount.scaleb(get_currency_precision(scope.currency))
        if minor != minor.to_integral_value():
            raise ValidationError(_("“%(text)s” has too many decimals."), params={"text": text[:40]})
        value = {"minor": int(minor), "currency": scope.currency}
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        is_amount = isinstance(value, dict) and type(value.get("minor")) is int
        if not is_amount or not isinstance(value.get("currency"), str) or len(value["currency"]) != 3:
            raise ValidationError(_("Give an amount."))
        if not 0 <= value["minor"] <= MAX_MINOR:
            raise ValidationError(_("Give an amount of zero or more."))

    def write(self, value: Any, scope: Scope) -> Sequence[str]:
        if value is None:
            return [""]
        precision = get_currency_precision(value["currency"])
        amount = Decimal(value["minor"]).scaleb(-precision)
        whole = amount == amount.to_integral_value()
        return [formats.number(amount, places=0 if whole else precision)]

    def words(self, value: Any, scope: Scope) -> Any:
        return formats.money(value["minor"], value["currency"])


@dataclass(frozen=True, slots=True)
class Words:
    """Several texts, separated by commas in the form. ``suggest`` names what the page can suggest (``suggestions``).

    ``judge`` refuses what somebody writes now (``Condition.judge``); rules written before go on as they are.
    """

    name: str
    label: Text
    before: Text = ""
    after: Text = ""
    initial: None = None
    suggest: str = ""
    kind: str = "words"
    judge: Callable[[Sequence[str]], None] | None = None

    def read(self, sent: Sequence[str], scope: Scope) -> list[str]:
        found = [word.strip() for text in sent for word in text.split(",")]
        value = list(dict.fromkeys(word for word in found if word))
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
            raise ValidationError(_("Give at least one word."))
        if len(value) > MAX_WORDS or max(map(len, value)) > MAX_LENGTH:
            raise ValidationError(_("That is too much. Give at most %(count)s words."), params={"count": MAX_WORDS})
        if any("\0" in word or not word.strip() for word in value):
            raise ValidationError(_("Give at least one word."))

    def write(self, value: Any, scope: Scope) -> Sequence[str]:
        return [", ".join(value or [])]

    def words(self, value: Any, scope: Scope) -> Any:
        return listed(value)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One text. ``suggest`` as of ``Words``."""

    name: str
    label: Text
    before: Text = ""
    after: Text = ""
    initial: None = None
    suggest: str = ""
    kind: str = "phrase"

    def read(self, sent: Sequence[str], scope: Scope) -> str:
        value = _only(sent)
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_LENGTH or "\0" in value:
            raise ValidationError(_("Give a text of at most %(count)s characters."), params={"count": MAX_LENGTH})

    def write(self, value: Any, scope: Scope) -> Sequence[str]:
        return [value or ""]

    def words(self, value: Any, scope: Scope) -> Any:
        return f"“{value}”"


@dataclass(frozen=True, slots=True)
class Choices:
    """Several of a list (a chip each), or one with ``single``. ``source`` gives (value, label).

    Values are texts, or row ids with ``of=int``. One that has left the list since the rule was saved stays legal
    in a rule (``check``), is shown as gone, and cannot be chosen anew (``read``).
    """

    name: str
    label: Text
    source: Callable[[], Options]
    of: type = str
    single: bool = False
    before: Text = ""
    after: Text = ""
    initial: None = None

    @property
    def kind(self) -> str:
        return "choice" if self.single else "choices"

    def read(self, sent: Sequence[str], scope: Scope) -> Any:
        labels = {str(value): value for value, _label in scope.options(self.source)}
        given = list(dict.fromkeys(text for text in sent if text))
        if not given:
            raise ValidationError(_("Choose something."))
        if unknown := [text for text in given if text not in labels]:
            raise ValidationError(_("“%(text)s” is not there any more."), params={"text": unknown[0][:40]})
        chosen = [labels[text] for text in given]
        return chosen[0] if self.single else chosen

    def check(self, value: Any) -> None:
        given = [value] if self.single else value
        if not isinstance(given, list) or not given or len(given) > MAX_LENGTH:
            raise ValidationError(_("Choose something."))
        if not all(type(item) is self.of and "\0" not in str(item) for item in given):
            raise ValidationError(_("Choose something."))
        if self.of is int and not all(0 <= item < 2**63 for item in given):
            raise ValidationError(_("Choose something."))

    def write(self, value: Any, scope: Scope) -> Sequence[str]:
        if value is None:
            return []
        return [str(value)] if self.single else [str(item) for item in value]

    def words(self, value: Any, scope: Scope) -> Any:
        labels = dict(scope.options(self.source))
        gone = _("something deleted")
        return listed([str(labels.get(item, gone)) for item in ([value] if self.single else value)])


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day, ``2026-03-12``; it begins at midnight in the tenant's zone."""

    name: str
    label: Text
    before: Text = ""
    after: Text = ""
    initial: None = None
    kind: str = "day"

    def read(self, sent: Sequence[str], scope: Scope) -> str:
        value = _only(sent)
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        try:
            found = date.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError(_("Give a date.")) from None
        if not 1900 <= found.year <= 2200 or value != found.isoformat():
            raise ValidationError(_("Give a date between 1900 and 2200."))

    def write(self, value: Any, scope: Scope) -> Sequence[str]:
        return [value or ""]

    def words(self, value: Any, scope: Scope) -> Any:
        return shown_day(date.fromisoformat(value))


def shown_day(day: date) -> str:
    """A calendar day in words, whatever zone the reader is in."""
    return formats.day(timezone.make_aware(datetime.combine(day, time(12))), year=True)


def start_of(day: str, scope: Scope, *, days_later: int = 0) -> datetime:
    """The instant at which a day begins for the tenant, or some days after it."""
    wanted = date.fromisoformat(day) + timedelta(days=days_later)
    return datetime.combine(wanted, datetime.min.time(), tzinfo=scope.zone)


def listed(words: Sequence[str]) -> str:
    """ "Portugal, Spain" """
    return pgettext("between the items of a list", ", ").join(words)


def _only(sent: Sequence[str]) -> str:
    return sent[-1].strip() if sent else ""


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(parse_decimal(text.replace(" ", "\xa0"), locale=formats.locale(), strict=True))
    except NumberFormatError:
        pass
    try:
        # What people paste: 1234.56 or 1234,56 whatever the locale says.
        found = Decimal(text.replace("\xa0", "").replace(" ", "").replace(",", "."))
    except ArithmeticError:
        raise ValidationError(_("“%(text)s” is not an amount."), params={"text": text[:40]}) from None
    if not found.is_finite():
        raise ValidationError(_("“%(text)s” is not an amount."), params={"text": text[:40]})
    return found
