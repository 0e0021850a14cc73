"""What a segment can ask about custom fields: one question for each, by the operators of its kind.

Every question is a semi-join over ``CustomValue`` by the field and its typed column, which one index
answers alone under row security. Fields of companies are asked of the company a person works for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.criteria import Criterion, Gone, Having, Options, Scope, Window
from contacts.fields import questions, reading
from contacts.fields.kinds import Kind, choices_of, shown
from contacts.models import Company, Contact, CustomField, CustomValue, EmailAddress
from contacts.segments.inputs import start_of
from ecrm.mail.addresses import normalise
from ecrm.tenancy.roles import by_roles
from ecrm.tenancy.settings_rows import once

PREFIX = "field:"
COMPANY_PREFIX = "field:company."
_LAST_LETTER = "\U0010ffff"
_MEMORY = reading.made_of_fields("contacts.fields.criteria")


def of_tenant() -> list[Criterion]:
    """One for each living field of the bound tenant, from memory after the first time in a request."""
    return once(_MEMORY, lambda: [criterion(field) for entity in _ENTITIES for field in reading.of(entity)])


def gone(key: str) -> Gone:
    """Why a rule cannot be answered that asks about a field which is no more, told to everybody.

    Of a field removed for good nobody knows who saw it: only owners and admins read what a rule says there.
    """
    entity, name = _named(key)
    found = [field for field in reading.deleted(entity) if field.key == name]
    needed = [by_roles(field.visible_to) for field in found if field.visible_to]
    if needed:
        return Gone(_("A field that not every role sees was deleted."), needed)
    if found:
        return Gone(_("The field “%(field)s” was deleted.") % {"field": found[0].label})
    return Gone(needed=[by_roles([])])


def key_of(field: CustomField) -> str:
    is_company = field.entity == CustomField.Entity.COMPANY
    return f"{COMPANY_PREFIX if is_company else PREFIX}{field.key}"


def criterion(field: CustomField) -> Criterion:
    asked = _Asked(field)
    is_company = field.entity == CustomField.Entity.COMPANY
    label = _("Company: %(field)s") % {"field": field.label} if is_company else field.label
    return Criterion(
        key_of(field),
        label,
        "fields",
        questions.operators(field, partial(_choices, field)),
        asked.condition,
        asked.explain,
        _WINDOWS[Kind(field.kind)](asked) if Kind(field.kind) in _WINDOWS else None,
        capability=by_roles(field.visible_to) if field.visible_to else None,
        moved_by=("field:company",) if is_company else (f"field:{reading.prefixed(field)}",),
    )


_ENTITIES = CustomField.Entity.values


def _named(key: str) -> tuple[str, str]:
    if key.startswith(COMPANY_PREFIX):
        return CustomField.Entity.COMPANY, key.removeprefix(COMPANY_PREFIX)
    return CustomField.Entity.CONTACT, key.removeprefix(PREFIX)


def _choices(field: CustomField) -> Options:
    return [(choice.key, choice.label) for choice in choices_of(field) if choice.retired_at is None]


def norm(text: str) -> Func:
    """A text as ``CustomValue.text_norm`` holds it."""
    return Func(Value(text), function="search.norm", output_field=TextField())


@dataclass(frozen=True, slots=True)
class _Asked:
    """One field's answers as conditions on people."""

    field: CustomField

    def rows(self, **conditions: Any) -> QuerySet[CustomValue]:
        return CustomValue.objects.filter(field_id=self.field.pk, **conditions)

    def has(self, **conditions: Any) -> Q:
        """Whether a person (or their company) has a value like this."""
        if self.field.entity == CustomField.Entity.COMPANY:
            return Q(Exists(self.rows(company_id=OuterRef("company_id"), **conditions)))
        return Q(Having(self.rows(**conditions)))

    def condition(self, operator: str, value: Any, scope: Scope) -> Q:
        if operator == "known":
            return self.has(**{f"{_COLUMN[Kind(self.field.kind)]}__isnull": False})
        if operator == "unknown":
            return ~self.has(**{f"{_COLUMN[Kind(self.field.kind)]}__isnull": False})
        return _CONDITIONS[Kind(self.field.kind)](self, operator, value, scope)

    def explain(self, contact: Contact, operator: str, value: Any, scope: Scope) -> str:
        is_company = self.field.entity == CustomField.Entity.COMPANY
        owner_id = contact.company_id if is_company else contact.pk
        found = reading.values(self.field.entity, [owner_id], [self.field]) if owner_id else {}
        held = found.get(owner_id or 0, {}).get(self.field.key)
        return shown(self.field, held) if held is not None else _("not known")


