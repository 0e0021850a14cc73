"""What an event must say to count: a detail with a value, how often. All of it may be left empty."""

from __future__ import annotations

from math import isfinite
from typing import Any

from babel.numbers import get_currency_precision
from django.db.models import Case, FloatField, Q, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Lower
from django.db.models.lookups import Exact, GreaterThanOrEqual, IContains, LessThanOrEqual, Regex
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from contacts.criteria import Options, Scope
from contacts.segments.inputs import Choices, Number, Phrase

AMOUNT = "amount"
_MOST = 1e15
_NUMBER = r"^\s*-?\d{1,15}([.]\d{1,9})?\s*$"


def comparisons() -> Options:
    return [
        ("is", pgettext_lazy("a detail of an event", "is")),
        ("is_not", pgettext_lazy("a detail of an event", "is not")),
        ("contains", gettext_lazy("contains")),
        ("at_least", gettext_lazy("is at least")),
        ("at_most", gettext_lazy("is at most")),
        ("known", gettext_lazy("is known")),
    ]


TIMES = Number(
    "times", gettext_lazy("At least"), before=gettext_lazy("at least"), after=gettext_lazy("times"), lowest=1,
    highest=10_000, initial=None,
)  # fmt: skip
EXTRAS = (
    Phrase("detail", gettext_lazy("Detail"), before=gettext_lazy("where"), suggest="detail"),
    Choices("how", gettext_lazy("Comparison"), comparisons, single=True),
    Phrase("what", gettext_lazy("Value of the detail"), suggest="what"),
)


def condition(given: dict[str, Any], scope: Scope) -> Q:
    """Over events: those that say so. Nothing asked is true of all; a comparison without a value is "is known"."""
    name = given.get("detail")
    if not name:
        return Q()
    how, what = given.get("how", "is"), given.get("what")
    if name.lower() == AMOUNT and how in ("at_least", "at_most", "is"):
        return _amount(how, what, scope)
    return _property(name, how if what else "known", what or "")


def words(said: dict[str, Any]) -> str:
    """ ", at least 2 times, where category is “tea”" """
    found = ""
    if "times" in said:
        found += ngettext(", at least %(times)s time", ", at least %(times)s times", said["times"]) % said
    if "detail" in said:
        how = said.get("how", dict(comparisons())["is"]) if "what" in said else _("is known")
        parts = {"detail": said["detail"], "how": how, "what": said.get("what", "")}
        found += (_(", where %(detail)s %(how)s %(what)s") % parts).rstrip()
    return found


def _property(name: str, how: str, what: str) -> Q:
    """Never unknown, whatever the events hold."""
    text = Coalesce(KeyTextTransform(name, "properties"), Value(""), output_field=TextField())
    is_known = ~Q(Exact(text, Value("")))
    if how == "known":
        return is_known
    if how == "contains":
        return Q(IContains(text, what))
    same = Q(Exact(Lower(text), Value(what.lower())))
    if how in ("is", "is_not"):
        return same if how == "is" else is_known & ~same
    number = _number(what)
    if number is None:
        return Q(pk__in=[])
    read = Case(When(Q(Regex(text, _NUMBER)), then=Cast(text, FloatField())), output_field=FloatField())
    compare = GreaterThanOrEqual if how == "at_least" else LessThanOrEqual
    return Q(compare(read, Value(number)))


def _amount(how: str, what: str | None, scope: Scope) -> Q:
    number = _number(what or "")
    if number is None:
        return Q(amount__isnull=False) if not what else Q(pk__in=[])
    minor = round(number * 10 ** get_currency_precision(scope.currency))
    lookup = {"at_least": "gte", "at_most": "lte", "is": "exact"}[how]
    return Q(currency=scope.currency, amount__isnull=False, **{f"amount__{lookup}": minor})


def _number(text: str) -> float | None:
    try:
        found = float(text.replace(" ", "").replace(",", "."))
    except ValueError:
        return None
    return found if isfinite(found) and abs(found) < _MOST else None
