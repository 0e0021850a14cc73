"""What acts on many people ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import fields, places
from contacts.bulk_actions import ActForm
from contacts.models import CustomField, Segment
from contacts.models.people import Stage
from contacts.segments import lists
from contacts.services.companies import get_or_create_companies
from contacts.services.tags import LONGEST_TAG
from ecrm.tenancy.forms import TIME_ZONES
from ecrm.tenancy.models import User
from ecrm.ui.widgets import LongSelect

LONGEST_TAGS = 400


class TagsForm(ActForm):
    tags = forms.CharField(
        label=gettext_lazy("Tags"), max_length=LONGEST_TAGS, help_text=gettext_lazy("With commas between them.")
    )

    def clean_tags(self) -> str:
        names = [" ".join(name.split()) for name in self.cleaned_data["tags"].replace("\0", "").split(",")]
        names = list(dict.fromkeys(name for name in names if name))
        if not names:
            raise ValidationError(_("Write the tag first."))
        if max(map(len, names)) > LONGEST_TAG:
            raise ValidationError(_("A tag has at most %(limit)d letters.") % {"limit": LONGEST_TAG})
        return ", ".join(names)

    def says(self) -> str:
        return str(self.cleaned_data["tags"])


class StageForm(ActForm):
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), choices=Stage.choices)

    def says(self) -> str:
        return str(Stage(self.cleaned_data["stage"]).label)


class OwnerForm(ActForm):
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Owner"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Unassigned"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        members = User.objects.filter(memberships__tenant=self.membership.tenant_id)
        owner.queryset = members.order_by("name", "email")

    def arguments(self) -> dict[str, Any]:
        owner = self.cleaned_data["owner"]
        return {"owner": owner.pk if owner else None}

    def says(self) -> str:
        return str(self.cleaned_data["owner"] or _("Unassigned"))


class ListForm(ActForm):
    """A list that is there, or the name of a new one."""

    segment = forms.ModelChoiceField(
        label=gettext_lazy("Segment by hand"),
        queryset=Segment.objects.none(),
        required=False,
        empty_label=gettext_lazy("A new one"),
    )
    name = forms.CharField(label=gettext_lazy("Name of a new one"), max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segment: Any = self.fields["segment"]
        segment.queryset = lists.open_lists()
        if not segment.queryset.exists():
            del self.fields["segment"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.errors or given.get("segment"):
            return given
        try:
            given["segment"] = lists.create_static(name=given.get("name", ""), by=self.membership.user)
        except ValidationError as error:
            self.add_error("name", error.messages)
        return given

    def arguments(self) -> dict[str, Any]:
        return {"segment": self.cleaned_data["segment"].pk}

    def says(self) -> str:
        return str(self.cleaned_data["segment"])


OWN_FIELDS = {
    "company": gettext_lazy("Company"),
    "job_title": gettext_lazy("Job title"),
    "country": gettext_lazy("Country"),
    "city": gettext_lazy("City"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "source": gettext_lazy("Source"),
}
_LONGEST = {"company": 200, "job_title": 120, "city": 120, "source": 60}


class FieldForm(ActForm):
    """Which field, and its value as text: ``places`` and ``fields.parse`` know what it means."""

    field = forms.ChoiceField(label=gettext_lazy("Field"), widget=LongSelect)
    value = forms.CharField(
        label=gettext_lazy("Value"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=gettext_lazy("As you would write it in the contact's form. Nothing empties the field."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.custom = {
            fields.prefixed(field): field
            for field in fields.of("contact", self.membership)
            if field.kind != CustomField.Kind.PERSON
        }
        chosen: Any = self.fields["field"]
        chosen.choices = [*OWN_FIELDS.items(), *((key, field.label) for key, field in self.custom.items())]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        key, text = given.get("field", ""), " ".join(given.get("value", "").replace("\0", "").split())
        if key:
            try:
                given["meant"] = self._meant(key, text)
            except ValidationError as error:
                self.add_error("value", error.messages)
        return given

    def arguments(self) -> dict[str, Any]:
        return {"field": self.cleaned_data["field"], "value": self.cleaned_data["meant"]}

    def says(self) -> str:
        labels: Any = self.fields["field"]
        label = dict(labels.choices)[self.cleaned_data["field"]]
        shown = self.cleaned_data["value"] or _("nothing")
        return _("%(field)s: %(value)s") % {"field": label, "value": shown}

    def _meant(self, key: str, text: str) -> Any:
        if key in self.custom:
            return fields.parse(self.custom[key], text)
        if len(text) > _LONGEST.get(key, 200):
            raise ValidationError(_("At most %(limit)s letters.") % {"limit": _LONGEST.get(key, 200)})
        if key == "company":
            return get_or_create_companies([text])[text] if text else None
        choices = {"country": places.countries, "language": places.languages}
        if key in choices:
            return _code(text, choices[key]())
        if key == "time_zone" and text and text not in dict(TIME_ZONES):
            raise ValidationError(_("“%(text)s” is not in the list.") % {"text": text[:40]})
        return text


def _code(text: str, known: Sequence[tuple[str, str]]) -> str:
    """Of a country or language given by its code or its name."""
    for code, name in known:
        if text.casefold() in (code.casefold(), name.casefold()):
            return code
    if text:
        raise ValidationError(_("“%(text)s” is not in the list.") % {"text": text[:40]})
    return ""
