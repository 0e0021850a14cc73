from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.letters import texts
from contacts.models import LetterTemplate


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """Uniqueness and merge fields are the service's to check."""

    class Meta:
        model = LetterTemplate
        fields = ["name", "subject", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 10, "dir": "auto"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = " ".join(f"{{{{ {name} }}}}" for name in texts.offered())
        self.fields["text"].help_text = _("These become the person’s own: %(names)s") % {"names": names}


class SignatureForm(forms.Form):
    text = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text=_("Stands below every email you write to one person."),
    )
