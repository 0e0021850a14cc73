"""What the page of a rule shows: rows to fill in, each with what it keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from babel.numbers import get_currency_symbol
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from contacts import criteria
from contacts.criteria import Criterion, Input, Scope, Text, Unanswerable
from contacts.models import Contact, Segment
from contacts.segments import askable, counting, drafts, kept
from contacts.segments.counting import DropOff, TooSlow
from contacts.segments.drafts import DraftCondition, DraftGroup, DraftNode
from contacts.segments.tree import Group
from ecrm.ui import formats

Option = tuple[str, Text, bool]
May = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """One input. ``chips`` are the choices made, ``options`` what can be chosen (value, label, chosen)."""

    name: str
    id: str
    kind: str
    label: str
    before: Text
    after: Text
    texts: Sequence[str]
    unit: str = ""
    options: Sequence[Option] = ()
    chips: Sequence[tuple[str, str]] = ()
    suggest: str = ""

    @property
    def template(self) -> str:
        return f"segments/inputs/{self.kind}.html"

    @property
    def text(self) -> str:
        return self.texts[-1] if self.texts else ""


@dataclass(frozen=True, slots=True)
class Kept:
    """Who is left after a row: ``left`` and ``of`` people. None where it was not counted."""

    left: int
    of: int

    @property
    def width(self) -> str:
        return f"{100 * self.left / self.of:.1f}%" if self.of else "0%"

    @property
    def share(self) -> str:
        return formats.percent(formats.share(self.left, self.of) or 0, places=0)  # of nobody nobody is kept

    @property
    def lost(self) -> str:
        lost = self.of - self.left
        words = ngettext("%(minus)s%(count)s contact", "%(minus)s%(count)s contacts", lost)
        return words % {"minus": formats.MINUS, "count": formats.number(lost)}


@dataclass(frozen=True, slots=True)
class Row:
    """A condition or a group of the form. ``number`` counts within its parent, from 1.

    ``unseen`` is the place in the saved rule of a condition that its reader may not see.
    """

    place: str
    join: str
    number: str
    is_first: bool
    is_last: bool
    can_go_in: bool = False
    can_go_out: bool = False
    kept: Kept | None = None
    alone: int | None = None
    error: str = ""
    # What would be refused of it if it was written now
    qualm: str = ""
    # A condition
    sentence: str = ""
    unseen: str = ""
    criterion: str = ""
    criteria: Sequence[tuple[Text, Sequence[Option]]] = ()
    operators: Sequence[Option] = ()
    fields: Sequence[Field] = ()
    extras: Sequence[Field] = ()
    # A group
    kind: str = ""
    rows: Sequence[Row] = ()

    @property
    def id(self) -> str:
        return self.place.replace(".", "-")

    @property
    def has_extras(self) -> bool:
        """Whether any of what may be left empty is filled in."""
        return any(field.texts for field in self.extras)

    @property
    def is_exclusion(self) -> bool:
        """A single condition behind "but not": shown as one row."""
        return self.kind == "none" and len(self.rows) == 1 and not self.rows[0].kind


@dataclass(frozen=True, slots=True)
class Board:
    """Everything about a draft: its rows, its figures, why some are missing."""

    rows: Sequence[Row]
    counted: DropOff | None
    tree: Group
    errors: dict[str, str]
    problem: str
    offered: Sequence[Criterion] = ()

    @property
    def total(self) -> int | None:
        return self.counted.total if self.counted else None

    @property
    def everybody(self) -> int | None:
        return self.counted.everybody if self.counted else None


def board(
    draft: DraftGroup,
    scope: Scope,
    *,
    may: May,
    shows_errors: bool = False,
    base: QuerySet[Contact] | None = None,
) -> Board:
    """Counts the complete part of a draft among ``base``, everybody unless told.

    ``may`` leaves out questions a member may not ask.
    """
    found, errors = drafts.as_tree(draft, scope)
    counted, problem = _count(found, scope, base)
    shown = errors if shows_errors else {}
    known = offered(may)
    rows = _Rows(scope, counted, shown, known).of(draft)
    return Board(rows, counted, found, errors, problem, known)


def people(board_: Board, scope: Scope) -> RawSQL | None:
    """The ids of everybody a draft finds, evaluated once; None where they were not counted."""
    if not board_.total:
        return None
    try:
        with counting.limited():
            return kept.keep(kept.FOUND, counting.people().filter(board_.tree.compile(scope)))
    except TooSlow:
        return None


def status(segment: Segment) -> tuple[str, str]:
    """In a word, with the shape it has."""
    if segment.archived_at:
        return _("Archived"), "off"
    if segment.broken_reason:
        return _("Broken"), "fail"
    if segment.calculated_version != segment.rule_version:
        return _("Calculating"), "half"
    return _("Live"), "live"


def _count(found: Group, scope: Scope, base: QuerySet[Contact] | None) -> tuple[DropOff | None, str]:
    try:
        return counting.drop_off(found, scope=scope, base=base), ""
    except TooSlow:
        return None, _("Counting takes too long to wait for it here. The segment can be saved all the same.")
    except Unanswerable as error:
        return None, str(error)


def offered(may: May) -> list[Criterion]:
    """What a member may ask about."""
    return [known for known in criteria.every() if known.is_offered and (not known.capability or may(known.capability))]


@dataclass(slots=True)
class _Rows:
    scope: Scope
    counted: DropOff | None
    errors: dict[str, str]
    offered: list[Criterion]

    def of(self, root: DraftGroup) -> list[Row]:
        rows = []
        before = self.counted.everybody if self.counted else 0
        for number, part in enumerate(root.parts):
            left = self.counted.left.get(part.place) if self.counted else None
            kept = None if left is None else Kept(left, before)
            rows.append(self._row(part, root, number, kept=kept, alone=None))
            before = before if left is None else left
        return rows

    def _row(self, node: DraftNode, parent: DraftGroup, number: int, *, kept: Kept | None, alone: int | None) -> Row:
        common: dict[str, Any] = {
            "place": node.place,
            "join": _join(node, parent, number),
            "number": ".".join(str(int(text) + 1) for text in node.place.split(".")),
            "is_first": number == 0,
            "is_last": number == len(parent.parts) - 1,
            "can_go_in": number > 0 and isinstance(parent.parts[number - 1], DraftGroup),
            "can_go_out": bool(parent.place),
            "kept": kept,
            "alone": alone,
            "error": self.errors.get(node.place, ""),
        }
        if isinstance(node, DraftCondition):
            return Row(**common, **self._condition(node))
        rows = [
            self._row(part, node, place, kept=None, alone=self._alone(part)) for place, part in enumerate(node.parts)
        ]
        return Row(**common, kind=node.kind, rows=rows)

    def _alone(self, node: DraftNode) -> int | None:
        return self.counted.alone.get(node.place) if self.counted else None

    def _condition(self, node: DraftCondition) -> dict[str, Any]:
        if node.kept:
            return {"unseen": node.kept, "sentence": askable.unseen_words()}
        chosen = node.criterion
        known = self.offered if chosen is None or chosen in self.offered else [*self.offered, chosen]
        shown: dict[str, Any] = {"criteria": _grouped(known, chosen)}
        if chosen is None or node.operator is None:
            return shown
        return shown | {
            "sentence": self._sentence(node),
            "qualm": node.qualm(self.scope),
            "criterion": chosen.key,
            "operators": [(each.key, each.label, each is node.operator) for each in chosen.operators],
            "fields": [self._field(given, node) for given in node.operator.inputs],
            "extras": [self._field(given, node) for given in node.operator.extras],
        }

    def _sentence(self, node: DraftCondition) -> str:
        try:
            return node.read(self.scope).sentence(self.scope)
        except ValidationError:
            return _("Not complete yet")

    def _field(self, given: Input, node: DraftCondition) -> Field:
        texts = node.sent.get(given.name, [])
        name = f"v.{node.place}.{given.name}"
        options, chips = self._choices(given, texts)
        return Field(
            name=name,
            id=name.replace(".", "-"),
            kind=given.kind,
            label=str(given.label),
            before=getattr(given, "before", ""),
            after=getattr(given, "after", ""),
            texts=texts,
            unit=get_currency_symbol(self.scope.currency, locale=formats.locale()),
            options=options,
            chips=chips,
            suggest=getattr(given, "suggest", ""),
        )

    def _choices(self, given: Input, texts: Sequence[str]) -> tuple[list[Option], list[tuple[str, str]]]:
        source = getattr(given, "source", None)
        if source is None:
            return [], []
        labels = {str(value): label for value, label in self.scope.options(source)}
        options = [(value, label, value in texts) for value, label in labels.items()]
        gone = _("something deleted")
        return options, [(text, str(labels.get(text, gone))) for text in dict.fromkeys(texts)]


def _grouped(known: Sequence[Criterion], chosen: Criterion | None) -> list[tuple[Text, list[Option]]]:
    found: dict[str, list[Option]] = {}
    for each in known:
        is_chosen = chosen is not None and each.key == chosen.key
        found.setdefault(each.group, []).append((each.key, each.label, is_chosen))
    return [(criteria.GROUPS[group], options) for group, options in found.items()]


def _join(node: DraftNode, parent: DraftGroup, number: int) -> str:
    if parent.place:
        return ""
    if isinstance(node, DraftGroup) and node.kind == "none":
        return pgettext("before a condition", "but not")
    return pgettext("before a condition", "and") if number else pgettext("before a condition", "where")
