from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contacts.letters import texts
from contacts.models import LetterTemplate
from ecrm.ui.widgets import MarkedText

MARKS = _("**bold**, _italic_, lines that begin with - or 1. as lists, [words](https://…) as links.")


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """Uniqueness and merge fields are the service's to check."""

    class Meta:
        model = LetterTemplate
        fields = ["name", "language", "subject", "text"]
        widgets = {"text": MarkedText(attrs={"rows": 10, "dir": "auto"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"),
            required=False,
            choices=[("", _("Every language")), *settings.LANGUAGES],
            help_text=_(
                "People who speak it are offered this text first. The same name may have one in each language."
            ),
        )
        names = " ".join(f"{{{{ {name} }}}}" for name in texts.offered())
        offered = _("These become the person’s own: %(names)s") % {"names": names}
        self.fields["text"].help_text = f"{MARKS} {offered}"


_SHOWN_BELOW = {
    "hx-trigger": "input changed delay:400ms",
    "hx-target": "#signature-preview",
    "hx-swap": "outerHTML",
    "hx-sync": "this:replace",
}


class SignatureForm(forms.Form):
    text = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=2000,
        widget=MarkedText(attrs={"rows": 5, "dir": "auto", **_SHOWN_BELOW}),
        help_text=_(
            "Stands below every email you write to one person. **bold**, _italic_ and [words](https://…) work here too."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["hx-post"] = reverse("preview_signature")
