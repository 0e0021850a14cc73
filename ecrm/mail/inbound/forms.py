"""Opening an address, setting up a mailbox."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecrm.mail.models import ImapMailbox


class AddressForm(forms.Form):
    """Only the part of the name that a person chooses; the rest is the tenant's."""

    name = forms.CharField(
        label=gettext_lazy("New address"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, ending: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ending = ending
        self.fields["name"].help_text = _("Ends in %(ending)s") % {"ending": ending}

    @property
    def address(self) -> str:
        return f"{self.cleaned_data['name'].strip()}{self.ending}"


class MailboxForm(forms.ModelForm):  # type: ignore[type-arg]
    """The password is asked for once and never shown again."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = ImapMailbox
        fields = ("address", "host", "port", "uses_tls", "username", "folder", "takes_old")

    field_order = ("address", "host", "port", "uses_tls", "username", "password", "folder", "takes_old")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = self.fields["password"]
        if self.instance.pk:
            password.help_text = _("Leave it empty to keep the one there is.")
        else:
            password.required = True

    def clean_port(self) -> int:
        port: int = self.cleaned_data["port"]
        if not 0 < port < 65_536:
            raise forms.ValidationError(_("A port is a number between 1 and 65535."))
        return port

    def clean(self) -> dict[str, Any] | None:
        """Reading one folder twice would do no harm, but nobody means it."""
        cleaned = super().clean() or self.cleaned_data
        place = {name: cleaned.get(name) for name in ("host", "username", "folder")}
        if ImapMailbox.objects.filter(**place).exclude(pk=self.instance.pk).exists():
            self.add_error("username", _("This mailbox is read already."))
        return cleaned
