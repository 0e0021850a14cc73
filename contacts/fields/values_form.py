"""The form of what custom fields hold, for one person or company: a control for each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.fields import reading, references
from contacts.fields.kinds import Kind, check, choices_of, number_text, parse, tenant_currency
from contacts.fields.names import NameInput
from contacts.fields.requiring import is_required, lacking, missing
from contacts.models import CustomField, EmailAddress
from contacts.models.people import Stage
from ecrm.tenancy.models import Membership
from ecrm.ui import formats

_ANY_DIRECTION = {"dir": "auto"}
_LONG = 80


class ValuesForm(forms.Form):
    """Fields called ``f:<key>``. ``values`` has what was changed, as ``writing.put`` takes it.

    What stands in a control as it was drawn is left alone, so that saving never rounds a value or
    drops an entry that is not offered any more. ``stage`` is a person's, known once their form is, and
    ``was_stage`` the one they had.
    """

    def __init__(
        self,
        posted: Any,
        *,
        entity: str,
        membership: Membership,
        owner_id: int | None = None,
        stage: Callable[[], str] = lambda: "",
        was_stage: str = "",
    ) -> None:
        self.custom = reading.by_key(entity, membership)
        self.membership = membership
        self.stage = stage
        self.was_stage = was_stage if owner_id else None
        self.current = _current(entity, owner_id, list(self.custom.values())) if owner_id and self.custom else {}
        self.values: dict[str, Any] = {}
        named = _named(self.custom, self.current, membership)
        initial = {
            reading.prefixed(field): written(field, self.current[key], named)
            for key, field in self.custom.items()
            if key in self.current
        }
        super().__init__(posted, initial=initial, use_required_attribute=False)
        for key, field in self.custom.items():
            self.fields[reading.prefixed(field)] = control(field, self.current.get(key))
        self._hint()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        changed = {key: given[name] for key, name in self._names().items() if name in given and self._is_changed(name)}
        (found,) = references.resolve(self.custom, [changed], self.membership)
        for key, value in found.items():
            if isinstance(value, ValidationError):
                self.add_error(self._names()[key], value)
        self.values = {key: value for key, value in found.items() if not isinstance(value, ValidationError)}
        held = {**self.current, **self.values}
        for key, words in self._lacking(held).items():
            if self._names()[key] not in self.errors:
                self.add_error(self._names()[key], ValidationError(words, code="required"))
        return given

    def add_refused(self, error: ValidationError) -> ValidationError | None:
        """Puts what a service refused at the fields; answers what is none of this form's."""
        others = {}
        for name, errors in error.update_error_dict({}).items():
            if name in self.fields:
                self.add_error(name, errors)
            else:
                others[name] = errors
        return ValidationError(others) if others else None

    def _lacking(self, held: Mapping[str, Any]) -> dict[str, str]:
        known = list(self.custom.values())
        return lacking(known, self.stage(), held, was_stage=self.was_stage, was_values=self.current)

    def _hint(self) -> None:
        """What the person or company lacks already is said at the field, and holds nobody up."""
        if self.was_stage is not None:
            for key in missing(list(self.custom.values()), self.was_stage, self.current):
                field = self.fields[reading.prefixed(self.custom[key])]
                field.help_text = f"{field.help_text} {_('Still empty.')}"

    def _names(self) -> dict[str, str]:
        return {key: reading.prefixed(field) for key, field in self.custom.items()}

    def _is_changed(self, name: str) -> bool:
        return bool(_bare(self[name].value()) != _bare(self.initial.get(name)))


class _Text(forms.CharField):
    def __init__(self, field: CustomField, **given: Any) -> None:
        super().__init__(required=False, label=field.label, help_text=_help(field), **given)
        self.custom = field

    def clean(self, value: Any) -> Any:
        return parse(self.custom, value or "")


