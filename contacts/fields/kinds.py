"""What a value of each kind is: read from text, judged, stored in its column, said in words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from babel import Locale
from babel.numbers import NumberFormatError, get_currency_precision, list_currencies, parse_decimal
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contacts.models import CustomField
from contacts.models.fields import LONGEST_TEXT
from ecrm.search.matching import fold
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.settings_rows import once
from ecrm.ui import formats

Kind = CustomField.Kind
HIGHEST = 10**15
HIGHEST_MINOR = 10**15
LATEST_YEAR = 2200

_YES = {"yes", "y", "true", "1", "on", "x", "sim", "s", "verdadeiro", "tak", "t", "prawda", "si", "oui", "o", "vrai"}
_NO = {"no", "n", "false", "0", "off", "nao", "falso", "nie", "falsz", "non", "faux"}
_NUMERIC_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_MONEY = re.compile(r"(?P<before>[A-Za-z]{3}|[^\d\s.,+−-]{0,3})\s*(?P<figure>[+−-]?[\d\s.,'’]+)\s*(?P<after>\S{0,3})")
_SYMBOLS = {"€": "EUR", "£": "GBP", "zł": "PLN", "zl": "PLN", "R$": "BRL", "¥": "JPY", "₴": "UAH"}
_LIST_PART = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^;|,\n]*))\s*(?:[;|,\n]|$)')
_LIST_MARKS = re.compile(r'[;|,\n"]')
_is_url = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True)
class Style:
    """How people wrote what is to be read: their decimals, their clock, their currency, 3/4 or 4/3.

    The reader's own where nothing is said; ``currency`` is the tenant's. Where they do not write ``by_number``,
    "#5" is no person and no company: their numbers are those of another workspace.
    """

    locale: Locale | None = None
    zone: tzinfo | None = None
    currency: str = ""
    day_first: bool | None = None
    by_number: bool = True

    def money(self) -> str:
        return self.currency or tenant_currency()

    def puts_day_first(self) -> bool:
        if self.day_first is not None:
            return self.day_first
        pattern = str((self.locale or formats.locale()).date_formats["short"].pattern)
        return pattern.find("d") < pattern.find("M")


OWN = Style()


def tenant_currency() -> str:
    return once("currency", lambda: Tenant.objects.values_list("currency", flat=True).get(pk=require_tenant_id()))


def parse(field: CustomField, text: str, locale: Locale | None = None, *, style: Style | None = None) -> Any:
    """The value somebody wrote as ``text``; None for nothing. Raises ``ValidationError`` in their words.

    A person (address or number) and a company (name) stay text here: ``references`` finds many at once.
    """
    written = text.replace("\0", "").strip()
    if not written:
        return None
    style = style or Style(locale=locale)
    if field.kind in (Kind.PERSON, Kind.COMPANY) and not style.by_number:
        return _text(field, written)
    return check(field, _PARSERS[Kind(field.kind)](field, written, style))


def check(field: CustomField, value: Any) -> Any:
    """A value from outside in its one form, None for nothing. Raises ``ValidationError``."""
    if value is None or value == "" or value == []:
        return None
    return _CHECKS[Kind(field.kind)](field, value)


def shown(field: CustomField, value: Any, names: Mapping[int, str] | None = None) -> str:
    """In the reader's words; empty for nothing. ``names`` are those of people or companies by id."""
    if value is None:
        return ""
    match Kind(field.kind):
        case Kind.NUMBER:
            return number_text(value)
        case Kind.MONEY:
            return formats.money(value["amount"], value["currency"])
        case Kind.DATE:
            return day_text(value)
        case Kind.DATETIME:
            return formats.full(datetime.fromisoformat(value))
        case Kind.BOOLEAN:
            return _("Yes") if value else _("No")
        case Kind.CHOICE | Kind.CHOICES:
            labels = {choice.key: choice.label for choice in choices_of(field)}
            chosen = [value] if isinstance(value, str) else value
            return pgettext("between the items of a list", ", ").join(labels.get(key, key) for key in chosen)
        case Kind.PERSON | Kind.COMPANY:
            return (names or {}).get(value, f"#{value}")
    return str(value)


