"""What people fill in around a campaign. The words themselves: ``campaigns.editing.block_forms``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.services import MOST_HELD_BACK
from consent import purposes
from consent.models import Channel, Purpose
from contacts.models import Segment
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.models import Membership, Tenant, User

LOCAL_TIME = "%Y-%m-%dT%H:%M"


class SettingsForm(forms.Form):
    """Whom, why and from whom. ``version`` guards against two people who save at once."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("Only your team sees it.")
    )
    segment = forms.ModelChoiceField(
        label=gettext_lazy("Segment"),
        queryset=Segment.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose later"),
    )
    purpose = forms.ModelChoiceField(
        label=gettext_lazy("Purpose"),
        queryset=Purpose.objects.none(),
        empty_label=None,
        help_text=gettext_lazy("Only people who agreed to it get the message."),
    )
    identity = forms.ModelChoiceField(
        label=gettext_lazy("From"), queryset=SendingIdentity.objects.none(), empty_label=None
    )
    holdout_percent = forms.IntegerField(
        label=gettext_lazy("Hold back, in percent"),
        min_value=0,
        max_value=MOST_HELD_BACK,
        initial=0,
        help_text=gettext_lazy("So many get nothing, so that you can compare. 0 for nobody."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, campaign: Campaign | None = None, languages: list[str], **kwargs: Any) -> None:
        if campaign is not None:
            kwargs["initial"] = _settings_of(campaign)
        super().__init__(*args, **kwargs)
        kept = campaign or Campaign()
        usable = Q(archived_at=None)
        self._offer("segment", Segment.objects.filter(usable | Q(pk=kept.segment_id)).order_by("name"))
        self._field("segment").label_from_instance = _segment_words
        email = Purpose.objects.filter(usable | Q(pk=kept.purpose_id), channel=Channel.EMAIL)
        self._offer("purpose", email.exclude(key=purposes.TRACKING).order_by("position", "pk"))
        self._offer("identity", SendingIdentity.objects.order_by("name", "pk"))
        names = purposes.names(languages)
        self._field("purpose").label_from_instance = lambda each: names.get(each.pk, each.key)

    @property
    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    @property
    def in_words(self) -> list[tuple[str, str]]:
        """Every setting as it reads, in the form's order: label and words."""
        return [(str(field.label), _in_words(field)) for field in self.visible_fields()]

    def _offer(self, name: str, queryset: Any) -> None:
        self._field(name).queryset = queryset

    def _field(self, name: str) -> Any:
        return self.fields[name]


class ProofForm(forms.Form):
    """A test message goes to colleagues only: nobody else is written to without the engine's checks."""

    to = forms.ChoiceField(label=gettext_lazy("To"), help_text=gettext_lazy("A member of this workspace"))

    def __init__(self, *args: Any, tenant: Tenant, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.filter(tenant=tenant).select_related("user").order_by("user__email")
        listed = [(each.user.email, each.user.email) for each in members]
        mine = [(reader.email, _("You, %(email)s") % {"email": reader.email})]
        field: Any = self.fields["to"]
        field.choices = mine + [choice for choice in listed if choice[0] != reader.email]


class ScheduleForm(forms.Form):
    scheduled_at = forms.DateTimeField(
        label=gettext_lazy("Send at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL_TIME),
        input_formats=[LOCAL_TIME, f"{LOCAL_TIME}:%S"],
    )

    def clean_scheduled_at(self) -> datetime:
        when: datetime = self.cleaned_data["scheduled_at"]
        if when <= timezone.now():
            raise forms.ValidationError(_("Choose a time in the future."))
        return when


class ConfirmForm(forms.Form):
    """What cannot be called back is confirmed by typing the campaign's name."""

    typed = forms.CharField(
        label=gettext_lazy("Type the campaign's name to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed"].help_text = name

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed.split() != self.name.split() and typed.casefold().split() != self.name.casefold().split():
            raise forms.ValidationError(_("This is not the campaign's name."))
        return typed


def _in_words(field: forms.BoundField) -> str:
    value, choices = field.value(), getattr(field.field, "choices", None)
    if choices is None:
        return str(value)
    return next((str(label) for code, label in choices if str(code) == str(value or "")), "")


def _segment_words(segment: Segment) -> str:
    return _("%(name)s (its rule is broken)") % {"name": segment.name} if segment.broken_reason else segment.name


def _settings_of(campaign: Campaign) -> dict[str, Any]:
    return {
        "name": campaign.name,
        "segment": campaign.segment_id,
        "purpose": campaign.purpose_id,
        "identity": campaign.identity_id,
        "holdout_percent": campaign.holdout_percent,
        "version": campaign.content_version,
    }
