from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts import import_columns
from contacts.imports.dialect import DELIMITERS, ENCODINGS
from contacts.imports.fields import Field
from contacts.imports.services import Options
from contacts.imports.source import Sheet
from contacts.models.people import Tag

SAMPLES = 3


class BeginForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        help_text=_("A table as CSV, with commas, semicolons or tabs, in any usual encoding."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"}),
    )


class RereadForm(forms.Form):
    encoding = forms.ChoiceField(label=_("Encoding"), choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label=_("Values are separated by"), choices=list(DELIMITERS.items()))
    has_header = forms.BooleanField(label=_("The first row names the columns"), required=False)


class OptionsForm(forms.Form):
    known = forms.ChoiceField(
        label=_("People we know already"),
        choices=[
            ("fill", _("Fill in what is missing")),
            ("overwrite", _("Replace what the file has")),
            ("skip", _("Leave as they are")),
        ],
        help_text=_("Matched by email. Tags, phones and consent are added, never taken away."),
    )
    day_first = forms.TypedChoiceField(
        label=_("Dates such as 3/4/2026"),
        choices=[("1", _("Day first: 3 April")), ("0", _("Month first: 4 March"))],
        coerce=lambda choice: choice == "1",
    )
    tag = forms.CharField(
        label=_("Tag everybody"),
        required=False,
        max_length=Tag._meta.get_field("name").max_length,
        help_text=_("So that you find them again."),
    )
    without_email = forms.BooleanField(
        label=_("Also bring in people without an email address"),
        required=False,
        help_text=_("They cannot be matched: importing the file again adds them again."),
    )

    def options(self, *, constants: dict[str, str]) -> Options:
        tag = " ".join(self.cleaned_data["tag"].split())
        return Options(**{**self.cleaned_data, "tag": tag, "constants": constants})


class ConstantsForm(forms.Form):
    """What is the same for every row: columns that only lend their value, such as a day and a place."""

    def __init__(self, posted: Any = None, *, initial: dict[str, str] | None = None) -> None:
        super().__init__(posted, initial=initial, prefix="constant")
        self.columns = {key: column for key, column in import_columns.columns().items() if not column.apply_many}
        for key, column in self.columns.items():
            self.fields[key] = forms.CharField(label=str(column.label), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        for key, cell in list(self.cleaned_data.items()):
            try:
                self.columns[key].parse(cell) if cell else None
            except ValidationError as error:
                self.add_error(key, error)
        return self.cleaned_data

    def is_lacking(self, chosen: Collection[str]) -> bool:
        """Whether no column of the file brings what a chosen one needs beside it, such as the day of a yes."""
        stems = {key.rpartition(".")[0] for key in chosen} - {""}
        return any(key.rpartition(".")[0] in stems for key in self.columns if key not in chosen)

    def constants(self) -> dict[str, str]:
        return {key: cell for key, cell in self.cleaned_data.items() if cell}


class MappingForm(forms.Form):
    """One choice for each column of the file, named ``column-0`` and so on."""

    def __init__(self, *args: Any, sheet: Sheet, fields: dict[str, Field], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        choices = _grouped(fields)
        for index, header in enumerate(sheet.headers):
            self.fields[f"column-{index}"] = forms.ChoiceField(choices=choices, required=False, label=header)

    def mapping(self) -> dict[int, str]:
        return {int(name.removeprefix("column-")): key for name, key in self.cleaned_data.items()}

    def rows(self) -> list[dict[str, Any]]:
        """A column as the page shows it: its choice, its name and a few different values."""
        return [
            {"field": self[f"column-{index}"], "header": header, "samples": self._samples(index)}
            for index, header in enumerate(self.sheet.headers)
        ]

    def _samples(self, index: int) -> list[str]:
        return list(dict.fromkeys(self.sheet.column(index)))[:SAMPLES]


def _grouped(fields: dict[str, Field]) -> list[tuple[Any, Any]]:
    groups: dict[str, list[tuple[str, Any]]] = {}
    for field in fields.values():
        groups.setdefault(str(field.group), []).append((field.key, field.label))
    return [("", _("Do not import")), *groups.items()]
