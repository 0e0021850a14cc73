"""What the pages tell of a run: where it stands, what it brings, what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contacts import fields
from contacts.duplicates.reasons import in_words
from contacts.fields.defining import MOST_CHOICES
from contacts.fields.kinds import open_choices
from contacts.imports import left_out
from contacts.models import Contact, CustomField, ImportRow, ImportRun
from ecrm.tenancy.models import Membership

VERDICTS = ("new", "update", "same")
KEPT_SHOWN = 50
NAMES_SHOWN = 10
State = ImportRun.State
_AFTER_CHECK = (State.IMPORTING, State.DONE, State.CANCELLED, State.UNDOING, State.UNDONE)


@dataclass(frozen=True, slots=True)
class Stat:
    label: str
    value: int
    note: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why ``rows`` rows have a problem; ``first`` is the line of the first."""

    column: str
    reason: str
    is_fatal: bool
    rows: int
    first: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """``names`` by rows, ``""`` for those of all the others."""

    label: str
    names: Counter[str]

    @property
    def rows(self) -> int:
        return self.names.total()

    @property
    def shown(self) -> list[tuple[str, int]]:
        return [(name, rows) for name, rows in self.names.most_common() if name][:NAMES_SHOWN]

    @property
    def has_more(self) -> bool:
        return "" in self.names or len(self.names) > NAMES_SHOWN


@dataclass(frozen=True, slots=True)
class MissingEntries:
    """What a file says and the list of a field has not got: the commonest ``names``, of ``count`` different ones."""

    label: str
    names: list[str]
    count: int
    is_too_many: bool


@dataclass(frozen=True, slots=True)
class Alike:
    """A new row that looks like ``person``, and why."""

    line: int
    name: str
    address: str
    person: Contact
    score: int
    reasons: str


def alike(run: ImportRun, membership: Membership) -> list[Alike]:
    """Of the rows the dry run kept, those whose likeness this member may see. Two queries."""
    kept = {line: told for line, *told in run.counts.get("alike_rows", [])}
    visible = Contact.objects.visible_to(membership).unbinned().prefetch_related("emails")
    people = visible.in_bulk([contact_id for contact_id, *_told in kept.values()])
    rows = ImportRow.objects.filter(run=run, line__in=kept).order_by("line")
    return [_alike(row, people[kept[row.line][0]], *kept[row.line][1:]) for row in rows if kept[row.line][0] in people]


def _alike(row: ImportRow, person: Contact, score: int, reasons: Sequence[str] = ()) -> Alike:
    told = pgettext("between the items of a list", ", ").join(in_words(reasons))
    return Alike(row.line, _named(row), str(row.values.get("email", "")), person, score, told)


def _named(row: ImportRow) -> str:
    parts = row.values.get("name") or f"{row.values.get('given_name', '')} {row.values.get('family_name', '')}"
    return str(parts).strip()


def _missing_of(field: CustomField, names: dict[str, int]) -> MissingEntries:
    commonest = [name for name, _rows in Counter(names).most_common(NAMES_SHOWN)]
    is_too_many = len(open_choices(field)) + len(names) > MOST_CHOICES
    return MissingEntries(field.label, commonest, len(names), is_too_many)


