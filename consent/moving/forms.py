"""What a move asks: the files, what each is, and what becomes of what has no place here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import purposes
from consent.models import Basis, Move, MoveFile
from consent.models.moving import System
from consent.moving.shaping import FIELD, LEAVE, PURPOSE, TAG, Choices
from contacts.models import Segment
from ecrm.files.forms import SeveralFiles

MOST_FILES = 50


class ExportField(forms.FileField):
    """Several files in one field; the cleaned value is a list."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, (list, tuple)) else [data]
        found = [super(ExportField, self).clean(one, initial) for one in given if one]
        if not found:
            raise ValidationError(self.error_messages["required"])
        if len(found) > MOST_FILES:
            raise ValidationError(_("Put so many files into one ZIP."))
        return found


class BeginMoveForm(forms.Form):
    system = forms.ChoiceField(label=gettext_lazy("You come from"), choices=System.choices)
    export = ExportField(
        label=gettext_lazy("The whole export"),
        allow_empty_file=True,
        help_text=gettext_lazy("The ZIP as you got it, or all of its files together."),
        widget=SeveralFiles(attrs={"accept": ".zip,.csv,.tsv,.txt,.xlsx,.jsonl,.ndjson"}),
    )


class KindsForm(forms.Form):
    """What each file is: ``kind-<id>``."""

    def __init__(self, posted: Any = None, *, files: Sequence[MoveFile]) -> None:
        super().__init__(posted)
        choices = [choice for choice in MoveFile.Kind.choices if choice[0] != MoveFile.Kind.ARCHIVE]
        for file in files:
            self.fields[f"kind-{file.pk}"] = forms.ChoiceField(label=file.name, choices=choices, initial=file.kind)

    def kinds(self) -> dict[int, str]:
        return {int(name.removeprefix("kind-")): kind for name, kind in self.cleaned_data.items()}


class ChoicesForm(forms.Form):
    """What becomes of subscriptions, of groups and of columns without a place, which only who ``makes_fields``
    can turn into fields."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("A subscription there is"),
        help_text=gettext_lazy("Only a yes with its day and its origin counts; others are kept and not used."),
    )
    brings_unsubscribed = forms.TypedChoiceField(
        label=gettext_lazy("People who unsubscribed there"),
        choices=[
            ("1", gettext_lazy("Bring them in, with their no")),
            ("0", gettext_lazy("Only block their addresses")),
        ],
        coerce=lambda choice: choice == "1",
    )
    list_name = forms.CharField(
        label=gettext_lazy("Put everybody on the list"),
        required=False,
        max_length=Segment._meta.get_field("name").max_length,
        help_text=gettext_lazy("So that you find them again. A later export goes onto the same list."),
    )

    def __init__(self, posted: Any = None, *, move: Move, makes_fields: bool) -> None:
        super().__init__(posted, initial=_initial(move))
        self.move, self.makes_fields = move, makes_fields
        asked = [each for each in purposes.catalogue() if each.purpose.basis == Basis.CONSENT]
        self.purpose_choices = [(each.purpose.key, each.name) for each in asked]
        chosen: Any = self.fields["purpose"]
        chosen.choices = self.purpose_choices
        self.columns = list(move.found.get("columns", ()))
        self.out_of: dict[str, str] = dict(move.found.get("out_of", {}))
        self._add_columns(move)
        self._add_refusals(move)

    def _add_columns(self, move: Move) -> None:
        former: dict[str, Any] = move.options.get("columns", {})
        values: dict[str, Any] = move.options.get("values", {})
        meanings = [(TAG, _("A tag")), (LEAVE, _("Left out"))]
        meanings += [(PURPOSE + key, _("Purpose: %(name)s") % {"name": name}) for key, name in self.purpose_choices]
        whole = [(LEAVE, _("Left out")), (TAG, _("Tags"))]
        if self.makes_fields:
            whole.insert(1, (FIELD, _("A field of your own")))
        for place, column in enumerate(self.columns):
            for number, (value, _count) in enumerate(column["values"]):
                self.fields[f"value-{place}-{number}"] = forms.ChoiceField(
                    label=value, choices=meanings, initial=values.get(column["name"], {}).get(value, TAG)
                )
            if not column["values"]:
                self.fields[f"column-{place}"] = forms.ChoiceField(
                    label=column["label"], choices=whole, initial=former.get(column["name"], LEAVE)
                )

    def _add_refusals(self, move: Move) -> None:
        former: dict[str, str] = move.options.get("out_of", {})
        usual = _usual(self.purpose_choices)
        for place, (name, label) in enumerate(self.out_of.items()):
            self.fields[f"out-{place}"] = forms.ChoiceField(
                label=label or name,
                choices=self.purpose_choices,
                initial=former.get(name, usual),
            )

    def groups(self) -> list[dict[str, Any]]:
        """A column with few values: each with its choice and how many people have it."""
        return [
            {
                "label": column["label"],
                "values": [
                    {"field": self[f"value-{place}-{number}"], "count": count}
                    for number, (_value, count) in enumerate(column["values"])
                ],
            }
            for place, column in enumerate(self.columns)
            if column["values"]
        ]

    def plain(self) -> list[dict[str, Any]]:
        """Columns of texts: each with its choice and how many rows fill it."""
        return [
            {"field": self[f"column-{place}"], "count": column["filled"]}
            for place, column in enumerate(self.columns)
            if not column["values"]
        ]

    def refusals(self) -> list[Any]:
        return [self[f"out-{place}"] for place in range(len(self.out_of))]

    def choices(self) -> Choices:
        given = self.cleaned_data
        return Choices(
            purpose=given["purpose"],
            brings_unsubscribed=given["brings_unsubscribed"],
            # Where they stand, and what can be done next, is told of the people on the list.
            list_name=" ".join(given["list_name"].split()) or _usual_list(self.move),
            columns={
                column["name"]: given[f"column-{place}"]
                for place, column in enumerate(self.columns)
                if not column["values"]
            },
            values={
                column["name"]: {
                    value: given[f"value-{place}-{number}"] for number, (value, _count) in enumerate(column["values"])
                }
                for place, column in enumerate(self.columns)
                if column["values"]
            },
            out_of={name: given[f"out-{place}"] for place, name in enumerate(self.out_of)},
        )


def _usual(choices: Sequence[tuple[str, str]]) -> str:
    """The newsletter, where there is one."""
    keys = [key for key, _name in choices]
    return purposes.NEWSLETTER if purposes.NEWSLETTER in keys else keys[0] if keys else ""


def _initial(move: Move) -> dict[str, Any]:
    chosen = move.options
    return {
        "purpose": chosen.get("purpose", purposes.NEWSLETTER),
        "brings_unsubscribed": "1" if chosen.get("brings_unsubscribed", True) else "0",
        "list_name": chosen.get("list_name") or _usual_list(move),
    }


def _usual_list(move: Move) -> str:
    return _("From %(product)s") % {"product": move.get_system_display()}
