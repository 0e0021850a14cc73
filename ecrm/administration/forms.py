from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from ecrm.tenancy.roles import Role

LENGTHS = [
    (15, _("15 minutes")),
    (60, _("1 hour")),
    (120, _("2 hours")),
    (240, _("4 hours")),
    (480, _("8 hours")),
]


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, role.label) for role in Role], widget=forms.RadioSelect
    )


class ReasonForm(forms.Form):
    """An act on a person's account, or a visit, says why: those concerned can read it."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_reason(self) -> str:
        return " ".join(str(self.cleaned_data["reason"]).split())


class EnterForm(ReasonForm):
    minutes = forms.TypedChoiceField(label=_("For"), choices=LENGTHS, coerce=int, initial=60)

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.cleaned_data["minutes"])