class Report:
    """``counts`` are the real run's once it began, the dry run's before. Names no field hidden from the member."""

    def __init__(self, run: ImportRun, membership: Membership) -> None:
        self.run = run
        self.membership = membership

    @property
    def is_working(self) -> bool:
        return self.run.state in (State.CHECKING, State.IMPORTING, State.UNDOING)

    @property
    def is_stopping(self) -> bool:
        return self.is_working and self.run.job is not None and self.run.job.cancel_requested_at is not None

    @property
    def has_begun(self) -> bool:
        return "line" in self.run.applied_counts

    @property
    def is_forgotten(self) -> bool:
        """The file went before it was imported: there is nothing left to work with."""
        return self.run.file_id is None and self.run.state not in (State.DONE, State.UNDOING, State.UNDONE)

    @property
    def step(self) -> int:
        """Of File, Columns, Check, Import."""
        if self.has_begun or self.run.state in _AFTER_CHECK:
            return 4
        return 3 if self.run.state in (State.CHECKING, State.CHECKED) else 2

    @property
    def is_discardable(self) -> bool:
        return self.run.state in (State.MAPPING, State.CHECKED, State.FAILED) and not self.has_begun

    @property
    def is_restartable(self) -> bool:
        """What stopped half-way can go on; what failed before it began has to be checked again."""
        return self.run.state == State.CANCELLED or (self.run.state == State.FAILED and bool(self.run.counts))

    @property
    def is_undoable(self) -> bool:
        return self.has_begun and self.run.state in (State.DONE, State.CANCELLED) and bool(self.landed)

    @property
    def undone(self) -> dict[str, Any]:
        """Of an undo: ``people`` in the bin, ``updates`` taken back, ``kept`` people somebody changed since,
        ``answers`` of theirs that were ended."""
        return {"people": 0, "updates": 0, "kept": 0, "answers": 0, **self.run.undo_counts}

    @cached_property
    def kept_people(self) -> list[Contact]:
        """Those an undo left as they are, the first of them that are still there."""
        return list(Contact.objects.filter(pk__in=self.undone.get("kept_ids", [])).only("pk", "name")[:KEPT_SHOWN])

    @property
    def kept_unnamed(self) -> int:
        """How many more there are than ``kept_people`` names."""
        return max(0, int(self.undone["kept"]) - len(self.kept_people))

    @property
    def shape(self) -> str:
        """Of the status mark."""
        return {
            State.MAPPING: "draft",
            State.CHECKING: "live",
            State.CHECKED: "half",
            State.IMPORTING: "live",
            State.DONE: "done",
            State.FAILED: "fail",
            State.CANCELLED: "off",
            State.UNDOING: "live",
            State.UNDONE: "off",
        }[State(self.run.state)]

    @property
    def counts(self) -> dict[str, Any]:
        counts: dict[str, Any] = self.run.applied_counts if self.has_begun else self.run.counts
        return counts

    @property
    def percent(self) -> int | None:
        job = self.run.job
        if not self.is_working or job is None or not job.total:
            return None
        return min(99, int(100 * job.done // job.total))

    @property
    def incoming(self) -> int:
        """Rows that come in, by the dry run."""
        return sum(self.run.counts.get(verdict, 0) for verdict in VERDICTS)

    @property
    def changing(self) -> int:
        return int(self.run.counts.get("new", 0) + self.run.counts.get("update", 0))

    @property
    def landed(self) -> int:
        return sum(self.run.applied_counts.get(verdict, 0) for verdict in VERDICTS)

    @property
    def refused(self) -> int:
        return sum(self.run.counts.get(verdict, 0) for verdict in ("refused", "repeated"))

    @property
    def stats(self) -> list[Stat]:
        counts = self.counts
        return [
            Stat(_("New people"), counts.get("new", 0), _("not known so far")),
            Stat(_("Updated"), counts.get("update", 0), _("known, and the file has something new")),
            Stat(_("Unchanged"), counts.get("same", 0), _("known, nothing new about them")),
            Stat(_("Refused"), self.refused, _("each with its reason below")),
        ]

    @property
    def words(self) -> list[tuple[str, int]]:
        """What the registered columns say ("Newsletter: yes") and in how many rows."""
        told: Counter[str] = Counter()
        for key, counted in self.counts.get("words", {}).items():
            if not key.startswith(left_out.PREFIX):
                told.update(counted)
        return sorted(told.items())

    @property
    def left_out(self) -> list[LeftOut]:
        """What the file names and the import does not make."""
        labels = {
            "company": _("Companies that are not here"),
            "tags": _("Tags that are not here"),
            "owner": _("Owners who are no members here"),
        }
        words = self.counts.get("words", {})
        found = [(label, Counter(words.get(f"{left_out.PREFIX}{key}", {}))) for key, label in labels.items()]
        return [LeftOut(label, names) for label, names in found if names]

    @cached_property
    def entries_out(self) -> dict[str, dict[str, int]]:
        """By ``f:<key>``, entries to rows, of a dry run that waits for its start; one query where there are some."""
        found = self.run.counts.get("entries_out", {}) if self.run.state == State.CHECKED else {}
        unseen = fields.unseen(CustomField.Entity.CONTACT, self.membership) if found else set()
        return {key: names for key, names in found.items() if key not in unseen}

    @cached_property
    def missing_entries(self) -> list[MissingEntries]:
        """Before the import only; one query where there are some."""
        found = self.entries_out
        if not found:
            return []
        known = {fields.prefixed(field): field for field in fields.of(CustomField.Entity.CONTACT)}
        return [_missing_of(known[key], names) for key, names in found.items() if key in known]

    @property
    def addable(self) -> int:
        """Entries that can be added to their lists at once; 0 when one list would have too many."""
        missing = self.missing_entries
        return 0 if any(one.is_too_many for one in missing) else sum(one.count for one in missing)

    @property
    def unread_columns(self) -> list[str]:
        """One more than is shown says that there are others."""
        return list(self.run.counts.get("columns_out", []))

    @property
    def alike(self) -> int:
        """New rows that look like somebody who is here, among ``looked``; a hint before the import only."""
        return int(self.run.counts.get("alike", 0)) if self.run.state == State.CHECKED else 0

    @property
    def is_alike_sampled(self) -> bool:
        return int(self.run.counts.get("looked", 0)) < int(self.run.counts.get("new", 0))

    @property
    def reasons(self) -> list[Reason]:
        """The commonest reasons; one more than is shown says that there are others."""
        return [Reason(*reason) for reason in self.run.counts.get("reasons", [])]

    @property
    def differs(self) -> bool:
        """Whether people changed between the check and the import, so that it came out otherwise."""
        if self.run.state != State.DONE:
            return False
        return any(self.run.counts.get(verdict, 0) != self.run.applied_counts.get(verdict, 0) for verdict in VERDICTS)