def number_text(value: int | float) -> str:
    written = Decimal(repr(value))
    places = max(0, -int(written.normalize().as_tuple().exponent))
    return formats.number(written, places=min(places, 12))


def day_text(value: str) -> str:
    """Noon of the reader's zone, so that the day stays itself."""
    day = date.fromisoformat(value)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=timezone.get_current_timezone())
    return formats.day(noon, year=True)


def choices_of(field: CustomField) -> list[Any]:
    """In their order, retired ones too; without a query when ``reading.of`` brought the field."""
    known = getattr(field, "listed_choices", None)
    if known is None:
        known = list(field.choices.order_by("position", "id"))
        field.listed_choices = known  # type: ignore[attr-defined]
    return known


def open_choices(field: CustomField) -> list[Any]:
    return [choice for choice in choices_of(field) if choice.retired_at is None]


def _text(field: CustomField, value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("Give a text."))
    text = value.replace("\0", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_TEXT:
        raise ValidationError(
            _("Too long: %(length)s letters, at most %(limit)s fit."),
            params={"length": formats.number(len(text)), "limit": formats.number(LONGEST_TEXT)},
        )
    return text


def _link(field: CustomField, value: Any) -> str:
    text = _text(field, value)
    url = text if "://" in text else f"https://{text}"
    try:
        _is_url(url)
    except ValidationError:
        raise ValidationError(_("“%(text)s” is not a web address."), params={"text": text[:60]}) from None
    return url


def _number(field: CustomField, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValidationError(_("Give a number."))
    try:
        given = float(value)
    except OverflowError:
        given = math.inf
    if not math.isfinite(given) or abs(given) >= HIGHEST:
        raise ValidationError(_("This number is too large."))
    return int(given) if given.is_integer() else given


def _money(field: CustomField, value: Any) -> dict[str, Any]:
    amount, currency = (value.get("amount"), value.get("currency")) if isinstance(value, dict) else (None, None)
    if isinstance(amount, bool) or not isinstance(amount, int) or not isinstance(currency, str):
        raise ValidationError(_("Give an amount and its currency."))
    if currency not in list_currencies():
        raise ValidationError(_("“%(text)s” is not a currency."), params={"text": currency[:10]})
    if abs(amount) >= HIGHEST_MINOR:
        raise ValidationError(_("This amount is too large."))
    return {"amount": amount, "currency": currency}


def _day(field: CustomField, value: Any) -> str:
    try:
        found = date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.year > LATEST_YEAR:
        raise ValidationError(_("“%(text)s” is not a date."), params={"text": str(value)[:40]})
    return found.isoformat()


def _instant(field: CustomField, value: Any) -> str:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is not None and found.tzinfo is None:
            found = timezone.make_aware(found)
        instant = found.astimezone(UTC) if found is not None else None
    except (ValueError, OverflowError):
        instant = None
    if instant is None or not 1 < instant.year <= LATEST_YEAR:
        raise ValidationError(_("“%(text)s” is not a date and time."), params={"text": str(value)[:40]})
    return instant.isoformat()


def _boolean(field: CustomField, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValidationError(_("Say yes or no."))
    return value


def _choice(field: CustomField, value: Any) -> str:
    """By key, or by label however it is written. A retired one is refused; who has it keeps it."""
    known = {choice.key: choice for choice in choices_of(field)}
    if not isinstance(value, str):
        raise ValidationError(_("Choose one of the list."))
    if value not in known:
        by_label = {fold(choice.label): choice.key for choice in reversed(open_choices(field))}
        value = by_label.get(fold(" ".join(value.split())), value)
    if value not in known:
        raise ValidationError(
            _("“%(text)s” is not in the list of “%(field)s”."),
            code="unknown_choice",
            params={"text": value[:60], "field": field.label},
        )
    return str(value)


def _choices(field: CustomField, value: Any) -> list[str] | None:
    if not isinstance(value, list | tuple):
        raise ValidationError(_("Choose some of the list."))
    chosen = {_choice(field, one) for one in value}
    return [choice.key for choice in choices_of(field) if choice.key in chosen] or None


def _reference(field: CustomField, value: Any) -> int | str:
    """An id. Text that is none stays as it is, for ``references`` to find."""
    if isinstance(value, str):
        digits = value.strip().removeprefix("#")
        if not (digits.isascii() and digits.isdigit()):
            return _text(field, value)
        value = int(digits)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise ValidationError(_("There is no such record."))
    return int(value)


def _parse_number(field: CustomField, text: str, style: Style) -> Any:
    return decimal(text, style)


def decimal(text: str, style: Style = OWN) -> Decimal:
    """A figure as people write it: by the rules of their language first, else a lone comma or point decides."""
    figure = text.replace("−", "-").replace("’", "'").replace("\xa0", " ").strip()
    try:
        return Decimal(parse_decimal(figure.replace(" ", "\xa0"), locale=style.locale or formats.locale(), strict=True))
    except (NumberFormatError, InvalidOperation):
        pass
    plain = figure.replace(" ", "").replace("'", "")
    last = max(plain.rfind(","), plain.rfind("."))
    if last >= 0:
        whole = plain[:last].replace(",", "").replace(".", "")
        plain = f"{whole}.{plain[last + 1 :]}"
    try:
        found = Decimal(plain)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ValidationError(_("“%(text)s” is not a number."), params={"text": text[:40]})
    return found


def _parse_money(field: CustomField, text: str, style: Style) -> Any:
    match = _MONEY.fullmatch(text.replace("\xa0", " ").replace("\u202f", " "))
    if match is None:
        raise ValidationError(_("“%(text)s” is not an amount."), params={"text": text[:40]})
    named = match["before"] or match["after"]
    currency = _SYMBOLS.get(named) or named.upper() or style.money()
    if currency == "$":
        currency = style.money() if style.money() in ("USD", "CAD", "AUD", "MXN") else "USD"
    if currency not in list_currencies():
        raise ValidationError(_("“%(text)s” is not a currency."), params={"text": named})
    minor = decimal(match["figure"], style).scaleb(get_currency_precision(currency))
    if minor != minor.to_integral_value():
        raise ValidationError(_("“%(text)s” has too many decimals."), params={"text": text[:40]})
    return {"amount": int(minor), "currency": currency}


def _parse_day(field: CustomField, text: str, style: Style) -> Any:
    try:
        found = parse_date(text[:10]) or _numeric(text, style)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(_("“%(text)s” is not a date."), params={"text": text[:40]})
    return (found.date() if isinstance(found, datetime) else found).isoformat()


def _parse_instant(field: CustomField, text: str, style: Style) -> Any:
    try:
        found = parse_datetime(text) or _numeric(text, style)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError(_("“%(text)s” is not a date and time."), params={"text": text[:40]})
    return (found if found.tzinfo else timezone.make_aware(found, style.zone)).isoformat()


def _numeric(text: str, style: Style) -> datetime | None:
    match = _NUMERIC_DATE.fullmatch(text)
    if match is None:
        return None
    first, second, year, hour, minute, second_ = (int(part or 0) for part in match.groups())
    day, month = (first, second) if style.puts_day_first() else (second, first)
    return datetime(year, month, day, hour, minute, second_)  # noqa: DTZ001  the caller gives it its zone


def _parse_boolean(field: CustomField, text: str, style: Style) -> Any:
    word = fold(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValidationError(_("“%(text)s” is neither yes nor no."), params={"text": text[:40]})


def _parse_choices(field: CustomField, text: str, style: Style) -> Any:
    """Marks between the parts, unless the whole is one entry of the list."""
    whole = {fold(choice.label): choice.key for choice in open_choices(field)}.get(fold(text))
    return [whole] if whole else parts_of(text)


def parts_of(text: str) -> list[str]:
    """Entries of a list as ``entries_text`` writes them: quotation marks hold one together."""
    found = ((quoted.replace('""', '"') or plain).strip() for quoted, plain in _LIST_PART.findall(text))
    return [part for part in found if part]


def entries_text(entries: Sequence[str]) -> str:
    quoted = ('"' + entry.replace('"', '""') + '"' if _LIST_MARKS.search(entry) else entry for entry in entries)
    return "; ".join(quoted)


def missing_entries(field: CustomField, text: str) -> list[str]:
    """What a written value names and the list of the field has not got; nothing for fields without a list."""
    match Kind(field.kind):
        case Kind.CHOICE:
            written = [text]
        case Kind.CHOICES:
            written = _parse_choices(field, text, OWN)
        case _:
            return []
    return [" ".join(entry.split()) for entry in written if not _is_entry(field, entry)]


def _is_entry(field: CustomField, text: str) -> bool:
    try:
        return bool(_choice(field, text))
    except ValidationError:
        return False


def _as_written(field: CustomField, text: str, style: Style) -> Any:
    return text


Parser = Callable[[CustomField, str, Style], Any]
Check = Callable[[CustomField, Any], Any]

_PARSERS: Mapping[Kind, Parser] = {
    Kind.TEXT: _as_written,
    Kind.NUMBER: _parse_number,
    Kind.MONEY: _parse_money,
    Kind.DATE: _parse_day,
    Kind.DATETIME: _parse_instant,
    Kind.BOOLEAN: _parse_boolean,
    Kind.CHOICE: _as_written,
    Kind.CHOICES: _parse_choices,
    Kind.LINK: _as_written,
    Kind.PERSON: _as_written,
    Kind.COMPANY: _as_written,
}
_CHECKS: Mapping[Kind, Check] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.DATE: _day,
    Kind.DATETIME: _instant,
    Kind.BOOLEAN: _boolean,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.LINK: _link,
    Kind.PERSON: _reference,
    Kind.COMPANY: _reference,
}


def loaded(field: CustomField, row: Sequence[Any]) -> Any:
    """A value from its stored columns: text, number, money, currency, date, instant, boolean, choice's key,
    person, company. Of ``choices`` one row is one key."""
    text, number, money, currency, day, instant, boolean, choice, person, company = row
    match Kind(field.kind):
        case Kind.TEXT | Kind.LINK:
            return text
        case Kind.NUMBER:
            return int(number) if number is not None and float(number).is_integer() else number
        case Kind.MONEY:
            return {"amount": money, "currency": currency}
        case Kind.DATE:
            return day.isoformat()
        case Kind.DATETIME:
            return instant.astimezone(UTC).isoformat()
        case Kind.BOOLEAN:
            return boolean
        case Kind.CHOICE | Kind.CHOICES:
            return choice
        case Kind.PERSON:
            return person
    return company


def stored(field: CustomField, value: Any) -> list[tuple[Any, ...]]:
    """The rows that hold a checked value: slot, then the columns that ``loaded`` takes, the choice by id."""
    kind = Kind(field.kind)
    if kind == Kind.CHOICES:
        ids = {choice.key: choice.pk for choice in choices_of(field)}
        return [(ids[key], *_columns(choice=ids[key])) for key in value]
    return [(0, *_single(field, kind, value))]


def _single(field: CustomField, kind: Kind, value: Any) -> tuple[Any, ...]:
    match kind:
        case Kind.TEXT | Kind.LINK:
            return _columns(text=value)
        case Kind.NUMBER:
            return _columns(number=float(value))
        case Kind.MONEY:
            return _columns(money=value["amount"], currency=value["currency"])
        case Kind.DATE:
            return _columns(day=date.fromisoformat(value))
        case Kind.DATETIME:
            return _columns(instant=datetime.fromisoformat(value))
        case Kind.BOOLEAN:
            return _columns(boolean=value)
        case Kind.CHOICE:
            return _columns(choice=next(choice.pk for choice in choices_of(field) if choice.key == value))
        case Kind.PERSON:
            return _columns(person=value)
    return _columns(company=value)


def _columns(
    *,
    text: str | None = None,
    number: float | None = None,
    money: int | None = None,
    currency: str | None = None,
    day: date | None = None,
    instant: datetime | None = None,
    boolean: bool | None = None,
    choice: int | None = None,
    person: int | None = None,
    company: int | None = None,
) -> tuple[Any, ...]:
    return text, number, money, currency, day, instant, boolean, choice, person, company
