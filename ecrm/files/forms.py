"""Files in forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST_FILES = 10
MOST_BYTES = 15_000_000  # mailboxes refuse much beyond 20 MB, and base64 adds a third


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files in one field; the cleaned value is a list."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, (list, tuple)) else [data]
        files = [super(FilesField, self).clean(one, initial) for one in given if one]
        if len(files) > MOST_FILES or sum(file.size for file in files) > MOST_BYTES:
            raise ValidationError(_("That is too much for one mail: at most 10 files and 15 MB."))
        return files