_COLUMN: Mapping[Kind, str] = {
    Kind.TEXT: "text_norm",
    Kind.LINK: "text_norm",
    Kind.NUMBER: "number_value",
    Kind.MONEY: "money_value",
    Kind.DATE: "date_value",
    Kind.DATETIME: "at_value",
    Kind.BOOLEAN: "bool_value",
    Kind.CHOICE: "choice_id",
    Kind.CHOICES: "choice_id",
    Kind.PERSON: "person_value_id",
    Kind.COMPANY: "company_value_id",
}


def _text(asked: _Asked, operator: str, value: Any, scope: Scope) -> Q:
    if operator == "contains":
        return asked.has(text_norm__isnull=False, text_norm__contains=norm(value))
    if operator == "starts":
        # Two comparisons and no LIKE, which row security would keep from the index.
        return asked.has(text_norm__gte=norm(value), text_norm__lt=Concat(norm(value), Value(_LAST_LETTER)))
    found = asked.has(text_norm__in=[norm(word) for word in value])
    return found if operator == "any_of" else ~found


def _number(asked: _Asked, operator: str, value: Any, scope: Scope) -> Q:
    if operator == "between":
        return asked.has(number_value__gte=value["from"], number_value__lte=value["to"])
    lookup = {"at_least": "gte", "at_most": "lte", "is": "exact"}[operator]
    return asked.has(**{f"number_value__{lookup}": value})


def _money(asked: _Asked, operator: str, value: Any, scope: Scope) -> Q:
    """Amounts in one currency; those in others are not compared."""
    if operator == "between":
        low, high = value["from"], value["to"]
        return asked.has(currency=low["currency"], money_value__gte=low["minor"], money_value__lte=high["minor"])
    lookup = {"at_least": "gte", "at_most": "lte"}[operator]
    return asked.has(**{"currency": value["currency"], f"money_value__{lookup}": value["minor"]})


def _day(asked: _Asked, operator: str, value: Any, scope: Scope) -> Q:
    today = _today(scope.now, scope)
    if operator in ("in_last", "not_in_last"):
        found = asked.has(date_value__gt=today - timedelta(days=value), date_value__lte=today)
        return found if operator == "in_last" else ~found
    if operator == "in_next":
        return asked.has(date_value__gte=today, date_value__lte=today + timedelta(days=value))
    return asked.has(**{f"date_value__{_FROM_OR_BEFORE[operator]}": date.fromisoformat(value)})


def _instant(asked: _Asked, operator: str, value: Any, scope: Scope) -> Q:
    if operator in ("in_last", "not_in_last"):
        found = asked.has(at_value__gte=scope.ago(value), at_value__lte=scope.now)
        return found if operator == "in_last" else ~found
    if operator == "in_next":
        return asked.has(at_value__gte=scope.now, at_value__lte=scope.now + timedelta(days=value))
    return asked.has(**{f"at_value__{_FROM_OR_BEFORE[operator]}": start_of(value, scope)})


_FROM_OR_BEFORE = {"from": "gte", "before": "lt"}


def _boolean(asked: _Asked, operator: str, value: Any, scope: Scope) -> Q:
    return asked.has(bool_value=operator == "yes")


