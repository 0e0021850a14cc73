from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy import zones
from ecrm.tenancy.models import Membership, Tenant, User
from ecrm.tenancy.roles import Role

TIME_ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(zones.known()) if "/" in zone or zone == "UTC"]
BLANK = ("", _("As the workspace"))


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(label=_("Roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple)


class InvitationForm(RolesForm):
    email = forms.EmailField(label=_("Email"))
    field_order = ["email", "roles"]


class TeamForm(forms.Form):
    name = forms.CharField(label=_("Team name"), max_length=80)


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """Making a workspace: the address is proposed from the name when left empty."""

    slug = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=40,
        help_text=_("Part of the web address. Made from the name when left empty."),
    )

    class Meta:
        model = Tenant
        fields = ["name", "slug", "currency", "time_zone"]
        widgets = {"time_zone": forms.Select(choices=TIME_ZONES)}

    def __init__(self, *args: Any, zone: str = "", **kwargs: Any) -> None:
        """``zone`` is where the member may be; their browser knows better, while nothing is chosen."""
        super().__init__(*args, **kwargs)
        if zone:
            self.initial["time_zone"] = zone
        if not self.is_bound:
            self.fields["time_zone"].widget.attrs["data-browser-zone"] = True

    def clean_slug(self) -> str:
        return str(self.cleaned_data["slug"]) or slugify(self.cleaned_data.get("name", ""))[:40]


class TenantSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Tenant
        fields = [
            "name",
            "languages",
            "time_zone",
            "currency",
            "hue",
            "postal_address",
            "sender_name",
            "sender_email",
            "reply_to",
        ]
        widgets = {"time_zone": forms.Select(choices=TIME_ZONES)}
        help_texts = {
            "postal_address": _("Stands below every mailing. Nothing is sent without it."),
            "sender_name": _("Whom people see a mailing comes from."),
            "sender_email": _("The address mailings come from. Nothing is sent without it."),
            "reply_to": _("Only when answers shall go elsewhere."),
        }


NAME = forms.CharField(
    label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
)


class NameForm(forms.Form):
    """Asked of whoever joins a workspace without having said it before."""

    name = NAME


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["name", "language", "time_zone", "uses_shortcuts"]
        widgets = {"time_zone": forms.Select(choices=[BLANK, *TIME_ZONES])}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].widget = forms.Select(choices=[BLANK, *settings.LANGUAGES])


class SecondStepForm(forms.Form):
    OFF = "off"
    grace = forms.ChoiceField(
        label=_("Second step for everybody"),
        choices=[
            (OFF, _("Not asked")),
            ("0", _("From now on")),
            ("7", _("In a week")),
            ("30", _("In thirty days")),
        ],
        widget=forms.RadioSelect,
    )


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.user)


class HandOverForm(forms.Form):
    to = MemberField(label=_("New owner"), queryset=Membership.objects.none())

    def __init__(self, *args: Any, members: QuerySet[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = members  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    slug = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].label = gettext("Type %(slug)s to confirm") % {"slug": slug}


class DeleteAccountForm(forms.Form):
    sure = forms.BooleanField(label=_("Yes, delete my account"))
