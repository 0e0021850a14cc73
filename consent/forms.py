"""Forms of the consent pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.models import Action, Basis, Channel, Purpose
from consent.services import CLOCK_SKEW
from contacts import places
from ecrm.mail import addresses
from ecrm.ui.widgets import LongSelect


class TextsForm(forms.Form):
    """Name and description in every language of the tenant; the first needs a name."""

    def __init__(self, *args: Any, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.languages = languages
        for place, code in enumerate(languages):
            names = {"language": _language_name(code)}
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name in %(language)s") % names,
                max_length=120,
                required=place == 0,
                widget=forms.TextInput(attrs={"lang": code}),
            )
            self.fields[f"description_{code}"] = forms.CharField(
                label=_("Description in %(language)s") % names,
                max_length=400,
                required=False,
                widget=forms.TextInput(attrs={"lang": code}),
            )

    @property
    def texts(self) -> dict[str, tuple[str, str]]:
        given = self.cleaned_data
        return {code: (given[f"name_{code}"], given[f"description_{code}"]) for code in self.languages}


class NoticeForm(forms.Form):
    """A wording in every language of the tenant; the first needs one."""

    def __init__(self, *args: Any, languages: Sequence[str], is_required: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.languages = languages
        for place, code in enumerate(languages):
            self.fields[f"notice_{code}"] = forms.CharField(
                label=_("Wording in %(language)s") % {"language": _language_name(code)},
                max_length=2_000,
                required=is_required and place == 0,
                widget=forms.Textarea(attrs={"rows": 3, "lang": code}),
            )

    @property
    def texts(self) -> dict[str, str]:
        return {code: self.cleaned_data[f"notice_{code}"] for code in self.languages}


class PurposeForm(TextsForm):
    """What a purpose stands for. None of it changes once people have answered."""

    field_order = ["key", "channel", "basis", "is_marketing"]

    key = forms.SlugField(
        label=gettext_lazy("Key"),
        max_length=40,
        help_text=gettext_lazy("Small letters, digits and hyphens. Imports and the API know the purpose by it."),
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices)
    basis = forms.ChoiceField(label=gettext_lazy("Legal basis"), choices=Basis.choices)
    is_marketing = forms.BooleanField(
        label=gettext_lazy("Marketing"),
        required=False,
        help_text=gettext_lazy("Advertising of any kind. It always needs consent."),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("is_marketing") and given.get("basis") != Basis.CONSENT:
            self.add_error("basis", _("Marketing needs consent."))
        key = given.get("key", "")
        if key != key.lower():
            self.add_error("key", _("Use small letters."))
        elif key and Purpose.objects.filter(key=key).exists():
            self.add_error("key", _("There is a purpose with this key."))
        return given


class AnswerForm(forms.Form):
    """What a person told a member of staff."""

    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    action = forms.ChoiceField(
        label=gettext_lazy("They said"),
        choices=[(Action.GRANTED, gettext_lazy("Yes")), (Action.WITHDRAWN, gettext_lazy("No"))],
        widget=forms.RadioSelect,
    )
    origin = forms.CharField(
        label=gettext_lazy("Where and how"),
        max_length=200,
        help_text=gettext_lazy(
            "For example: by phone on the customer's own call, or the signed card of the Porto fair. This is the proof."
        ),
    )
    given_at = forms.DateTimeField(
        label=gettext_lazy("When"),
        required=False,
        help_text=gettext_lazy("Leave empty for now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["purpose"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_given_at(self) -> Any:
        given = self.cleaned_data["given_at"]
        if given and given > timezone.now() + CLOCK_SKEW:
            raise ValidationError(_("This lies in the future."))
        return given


class AddressForm(forms.Form):
    """One address, in its normal form after cleaning."""

    address = forms.CharField(
        label=gettext_lazy("Email address"),
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def clean_address(self) -> str:
        try:
            return addresses.validate(self.cleaned_data["address"])
        except addresses.AddressError as error:
            raise ValidationError(str(error)) from error


class SuppressForm(AddressForm):
    note = forms.CharField(label=gettext_lazy("Why"), max_length=200)


class LiftForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why may this address be written to again?"),
        max_length=300,
        help_text=gettext_lazy("Kept in the audit with your name."),
    )


def texts_initial(texts: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """``TextsForm`` values from (name, description) by language."""
    return {f"name_{code}": name for code, (name, _description) in texts.items()} | {
        f"description_{code}": description for code, (_name, description) in texts.items()
    }


def _language_name(code: str) -> str:
    return str(translation.gettext(translation.get_language_info(code)["name"]))


class CustomerRuleForm(forms.Form):
    """A workspace's own rule about customers of a country."""

    country = forms.CharField(label=gettext_lazy("Country"), widget=LongSelect)
    is_allowed = forms.TypedChoiceField(
        label=gettext_lazy("Customers who did not ask"),
        choices=[("yes", gettext_lazy("May be written to")), ("no", gettext_lazy("Are asked for consent"))],
        coerce=lambda text: text == "yes",
    )
    months = forms.IntegerField(
        label=gettext_lazy("For how many months after the last sale"),
        required=False,
        min_value=1,
        max_value=240,
        help_text=gettext_lazy("Empty where the law names no time."),
    )
    law = forms.CharField(label=gettext_lazy("Law and article"), max_length=200)
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        help_text=gettext_lazy("Such as “Opinion of our lawyer of 3 May”. Kept with your name."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country: Any = self.fields["country"].widget
        country.choices = [("", _("Choose")), *places.countries()]

    def clean_country(self) -> str:
        return places.known_country(self.cleaned_data["country"])
