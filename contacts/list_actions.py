"""Acts on many people that belong to contacts itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from contacts import bulk_actions, fields, services
from contacts.bulk import writing
from contacts.bulk.forms import FieldForm, ListForm, OwnerForm, StageForm, TagsForm
from contacts.bulk_actions import SOURCE, BulkAction, Doing
from contacts.fields import Source
from contacts.fields.reading import PREFIX
from contacts.models import Contact, Segment, SegmentPick, Tagging
from contacts.segments import lists
from ecrm.tenancy.roles import Capability


def register() -> None:
    for action in (TAG, UNTAG, STAGE, OWNER, FIELD, LIST, BIN):
        bulk_actions.register(action)


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
    groups: dict[tuple[frozenset[str], frozenset[str]], list[int]] = {}
    for contact_id, changes in writing.changed_by(doing.run.pk, ids).items():
        old, new = map(frozenset, changes["tags"])
        groups.setdefault((new - old, old - new), []).append(contact_id)
    has_now = _tags_of(ids)
    restored: list[int] = []
    for (added, removed), theirs in groups.items():
        untouched = [pk for pk in theirs if added <= (now := has_now.get(pk, set())) and not removed & now]
        services.remove_tags(contact_ids=untouched, names=added, by=doing.by, via="undo")
        services.add_tags(contact_ids=untouched, names=removed, by=doing.by, via="undo")
        restored += untouched
    return restored


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
