"""What acts on many people ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import fields, places
from contacts.bulk_actions import ActForm
from contacts.fields import references
from contacts.fields.names import NameInput
from contacts.fields.values_form import control
from contacts.models import Segment
from contacts.models.people import Stage
from contacts.segments import lists
from contacts.services.naming import Namer, get_or_create_companies
from contacts.services.tags import LONGEST_TAG
from ecrm.tenancy.forms import TIME_ZONES
from ecrm.tenancy.models import Membership, User
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
    """Which field, and its value in the control of that field.

    The control is drawn for the field chosen before: ``shown`` says which. Sent with another one chosen
    meanwhile, the form is drawn again.
    """

    template_name = "contacts/_act_field.html"
    field = forms.ChoiceField(
        label=gettext_lazy("Field"),
        widget=LongSelect(
            attrs={
                "hx-post": "",
                "hx-trigger": "change",
                "hx-include": "closest form",
                "hx-target": "#act-field",
                "hx-select": "#act-field",
                "hx-swap": "outerHTML",
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.custom = {fields.prefixed(field): field for field in fields.of("contact", self.membership)}
        chosen: Any = self.fields["field"]
        chosen.choices = [*OWN_FIELDS.items(), *((key, field.label) for key, field in self.custom.items())]
        known = dict(chosen.choices)
        wanted: Any = self.data.get("field") if self.is_bound else self.initial.get("field")
        self.shown: str = wanted if wanted in known else next(iter(known))
        self.fields["value"] = self._control(str(known[self.shown]))

    @classmethod
    def is_sent(cls, sent: QueryDict) -> bool:
        return super().is_sent(sent) and sent.get("shown", sent.get("field")) == sent.get("field")

    @classmethod
    def begun(cls, membership: Membership, sent: QueryDict) -> ActForm:
        return cls(membership, initial={"field": sent.get("field", "")})

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                given["meant"] = self._meant(given["field"], given["value"])
            except ValidationError as error:
                self.add_error("value", error)
        return given

    def arguments(self) -> dict[str, Any]:
        return {"field": self.cleaned_data["field"], "value": self.cleaned_data["meant"]}

    def says(self) -> str:
        return _("%(field)s: %(value)s") % {"field": self.fields["value"].label, "value": self._said() or _("nothing")}

    def _control(self, label: str) -> forms.Field:
        key = self.shown
        if key in self.custom:
            made = control(self.custom[key])
        else:
            widget = _OWN_WIDGETS.get(key, lambda: forms.TextInput(attrs={"dir": "auto"}))()
            made = forms.CharField(label=label, required=False, max_length=_LONGEST.get(key, 200), widget=widget)
        made.help_text = " ".join(filter(None, [str(made.help_text), _("Nothing empties the field.")]))
        return made

    def _meant(self, key: str, given: Any) -> Any:
        if key in self.custom:
            (found,) = references.resolve({key: self.custom[key]}, [{key: given}], self.membership)
            if isinstance(found[key], ValidationError):
                raise found[key]
            return found[key]
        text = " ".join(given.replace("\0", "").split())
        if key == "company":
            return get_or_create_companies([text], namer=Namer(self.membership.user, "bulk"))[text] if text else None
        choices = {"country": places.countries, "language": places.languages}
        if key in choices:
            return _code(text, choices[key]())
        if key == "time_zone" and text and text not in dict(TIME_ZONES):
            raise ValidationError(_("“%(text)s” is not in the list.") % {"text": text[:40]})
        return text

    def _said(self) -> str:
        key, given, meant = (self.cleaned_data[name] for name in ("field", "value", "meant"))
        if key not in self.custom:
            named = {"country": places.country_name, "language": places.language_name}
            return named[key](meant) if key in named and meant else str(given)
        field = self.custom[key]
        return str(given or "") if field.kind in references.KINDS else fields.shown(field, meant)


def _listed(choices: Callable[[], Sequence[tuple[str, Any]]]) -> Callable[[], forms.Widget]:
    return lambda: LongSelect(choices=[("", _("Not set")), *choices()])


_OWN_WIDGETS: dict[str, Callable[[], forms.Widget]] = {
    "company": lambda: NameInput("company"),
    "country": _listed(places.countries),
    "language": _listed(places.languages),
    "time_zone": _listed(lambda: TIME_ZONES),
}


def _code(text: str, known: Sequence[tuple[str, str]]) -> str:
    """Of a country or language given by its code or its name."""
    for code, name in known:
        if text.casefold() in (code.casefold(), name.casefold()):
            return code
    if text:
        raise ValidationError(_("“%(text)s” is not in the list.") % {"text": text[:40]})
    return ""
