from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from contacts import import_columns
from contacts.imports.dialect import CSV, DELIMITERS, ENCODINGS, XLSX
from contacts.imports.fields import NEW_FIELD, NEW_FIELDS, Field
from contacts.imports.services import Options, too_large
from contacts.imports.source import Sheet
from contacts.imports.wishes import APPEND, FILL, MANY, OVERWRITE, SKIP, part_of
from contacts.models import Segment
from contacts.models.people import Tag
from contacts.segments import lists

SAMPLES = 3
MOST_LISTS = 500


class BeginForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        help_text=_(
            "A table (CSV with commas, semicolons or tabs, in any usual encoding), a spreadsheet (XLSX),"
            " an address book (vCard) or JSON lines."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.vcf,.jsonl,.ndjson,text/csv,text/vcard"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = {"data-max-bytes": settings.MAX_UPLOAD_BYTES, "data-too-large": too_large()}
        self.fields["file"].widget.attrs.update(limits)


class RereadForm(forms.Form):
    encoding = forms.ChoiceField(label=_("Encoding"), choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label=_("Values are separated by"), choices=list(DELIMITERS.items()))
    has_header = forms.BooleanField(label=_("The first row names the columns"), required=False)

    def __init__(self, *args: Any, format: str = CSV, **kwargs: Any) -> None:
        """Only text can be read in several ways; cards and JSON lines bring their names along."""
        super().__init__(*args, **kwargs)
        if format != CSV:
            del self.fields["encoding"], self.fields["delimiter"]
        if format not in (CSV, XLSX):
            del self.fields["has_header"]


class OptionsForm(forms.Form):
    known = forms.ChoiceField(
        label=_("People we know already"),
        choices=[
            ("fill", _("Fill in what is missing")),
            ("overwrite", _("Replace what the file has")),
            ("skip", _("Leave as they are")),
        ],
        help_text=_("Tags, phones and consent are added, never taken away. Each column can differ from this."),
    )
    match = forms.ChoiceField(
        label=_("People are recognised by"),
        choices=[
            ("email", _("Their email")),
            ("external", _("Their number in another system, then their email")),
            ("phone", _("Their phone, then their email")),
            ("number", _("Their eCRM number, then their email")),
        ],
        help_text=_(
            "Of several people with one phone, the one known longest is taken. eCRM numbers count in exports of this"
            " workspace."
        ),
    )
    system = forms.SlugField(
        label=_("Other system"),
        required=False,
        max_length=60,
        help_text=_("Where the numbers in another system are from, in one word, such as the name of the shop."),
    )
    day_first = forms.TypedChoiceField(
        label=_("Dates such as 3/4/2026"),
        choices=[("1", _("Day first: 3 April")), ("0", _("Month first: 4 March"))],
        coerce=lambda choice: choice == "1",
    )
    decimal = forms.ChoiceField(
        label=_("Decimals such as 1.5"), choices=[(".", _("Point: 1.5")), (",", _("Comma: 1,5"))]
    )
    tag = forms.CharField(
        label=_("Tag everybody"),
        required=False,
        max_length=Tag._meta.get_field("name").max_length,
        help_text=_("So that you find them again."),
    )
    list_id = forms.ChoiceField(
        label=_("Put everybody on a list"),
        required=False,
        help_text=_("Lists are static segments. Undoing the import takes people off again."),
    )
    list_name = forms.CharField(
        label=_("or on a new list with this name"),
        required=False,
        max_length=Segment._meta.get_field("name").max_length,
    )
    only_known_companies = forms.BooleanField(label=_("Create no companies: only those that are there"), required=False)
    only_known_tags = forms.BooleanField(label=_("Create no tags: only those that are there"), required=False)
    without_email = forms.BooleanField(
        label=_("Also bring in people without an email address"),
        required=False,
        help_text=_("Who cannot be recognised is added again when the file is imported again."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["list_id"]
        known = [(str(each.pk), each.name) for each in lists.open_lists()[:MOST_LISTS]]
        chosen.choices = [("", _("No list")), *known]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        given["list_id"] = int(given["list_id"]) if given.get("list_id") else None
        given["list_name"] = " ".join(given.get("list_name", "").split())
        if given["list_id"] and given["list_name"]:
            self.add_error("list_name", _("Choose a list or name a new one, not both."))
        return given

    def options(self, *, constants: dict[str, str], policies: dict[str, str]) -> Options:
        tag = " ".join(self.cleaned_data["tag"].split())
        return Options(**{**self.cleaned_data, "tag": tag, "constants": constants, "policies": policies})


class ConstantsForm(forms.Form):
    """What is the same for every row: columns that only lend their value, such as a day and a place."""

    def __init__(self, posted: Any = None, *, initial: dict[str, str] | None = None) -> None:
        super().__init__(posted, initial=initial, prefix="constant")
        self.columns = {
            key: column
            for key, column in import_columns.columns().items()
            if column.apply is None and column.is_offered
        }
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
    """Two choices for each column of the file: ``column-0`` what it becomes, ``policy-0`` how it meets
    what is known, and so on. ``makes_fields`` offers to make a column a field of the tenant's own."""

    def __init__(
        self, *args: Any, sheet: Sheet, fields: dict[str, Field], makes_fields: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        choices = _grouped(fields)
        if makes_fields:
            choices.append((_("Fields of your own"), _new_fields()))
        for index, header in enumerate(sheet.headers):
            self.fields[f"column-{index}"] = forms.ChoiceField(choices=choices, required=False, label=header)
            self.fields[f"policy-{index}"] = forms.ChoiceField(
                choices=_POLICIES, required=False, label=_("%(column)s: people we know already") % {"column": header}
            )

    def clean(self) -> dict[str, Any]:
        for index in range(len(self.sheet.headers)):
            key, policy = self.cleaned_data.get(f"column-{index}", ""), self.cleaned_data.get(f"policy-{index}", "")
            if policy == APPEND and part_of(key) not in MANY:
                self.add_error(f"policy-{index}", _("There is only one of these: fill, replace or leave it."))
            if policy == OVERWRITE and part_of(key) in MANY:
                self.add_error(f"policy-{index}", _("These are added, never replaced."))
        return self.cleaned_data

    def mapping(self) -> dict[int, str]:
        return {
            int(name.removeprefix("column-")): key
            for name, key in self.cleaned_data.items()
            if name.startswith("column-")
        }

    def policies(self) -> dict[str, str]:
        """By field, where it differs from what is wished for all."""
        chosen = ((key, self.cleaned_data.get(f"policy-{index}")) for index, key in self.mapping().items())
        return {key: policy for key, policy in chosen if key and policy}

    def rows(self) -> list[dict[str, Any]]:
        """A column as the page shows it: its choice, its name and a few different values."""
        return [
            {
                "field": self[f"column-{index}"],
                "policy": self[f"policy-{index}"],
                "header": header,
                "samples": self._samples(index),
            }
            for index, header in enumerate(self.sheet.headers)
        ]

    def _samples(self, index: int) -> list[str]:
        return list(dict.fromkeys(self.sheet.column(index)))[:SAMPLES]


_POLICIES = [
    ("", _("As said below")),
    (FILL, _("Fill in what is missing")),
    (OVERWRITE, _("Replace")),
    (APPEND, _("Add")),
    (SKIP, _("Leave as it is")),
]


def _new_fields() -> list[tuple[str, Any]]:
    words = _("New field with this name (%(kind)s)")
    return [
        (key, _("New field with this name") if key == NEW_FIELD else words % {"kind": kind.label.lower()})
        for key, kind in NEW_FIELDS.items()
    ]


def _grouped(fields: dict[str, Field]) -> list[tuple[Any, Any]]:
    groups: dict[str, list[tuple[str, Any]]] = {}
    for field in fields.values():
        if not field.is_offered:
            continue
        groups.setdefault(str(field.group), []).append((field.key, field.label))
    return [("", _("Do not import")), *groups.items()]
