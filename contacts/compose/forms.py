"""The composer as a form: one for all kinds, so that words survive a change of mind."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.compose.reading import Kind
from contacts.notes.drafts import NOT_AN_EMAIL
from ecrm.files.forms import FilesField

_ID: dict[str, Any] = {"required": False, "min_value": 1, "max_value": 2**63 - 1}


class ComposeForm(forms.Form):
    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.NOTE)
    subject = forms.CharField(label=_("Subject"), required=False, max_length=300)
    text = forms.CharField(label=_("Text"), required=False, max_length=100_000)
    to = forms.CharField(required=False, max_length=254)
    sender = forms.IntegerField(**_ID)
    follows = forms.IntegerField(**_ID)
    at = forms.DateTimeField(label=_("When"), required=False)
    due_on = forms.DateField(label=_("Due"), required=False)
    owner = forms.IntegerField(**_ID)
    attachments = FilesField(label=_("Files"), required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("kind") == Kind.EMAIL:
            for name, words in (("subject", _("Write a subject.")), ("text", _("Write something first."))):
                if not values.get(name) and name not in self.errors:
                    self.add_error(name, words)
            if str(NOT_AN_EMAIL) in values.get("text", ""):
                self.add_error("text", _("Take out what was not meant for this person first."))
        return values
