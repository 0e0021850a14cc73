"""What the address of the list says: whom, in which order, with which columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Func, TextField, Value
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from contacts import fields, merged, people_sets
from contacts.criteria import Scope, Unanswerable
from contacts.lists import language
from contacts.lists.language import Parameter, Part
from contacts.models import Company, Contact
from contacts.people_sets import PeopleSet
from contacts.querysets import ContactQuerySet
from contacts.segments import tree
from contacts.segments.inputs import Choices
from contacts.segments.tree import Condition
from ecrm.tenancy.models import Membership
from ecrm.ui.pages import CAP

MINE = "me"
DEFAULT_SORT = "-active"
COMPACT = "compact"
LONGEST_TERM = 200
MOST_COLUMNS = 30
# Conditions that an index answers; whatever else a filter asks is given a limit of time.
_INDEXED = frozenset({"stage", "country", "owner", "company", "tag", "last_active_at", "created_at"})
# Of these, the ones whose index alone can count. People whom several conditions leave, or one of another
# kind, are looked up one by one: they are counted less far.
_COUNTED = frozenset({"stage", "country", "owner", "company", "created_at"})
FEWER = 1_000
# What an address of the list may hold beside its filters. Anything else is a filter that somebody took to be one.
_PLAIN = frozenset(
    {
        "all",
        "columns",
        "contact",
        "count",
        "cursor",
        "density",
        "format",
        "group",
        "only",
        "q",
        "segment",
        "sort",
        "view",
    }
)
# What links in letters leave behind them: no filter, and nobody meant one.
_TRACKING = ("utm_", "gclid", "fbclid", "mc_")


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force: a sentence, and the address of the list without it."""

    label: str | Promise
    remove_url: str
    edit_url: str
    operator: str = ""
    value: str = ""