def _chosen(asked: _Asked, operator: str, value: Any, scope: Scope) -> Q:
    ids = {choice.key: choice.pk for choice in choices_of(asked.field)}
    wanted = [ids.get(key, 0) for key in value]
    if operator == "all_of":
        found = Q()
        for choice_id in wanted:
            found &= asked.has(choice_id=choice_id)
        return found
    found = asked.has(choice_id__in=wanted)
    return found if operator == "any_of" else ~found


def _person(asked: _Asked, operator: str, value: Any, scope: Scope) -> Q:
    named = EmailAddress.objects.filter(address_norm__in=[normalise(word) for word in value], binned_at=None)
    found = asked.has(person_value_id__in=named.values("contact_id"))
    return found if operator == "any_of" else ~found


def _company(asked: _Asked, operator: str, value: Any, scope: Scope) -> Q:
    folded = [Func(Value(word.strip()), function="search.fold", output_field=TextField()) for word in value]
    named = Company.objects.filter(name_norm__in=folded, binned_at=None)
    found = asked.has(company_value_id__in=named.values("pk"))
    return found if operator == "any_of" else ~found


Condition = Callable[[_Asked, str, Any, Scope], Q]
_CONDITIONS: Mapping[Kind, Condition] = {
    Kind.TEXT: _text,
    Kind.LINK: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.DATE: _day,
    Kind.DATETIME: _instant,
    Kind.BOOLEAN: _boolean,
    Kind.CHOICE: _chosen,
    Kind.CHOICES: _chosen,
    Kind.PERSON: _person,
    Kind.COMPANY: _company,
}
_MOVING = ("in_last", "not_in_last", "in_next")


def _days_window(asked: _Asked) -> Window:
    """Answers about days change at the tenant's midnight."""

    def crossed(operator: str, value: Any, since: datetime, until: datetime, scope: Scope) -> Q | None:
        if operator not in _MOVING:
            return None
        first, last = _today(since, scope), _today(until, scope)
        if first == last:
            return Q(pk__in=[])
        far = timedelta(days=value if operator == "in_next" else -value)
        found = asked.has(date_value__gte=first, date_value__lte=last)
        return found | asked.has(date_value__gte=first + far, date_value__lte=last + far)

    def next_at(operator: str, value: Any, scope: Scope) -> datetime | None:
        if operator not in _MOVING:
            return None
        return start_of((_today(scope.now, scope) + timedelta(days=1)).isoformat(), scope)

    return Window(crossed, next_at)


def _instants_window(asked: _Asked) -> Window:
    """An answer about an instant changes when it comes, and when the days around it are over."""

    def crossed(operator: str, value: Any, since: datetime, until: datetime, scope: Scope) -> Q | None:
        if operator not in _MOVING:
            return None
        far = timedelta(days=value if operator == "in_next" else -value)
        found = asked.has(at_value__gte=since, at_value__lte=until)
        return found | asked.has(at_value__gte=since + far, at_value__lte=until + far)

    def next_at(operator: str, value: Any, scope: Scope) -> datetime | None:
        if operator not in _MOVING:
            return None
        far = timedelta(days=value if operator == "in_next" else -value)
        moments = (_first_after(asked, scope.now), _first_after(asked, scope.now + far))
        comes = [at for at in (moments[0], moments[1] - far if moments[1] else None) if at is not None]
        # A breath later, when the answer has changed for sure.
        return min(comes) + timedelta(microseconds=1) if comes else None

    return Window(crossed, next_at)


def _first_after(asked: _Asked, at: datetime) -> datetime | None:
    return asked.rows(at_value__gte=at).order_by("at_value").values_list("at_value", flat=True).first()


_WINDOWS: Mapping[Kind, Callable[[_Asked], Window]] = {Kind.DATE: _days_window, Kind.DATETIME: _instants_window}


def _today(instant: datetime, scope: Scope) -> date:
    return timezone.localtime(instant, scope.zone).date()