class _Several(forms.MultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def __init__(self, field: CustomField, **given: Any) -> None:
        super().__init__(required=False, label=field.label, help_text=_help(field), **given)
        self.custom = field

    def clean(self, value: Any) -> Any:
        return check(self.custom, value or None)


def control(field: CustomField, current: Any = None) -> forms.Field:
    match Kind(field.kind):
        case Kind.TEXT:
            is_long = isinstance(current, str) and ("\n" in current or len(current) > _LONG)
            attrs = {"rows": 3, **_ANY_DIRECTION} if is_long else _ANY_DIRECTION
            return _Text(field, widget=forms.Textarea(attrs=attrs) if is_long else forms.TextInput(attrs=attrs))
        case Kind.NUMBER | Kind.MONEY:
            return _Text(field, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        case Kind.DATE:
            return _Text(field, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        case Kind.DATETIME:
            return _Text(field, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
        case Kind.BOOLEAN:
            choices = [("", _("Not set")), ("yes", _("Yes")), ("no", _("No"))]
            return _Text(field, widget=forms.Select(choices=choices))
        case Kind.CHOICE:
            return _Text(field, widget=forms.Select(choices=[("", _("Not set")), *_offered(field, [current])]))
        case Kind.CHOICES:
            return _Several(field, choices=_offered(field, current or []))
        case Kind.PERSON | Kind.COMPANY:
            return _Text(field, widget=NameInput(field.kind))
    return _Text(field, widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}))


def written(field: CustomField, value: Any, named: Mapping[str, Mapping[int, str]]) -> Any:
    """A value as its control shows it."""
    match Kind(field.kind):
        case Kind.NUMBER:
            return number_text(value)
        case Kind.MONEY:
            precision = get_currency_precision(value["currency"])
            amount = formats.number(Decimal(value["amount"]).scaleb(-precision), places=precision)
            return amount if value["currency"] == tenant_currency() else f"{amount} {value['currency']}"
        case Kind.DATETIME:
            return timezone.localtime(datetime.fromisoformat(value)).strftime("%Y-%m-%dT%H:%M")
        case Kind.BOOLEAN:
            return "yes" if value else "no"
        case Kind.PERSON | Kind.COMPANY:
            return named[field.kind].get(value, f"#{value}")
    return value


def _current(entity: str, owner_id: int, fields: list[CustomField]) -> dict[str, Any]:
    return reading.values(entity, [owner_id], fields).get(owner_id, {})


def _named(
    fields: Mapping[str, CustomField], current: Mapping[str, Any], membership: Membership
) -> dict[str, dict[int, str]]:
    """People with their address, so that the text leads back to them."""
    named = reading.reference_names(fields, [current], membership)
    people = named[Kind.PERSON]
    if people:
        rows = EmailAddress.objects.filter(contact_id__in=people, is_primary=True, binned_at=None)
        for contact_id, address in rows.values_list("contact_id", "address"):
            people[contact_id] = f"{people[contact_id]} <{address}>"
    return named


def _offered(field: CustomField, chosen: list[Any]) -> list[tuple[str, str]]:
    """What can be chosen, and what is chosen though it cannot any more."""
    return [(one.key, one.label) for one in choices_of(field) if one.retired_at is None or one.key in chosen]


def _help(field: CustomField) -> str:
    said = [field.note]
    if field.kind == Kind.PERSON:
        said.append(_("The email address of a contact."))
    if field.kind == Kind.COMPANY:
        said.append(_("The name of a company."))
    if field.kind == Kind.MONEY:
        said.append(_("In %(currency)s, unless you write another currency.") % {"currency": tenant_currency()})
    said.append(_needed(field))
    return " ".join(part for part in said if part)


def _needed(field: CustomField) -> str:
    if not field.required_at:
        return ""
    stages = [str(Stage(stage).label) for stage in Stage.values if is_required(field, stage)]
    if len(stages) == len(Stage.values):
        return _("Needed.")
    return _("Needed at the stage %(stages)s.") % {"stages": ", ".join(stages)}


def _bare(value: Any) -> Any:
    """What a control sends, however it is spelled: nothing is nothing, line ends are line ends."""
    if isinstance(value, list | tuple) and value:
        return sorted(value)
    return str(value).replace("\r\n", "\n").strip() if value else ""