@dataclass(frozen=True)
class ListQuery:
    """``parts`` are ands; ``columns`` empty means the usual ones. ``has_problem``: something meant nothing.

    ``unknown`` is the first name in the address that is no filter; ``view_id`` names the saved view
    that this came from, changed or not.
    """

    membership: Membership
    parts: tuple[Part, ...] = ()
    is_mine: bool = False
    only: PeopleSet | None = None
    term: str = ""
    sort: str = DEFAULT_SORT
    group: str = ""
    columns: tuple[str, ...] = ()
    is_compact: bool = False
    view_id: int | None = None
    has_problem: bool = False
    unknown: str = ""

    @classmethod
    def read(cls, query: QueryDict, membership: Membership) -> ListQuery:
        """Never fails: what means nothing (any more) is left out."""
        parts, is_faulty = language.parts_of(query)
        only = query.get("only", "")
        known = {each.key: each for each in people_sets.allowed(membership)} if only else {}
        found = cls(
            membership=membership,
            parts=tuple(parts),
            is_mine=query.get("owner") == MINE,
            only=known.get(only),
            term=_term(query.get("q", "")),
            sort=_word(query.get("sort", "")) or DEFAULT_SORT,
            group=_word(query.get("group", "")),
            columns=_columns(query.get("columns", "")),
            is_compact=query.get("density") == COMPACT,
            view_id=_number(query.get("view", "")),
            has_problem=is_faulty or bool(only and only not in known),
            unknown=next((_word(name) for name in query if not _is_known(name)), ""),
        )
        return found._answerable()

    @classmethod
    def of_text(cls, text: str, membership: Membership) -> ListQuery:
        return cls.read(QueryDict(text), membership)

    @cached_property
    def scope(self) -> Scope:
        tenant = self.membership.tenant
        return Scope(timezone.now(), ZoneInfo(tenant.time_zone), tenant.currency)

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is in force, the search aside."""
        return bool(self.parts or self.is_mine or self.only)

    @property
    def is_by_match(self) -> bool:
        """Whether a search is shown the closest first: unless another order is asked for."""
        return bool(self.term) and self.sort == DEFAULT_SORT and not self.group

    @property
    def may_take_long(self) -> bool:
        return self.only is not None or any(not _is_indexed(part) for part in self.parts)

    @property
    def counts_to(self) -> int:
        """How many people may be counted while somebody waits for a page."""
        conditions = [part.node for part in self.parts]
        if not self.is_narrowed or (self.is_mine and not conditions and self.only is None):
            return CAP
        is_plain = len(conditions) == 1 and not self.is_mine and self.only is None
        return CAP if is_plain and _has_key(conditions[0], _COUNTED) else FEWER

    def people(self) -> ContactQuerySet:
        """Whom the filters leave, of those this member sees; the search aside."""
        people: ContactQuerySet = Contact.objects.visible_to(self.membership).unbinned()
        if self.is_mine:
            people = people.filter(owner=self.membership.user_id)
        if self.only is not None:
            people = self.only.narrow(people)
        for part in self.parts:
            people = _hinted(people.filter(part.node.compile(self.scope)), part, self.scope)
        return people

    def parameters(self) -> list[Parameter]:
        """Everything but the page and the view, always in the same order: what a saved view keeps."""
        found: list[Parameter] = []
        if self.is_mine:
            found.append(("owner", MINE))
        if self.only is not None:
            found.append(("only", self.only.key))
        found += language.parameters_of(self.parts)
        plain = [("q", self.term), ("sort", "" if self.sort == DEFAULT_SORT else self.sort), ("group", self.group)]
        plain += [("columns", ",".join(self.columns)), ("density", COMPACT if self.is_compact else "")]
        return found + [(name, value) for name, value in plain if value]

    def text(self) -> str:
        """The query string, without the view."""
        return encoded(self.parameters())

    def url(self) -> str:
        """A relative address that shows exactly this, its view included.

        ``all`` keeps an address without any parameter from being the view's own or the usual start.
        """
        parameters = self.parameters()
        marks = [] if self.view_id is None else [("view", str(self.view_id))]
        return "?" + encoded([*marks, *(parameters or [("all", "1")])])

    def but(self, **changes: object) -> ListQuery:
        return replace(self, **changes)  # type: ignore[arg-type]

    def without(self, number: int) -> ListQuery:
        return self.but(parts=self.parts[:number] + self.parts[number + 1 :])

    def chips(self, edit_url: str) -> list[Chip]:
        chips = []
        if self.is_mine:
            chips.append(Chip(_("Owner is me"), self.but(is_mine=False).url(), ""))
        if self.only is not None:
            words = _("Only people who %(do_so)s") % {"do_so": self.only.label}
            chips.append(Chip(words, self.but(only=None).url(), ""))
        for number, part in enumerate(self.parts):
            chips.append(Chip(sentence(part.node, self.scope), self.without(number).url(), edit_url))
        return chips

    def _answerable(self) -> ListQuery:
        """Less what this member may not ask, and what names something that is gone."""
        kept = tuple(part for part in self.parts if self._can_ask(part))
        return self.but(parts=kept, has_problem=self.has_problem or len(kept) != len(self.parts))._seen()

    def _seen(self) -> ListQuery:
        """Less the names of own fields hidden from this member, which may stand in a view of a colleague."""
        own = [name for name in (self.sort.lstrip("-"), self.group, *self.columns) if name.startswith(fields.PREFIX)]
        hidden = fields.hidden("contact", self.membership).intersection(own) if own else ()
        if not hidden:
            return self
        return self.but(
            sort=DEFAULT_SORT if self.sort.lstrip("-") in hidden else self.sort,
            group="" if self.group in hidden else self.group,
            columns=tuple(name for name in self.columns if name not in hidden),
        )

    def _can_ask(self, part: Part) -> bool:
        for condition in tree.conditions(part.node):
            needed = condition.criterion.capability
            if (needed and not self.membership.may(needed)) or _names_what_is_gone(condition, self.scope):
                return False
        try:
            part.node.compile(self.scope)
        except Unanswerable:
            return False
        return True


def sentence(node: tree.Node, scope: Scope) -> str:
    """A part of a rule in one line."""
    if isinstance(node, Condition):
        return node.sentence(scope)
    inner = "; ".join(sentence(part, scope) for part in node.parts)
    if node.kind == "none":
        return _("Not: %(conditions)s") % {"conditions": inner}
    joined = _("Any of: %(conditions)s") if node.kind == "any" else _("All of: %(conditions)s")
    return joined % {"conditions": inner}


def encoded(parameters: Iterable[Parameter]) -> str:
    return urlencode(list(parameters), safe=",:@")


def _hinted(people: ContactQuerySet, part: Part, scope: Scope) -> ContactQuerySet:
    """The same people by a condition that an index answers."""
    node = part.node
    if not isinstance(node, Condition):
        return people
    if node.criterion.key == "last_active_at" and node.operator == "in_last":
        return people.filter(active_at__gte=scope.ago(node.value))
    if node.criterion.key == "company" and node.operator == "any_of":
        return people.filter(company__in=_companies(node.value))
    return people


def _companies(names: Sequence[str]) -> list[int]:
    folded = [Func(Value(name.strip()), function="search.fold", output_field=TextField()) for name in names]
    named = Company.objects.filter(name_norm__in=folded).values_list("pk", flat=True)
    return [*named, *merged.company_survivors_by_name(folded)]


def _is_indexed(part: Part) -> bool:
    return _has_key(part.node, _INDEXED)


def _has_key(node: tree.Node, keys: Collection[str]) -> bool:
    return isinstance(node, Condition) and node.criterion.key in keys


def _names_what_is_gone(condition: Condition, scope: Scope) -> bool:
    operator = condition.criterion.operator(condition.operator)
    values = operator.values(condition.value)
    for given in operator.inputs:
        if isinstance(given, Choices):
            known = {value for value, _label in scope.options(given.source)}
            chosen = values[given.name]
            if not known.issuperset([chosen] if given.single else chosen):
                return True
    return False


def _term(text: str) -> str:
    """What is searched for; a null character can be in no name, and PostgreSQL refuses it."""
    return text.replace("\x00", "").strip()[:LONGEST_TERM]


def _word(text: str) -> str:
    return text if len(text) <= 80 and text.isprintable() else ""


def _is_known(name: str) -> bool:
    return name in _PLAIN or language.is_parameter(name) or name.startswith(_TRACKING)


def _columns(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in text.split(",") if word and _word(word)))[:MOST_COLUMNS]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
