"""The forms that define fields, and the form of the values of one person or company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts.fields import defining
from contacts.models import CustomField
from contacts.models.people import Stage
from ecrm.tenancy.roles import Role

_EVERYBODY = (Role.OWNER, Role.ADMIN)


def roles() -> list[tuple[str, Any]]:
    """Those a field can be hidden from."""
    return [(value, label) for value, label in Role.choices if value not in _EVERYBODY]


class _Common(forms.Form):
    label = forms.CharField(label=_("Name"), max_length=80)
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, help_text=_("Shown below the field in forms.")
    )
    visible_to = forms.MultipleChoiceField(
        label=_("Seen by"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Nothing ticked: everybody. Owners and admins always see it."
            " A field that somebody does not see cannot be used in campaigns."
        ),
    )
    required_at = forms.MultipleChoiceField(
        label=_("Needed at the stage"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, entity: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        visible_to: Any = self.fields["visible_to"]
        visible_to.choices = roles()
        required_at: Any = self.fields["required_at"]
        if entity == CustomField.Entity.COMPANY:
            required_at.choices = [(CustomField.ALWAYS, _("Always"))]
            required_at.label = _("Needed")
        else:
            required_at.choices = Stage.choices

    def add_refusal(self, error: ValidationError) -> None:
        """What the service refused, at the field it speaks of."""
        for name, errors in error.update_error_dict({}).items():
            self.add_error(name if name in self.fields else None, errors)


class NewFieldForm(_Common):
    """The kind and the key stay for ever: other programs and texts name the field by them."""

    field_order = ["label", "kind", "choices", "note", "required_at", "visible_to", "key"]

    kind = forms.ChoiceField(label=_("Kind"), choices=CustomField.Kind.choices)
    choices = forms.CharField(
        label=_("Entries of the list"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For one or several of a list. One a line."),
    )
    key = forms.CharField(
        label=_("Key"),
        max_length=60,
        required=False,
        help_text=_("Imports, texts and the API know the field by it. Made from the name when left empty."),
    )

    def create(self, *, entity: str, by: Any) -> CustomField | None:
        """None when it was refused, with the errors in their places."""
        given = {**self.cleaned_data, "choices": self.cleaned_data["choices"].splitlines()}
        try:
            return defining.create(entity=entity, by=by, **given)
        except ValidationError as error:
            self.add_refusal(error)
            return None


class FieldForm(_Common):
    """Changes a field. The entries of a list come as rows of ``label-<id>`` and ``offered-<id>``."""

    field_order = ["label", "note", "more", "required_at", "visible_to"]

    more = forms.CharField(
        label=_("Further entries"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line."),
    )

    def __init__(self, *args: Any, field: CustomField, **kwargs: Any) -> None:
        initial = {name: getattr(field, name) for name in ("label", "note", "visible_to", "required_at")}
        super().__init__(*args, entity=field.entity, initial=initial, **kwargs)
        self.field = field
        if not field.has_choices:
            del self.fields["more"]

    def entries(self, order: Sequence[int]) -> list[defining.Choice] | None:
        """The list as sent, in the order of these ids; None for a field without one."""
        if not self.field.has_choices:
            return None
        kept = [
            defining.Choice(label, pk, f"offered-{pk}" in self.data)
            for pk in order
            if (label := self.data.get(f"label-{pk}", "").strip())
        ]
        return [*kept, *(defining.Choice(line) for line in self.cleaned_data["more"].splitlines())]

    def save(self, *, by: Any, order: Sequence[int]) -> bool:
        given = {name: self.cleaned_data[name] for name in ("label", "note", "visible_to", "required_at")}
        try:
            defining.edit(field=self.field, by=by, choices=self.entries(order), **given)
        except ValidationError as error:
            self.add_refusal(error)
            return False
        return True
