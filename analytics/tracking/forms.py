from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from analytics.models import Site
from analytics.tracking.sites import origin_of


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    origins = forms.CharField(
        label=_("Addresses"),
        help_text=_("One a line, as in https://shop.example. Visits from any other address are refused."),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )

    class Meta:
        model = Site
        fields = ("name", "origins")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["origins"] = "\n".join(self.instance.origins)

    def clean_origins(self) -> list[str]:
        lines = [line for line in self.cleaned_data["origins"].splitlines() if line.strip()]
        if len(lines) > 20:
            raise ValidationError(_("At most 20 addresses."))
        return [origin_of(line) for line in lines]
