"""An address for a provider."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from ecrm.webhooks.providers import PROVIDERS


class EndpointForm(forms.Form):
    provider = forms.ChoiceField(label=_("Provider"), choices=[(each.name, each.label) for each in PROVIDERS.values()])
    signing_key = forms.CharField(
        label=_("Signing key"),
        required=False,
        max_length=500,
        help_text=_(
            "Checks that a request is the provider's. Mailgun calls it webhook signing key, SendGrid verification key."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
