"""How conditions on custom fields read, and what each asks to be filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from contacts.criteria import Operator, Options, Scope, Text
from contacts.fields import kinds
from contacts.fields.kinds import Kind
from contacts.models import CustomField
from contacts.segments.attributes import IS_KNOWN, IS_NOT_KNOWN
from contacts.segments.inputs import Choices, Day, Money, Phrase, Words, days
from ecrm.ui import formats

Source = Callable[[], Options]


def operators(field: CustomField, choices: Source) -> tuple[Operator, ...]:
    """Those of the field's kind; whether it is known can always be asked."""
    return (*_OPERATORS[Kind(field.kind)](choices), IS_KNOWN, IS_NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with or without decimals, below zero too."""

    name: str
    label: Text
    before: Text = ""
    after: Text = ""
    initial: None = None
    kind: str = "figure"

    def read(self, sent: Sequence[str], scope: Scope) -> int | float:
        text = sent[-1].strip() if sent else ""
        if not text:
            raise ValidationError(_("Give a number."))
        value = float(kinds.decimal(text))
        self.check(value)
        return int(value) if value.is_integer() else value

    def check(self, value: Any) -> None:
        if type(value) not in (int, float) or not abs(value) < kinds.HIGHEST:
            raise ValidationError(_("Give a number."))

    def write(self, value: Any, scope: Scope) -> Sequence[str]:
        return ["" if value is None else kinds.number_text(value).replace(formats.MINUS, "-")]

    def words(self, value: Any, scope: Scope) -> Any:
        return kinds.number_text(value)


def _texts(_choices: Source) -> tuple[Operator, ...]:
    words, phrase = Words("value", gettext_lazy("Text")), Phrase("value", gettext_lazy("Text"))
    return (
        *_any_or_none(words),
        Operator("contains", gettext_lazy("contains"), gettext_lazy("%(field)s contains %(value)s"), (phrase,)),
        Operator("starts", gettext_lazy("starts with"), gettext_lazy("%(field)s starts with %(value)s"), (phrase,)),
    )


def _links(_choices: Source) -> tuple[Operator, ...]:
    phrase = Phrase("value", gettext_lazy("Text"))
    return (Operator("contains", gettext_lazy("contains"), gettext_lazy("%(field)s contains %(value)s"), (phrase,)),)


def _numbers(_choices: Source) -> tuple[Operator, ...]:
    figure = Figure("value", gettext_lazy("Number"))
    return (
        *_compared(figure),
        Operator("is", gettext_lazy("is"), gettext_lazy("%(field)s is %(value)s"), (figure,)),
        _between(Figure("from", gettext_lazy("From")), Figure("to", gettext_lazy("To"), before=gettext_lazy("and"))),
    )


def _money(_choices: Source) -> tuple[Operator, ...]:
    low, high = Money("from", gettext_lazy("From")), Money("to", gettext_lazy("To"), before=gettext_lazy("and"))
    return (*_compared(Money("value", gettext_lazy("Amount"))), _between(low, high))


def _moments(_choices: Source) -> tuple[Operator, ...]:
    number = days("value", gettext_lazy("Days"), initial=30, after=gettext_lazy("days"))
    day = Day("value", gettext_lazy("Date"))
    return (
        Operator(
            "in_last",
            gettext_lazy("in the last"),
            ngettext_lazy("%(field)s in the last %(value)s day", "%(field)s in the last %(value)s days", "value"),
            (number,),
        ),
        Operator(
            "not_in_last",
            gettext_lazy("not in the last"),
            ngettext_lazy(
                "%(field)s not in the last %(value)s day", "%(field)s not in the last %(value)s days", "value"
            ),
            (number,),
        ),
        Operator(
            "in_next",
            gettext_lazy("in the next"),
            ngettext_lazy("%(field)s in the next %(value)s day", "%(field)s in the next %(value)s days", "value"),
            (number,),
        ),
        Operator("from", gettext_lazy("on or after"), gettext_lazy("%(field)s on or after %(value)s"), (day,)),
        Operator("before", gettext_lazy("before"), gettext_lazy("%(field)s before %(value)s"), (day,)),
    )


def _yes_or_no(_choices: Source) -> tuple[Operator, ...]:
    return (
        Operator("yes", gettext_lazy("is yes"), gettext_lazy("%(field)s is yes")),
        Operator("no", gettext_lazy("is no"), gettext_lazy("%(field)s is no")),
    )


def _choice(choices: Source) -> tuple[Operator, ...]:
    return _any_or_none(Choices("value", gettext_lazy("Entry"), choices))


def _choices(choices: Source) -> tuple[Operator, ...]:
    chosen = Choices("value", gettext_lazy("Entry"), choices)
    return (
        Operator("any_of", gettext_lazy("has any of"), gettext_lazy("%(field)s has any of %(value)s"), (chosen,)),
        Operator("all_of", gettext_lazy("has all of"), gettext_lazy("%(field)s has all of %(value)s"), (chosen,)),
        Operator("none_of", gettext_lazy("has none of"), gettext_lazy("%(field)s has none of %(value)s"), (chosen,)),
    )


def _people(_choices: Source) -> tuple[Operator, ...]:
    return _any_or_none(Words("value", gettext_lazy("Email addresses")))


def _companies(_choices: Source) -> tuple[Operator, ...]:
    return _any_or_none(Words("value", gettext_lazy("Companies")))


def _any_or_none(given: Any) -> tuple[Operator, Operator]:
    return (
        Operator("any_of", gettext_lazy("is any of"), gettext_lazy("%(field)s is any of %(value)s"), (given,)),
        Operator("none_of", gettext_lazy("is none of"), gettext_lazy("%(field)s is none of %(value)s"), (given,)),
    )


def _compared(given: Any) -> tuple[Operator, Operator]:
    return (
        Operator("at_least", gettext_lazy("at least"), gettext_lazy("%(field)s at least %(value)s"), (given,)),
        Operator("at_most", gettext_lazy("at most"), gettext_lazy("%(field)s at most %(value)s"), (given,)),
    )


def _between(low: Any, high: Any) -> Operator:
    sentence = gettext_lazy("%(field)s between %(from)s and %(to)s")
    return Operator("between", gettext_lazy("between"), sentence, (low, high))


_OPERATORS: Mapping[Kind, Callable[[Source], tuple[Operator, ...]]] = {
    Kind.TEXT: _texts,
    Kind.LINK: _links,
    Kind.NUMBER: _numbers,
    Kind.MONEY: _money,
    Kind.DATE: _moments,
    Kind.DATETIME: _moments,
    Kind.BOOLEAN: _yes_or_no,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.PERSON: _people,
    Kind.COMPANY: _companies,
}
