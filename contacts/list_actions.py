"""Acts on many people that belong to contacts itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import bulk_actions, fields, places, services
from contacts.bulk import writing
from contacts.bulk_actions import SOURCE, ActForm, BulkAction, Doing
from contacts.fields import Source
from contacts.fields.reading import PREFIX
from contacts.models import Contact, CustomField, Segment, SegmentPick, Tagging
from contacts.models.people import Stage
from contacts.segments import lists
from contacts.services.companies import get_or_create_companies
from contacts.services.tags import LONGEST_TAG
from ecrm.tenancy.forms import TIME_ZONES
from ecrm.tenancy.models import User
from ecrm.tenancy.roles import Capability
from ecrm.ui.widgets import LongSelect

LONGEST_TAGS = 400


def register() -> None:
    for action in (TAG, UNTAG, STAGE, OWNER, FIELD, LIST, BIN):
        bulk_actions.register(action)


class TagsForm(ActForm):
    tags = forms.CharField(
        label=gettext_lazy("Tags"), max_length=LONGEST_TAGS, help_text=gettext_lazy("With commas between them.")
    )

    def clean_tags(self) -> str:
        names = [" ".join(name.split()) for name in self.cleaned_data["tags"].replace("\0", "").split(",")]
        names = list(dict.fromkeys(name for name in names if name))
        if not names:
            raise ValidationError(_("Write the tag first."))
        if max(map(len, names)) > LONGEST_TAG:
            raise ValidationError(_("A tag has at most %(limit)d letters.") % {"limit": LONGEST_TAG})
        return ", ".join(names)

    def says(self) -> str:
        return str(self.cleaned_data["tags"])


class StageForm(ActForm):
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), choices=Stage.choices)

    def says(self) -> str:
        return str(Stage(self.cleaned_data["stage"]).label)


class OwnerForm(ActForm):
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Owner"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Unassigned"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        members = User.objects.filter(memberships__tenant=self.membership.tenant_id)
        owner.queryset = members.order_by("name", "email")

    def arguments(self) -> dict[str, Any]:
        owner = self.cleaned_data["owner"]
        return {"owner": owner.pk if owner else None}

    def says(self) -> str:
        return str(self.cleaned_data["owner"] or _("Unassigned"))


class ListForm(ActForm):
    segment = forms.ModelChoiceField(label=gettext_lazy("Segment by hand"), queryset=Segment.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segment: Any = self.fields["segment"]
        segment.queryset = lists.open_lists()
        if not segment.queryset.exists():
            segment.help_text = _("There is none yet. Make one under Segments first.")

    def arguments(self) -> dict[str, Any]:
        return {"segment": self.cleaned_data["segment"].pk}

    def says(self) -> str:
        return str(self.cleaned_data["segment"])


OWN_FIELDS = {
    "company": gettext_lazy("Company"),
    "job_title": gettext_lazy("Job title"),
    "country": gettext_lazy("Country"),
    "city": gettext_lazy("City"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "source": gettext_lazy("Source"),
}
_LONGEST = {"company": 200, "job_title": 120, "city": 120, "source": 60}


class FieldForm(ActForm):
    """Which field, and its value as text: ``places`` and ``fields.parse`` know what it means."""

    field = forms.ChoiceField(label=gettext_lazy("Field"), widget=LongSelect)
    value = forms.CharField(
        label=gettext_lazy("Value"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=gettext_lazy("As you would write it in the contact's form. Nothing empties the field."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.custom = {
            fields.prefixed(field): field
            for field in fields.of("contact", self.membership)
            if field.kind != CustomField.Kind.PERSON
        }
        chosen: Any = self.fields["field"]
        chosen.choices = [*OWN_FIELDS.items(), *((key, field.label) for key, field in self.custom.items())]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        key, text = given.get("field", ""), " ".join(given.get("value", "").replace("\0", "").split())
        if key:
            try:
                given["meant"] = self._meant(key, text)
            except ValidationError as error:
                self.add_error("value", error.messages)
        return given

    def arguments(self) -> dict[str, Any]:
        return {"field": self.cleaned_data["field"], "value": self.cleaned_data["meant"]}

    def says(self) -> str:
        labels: Any = self.fields["field"]
        label = dict(labels.choices)[self.cleaned_data["field"]]
        shown = self.cleaned_data["value"] or _("nothing")
        return _("%(field)s: %(value)s") % {"field": label, "value": shown}

    def _meant(self, key: str, text: str) -> Any:
        if key in self.custom:
            return fields.parse(self.custom[key], text)
        if len(text) > _LONGEST.get(key, 200):
            raise ValidationError(_("At most %(limit)s letters.") % {"limit": _LONGEST.get(key, 200)})
        if key == "company":
            return get_or_create_companies([text])[text] if text else None
        choices = {"country": places.countries, "language": places.languages}
        if key in choices:
            return _code(text, choices[key]())
        if key == "time_zone" and text and text not in dict(TIME_ZONES):
            raise ValidationError(_("“%(text)s” is not in the list.") % {"text": text[:40]})
        return text


def _code(text: str, known: Sequence[tuple[str, str]]) -> str:
    """Of a country or language given by its code or its name."""
    for code, name in known:
        if text.casefold() in (code.casefold(), name.casefold()):
            return code
    if text:
        raise ValidationError(_("“%(text)s” is not in the list.") % {"text": text[:40]})
    return ""


def _tag(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    services.add_tags(
        contact_ids=ids, names=_tag_names(doing), by=doing.by, at=doing.at, via=SOURCE, via_id=doing.run.pk
    )
    return sorted(writing.changed_by(doing.run.pk, ids))


def _untag(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    services.remove_tags(
        contact_ids=ids, names=_tag_names(doing), by=doing.by, at=doing.at, via=SOURCE, via_id=doing.run.pk
    )
    return sorted(writing.changed_by(doing.run.pk, ids))


def _undo_tag(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    """Takes off what the run put on, where it still is; and the other way round."""

    def write(ids: list[int], old: list[str], new: list[str]) -> Sequence[int]:
        added, removed = set(new) - set(old), set(old) - set(new)
        has_now = _tags_of(ids)
        untouched = [pk for pk in ids if added <= has_now.get(pk, set()) and not removed & has_now.get(pk, set())]
        services.remove_tags(contact_ids=untouched, names=added, by=doing.by, via="undo")
        services.add_tags(contact_ids=untouched, names=removed, by=doing.by, via="undo")
        return untouched

    return writing.undo_grouped(writing.changed_by(doing.run.pk, ids), "tags", write)


def _set_stage(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    return writing.set_field(doing, ids, "stage", doing.arguments["stage"])


def _set_owner(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    return writing.set_field(doing, ids, "owner", doing.arguments["owner"])


def _set_field(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    key, value = doing.arguments["field"], doing.arguments["value"]
    if not key.startswith(PREFIX):
        return writing.set_field(doing, ids, key, value)
    given = {pk: {key.removeprefix(PREFIX): value} for pk in ids}
    return sorted(fields.write("contact", given, by=doing.by, at=doing.at, source=Source(SOURCE, doing.run.pk)))


def _reset(key: str) -> bulk_actions.Act:
    return lambda doing, ids: writing.reset_field(doing, ids, key)


def _reset_field(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    key = doing.arguments["field"]
    if not key.startswith(PREFIX):
        return writing.reset_field(doing, ids, key)
    plain = key.removeprefix(PREFIX)

    def write(ids: list[int], old: Any, new: Any) -> Sequence[int]:
        now = fields.values("contact", ids)
        untouched = [pk for pk in ids if now.get(pk, {}).get(plain) == new]
        fields.write("contact", {pk: {plain: old} for pk in untouched}, by=doing.by, source=Source("undo"))
        return untouched

    return writing.undo_grouped(writing.changed_by(doing.run.pk, ids), key, write)


def _put_on_list(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    segment = Segment.objects.get(pk=doing.arguments["segment"])
    lists.add_people(segment=segment, people=ids, by=doing.by, at=doing.at)
    return _picked(segment, doing, ids)


def _take_off_list(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    """Only whom the run put there and nobody took off and on again since."""
    segment = Segment.objects.get(pk=doing.arguments["segment"])
    return lists.remove_people(segment=segment, people=_picked(segment, doing, ids), by=doing.by)


def _picked(segment: Segment, doing: Doing, ids: Sequence[int]) -> list[int]:
    picks = SegmentPick.objects.filter(segment=segment, contact_id__in=ids, picked_at=doing.at)
    return sorted(picks.values_list("contact_id", flat=True))


def _bin(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    return services.bin_contacts(contact_ids=ids, by=doing.by, at=doing.at)


def _restore(doing: Doing, ids: Sequence[int]) -> Sequence[int]:
    """Those still in the bin since then, less whose address was given away."""
    people = Contact.objects.filter(pk__in=ids)
    still = list(people.filter(binned_at=doing.at).values_list("pk", flat=True))
    services.restore_contacts(contact_ids=still, by=doing.by)
    return list(people.filter(pk__in=still, binned_at=None).values_list("pk", flat=True))


def _tag_names(doing: Doing) -> list[str]:
    return str(doing.arguments["tags"]).split(",")


def _tags_of(ids: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for contact_id, name in Tagging.objects.filter(contact_id__in=ids).values_list("contact_id", "tag__name"):
        found.setdefault(contact_id, set()).add(name)
    return found


EDIT = Capability.CONTACTS_EDIT
TAG = BulkAction(
    "tag", gettext_lazy("Add tags"), "tag", EDIT, _tag, _undo_tag, TagsForm, short_field="tags", order=20, is_usual=True
)
UNTAG = BulkAction("untag", gettext_lazy("Remove tags"), "circle-minus", EDIT, _untag, _undo_tag, TagsForm, order=22)
STAGE = BulkAction(
    "stage", gettext_lazy("Set stage"), "flag", EDIT, _set_stage, _reset("stage"), StageForm, order=24, is_usual=True
)
OWNER = BulkAction(
    "owner",
    gettext_lazy("Set owner"),
    "user-round",
    EDIT,
    _set_owner,
    _reset("owner"),
    OwnerForm,
    order=26,
    is_usual=True,
)
FIELD = BulkAction("field", gettext_lazy("Set a field"), "pencil", EDIT, _set_field, _reset_field, FieldForm, order=28)
LIST = BulkAction(
    "list",
    gettext_lazy("Put on a list"),
    "list",
    Capability.SEGMENTS_EDIT,
    _put_on_list,
    _take_off_list,
    ListForm,
    order=30,
)
BIN = BulkAction(
    "bin",
    gettext_lazy("Put in the bin"),
    "trash-2",
    Capability.CONTACTS_BULK_DELETE,
    _bin,
    _restore,
    order=90,
    is_grave=True,
)
