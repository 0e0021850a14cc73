"""What a rule would answer: how many, what each condition keeps, and for one person why.

All figures come from the ``Q`` that decides membership. Counting happens under a time limit, so
that an expensive rule says so instead of holding up the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from psycopg.errors import QueryCanceled

from contacts.criteria import Scope
from contacts.models import Contact
from contacts.segments import askable, bits, tree
from contacts.segments.bits import EVERYBODY, Figures
from contacts.segments.tree import Condition, Group, Node

SECONDS = 8
May = Callable[[str], bool]


class TooSlow(Exception):
    """The figures took longer than a page may wait."""


@dataclass(frozen=True, slots=True)
class DropOff:
    """``everybody`` is the base; ``left`` holds, by the place of each part of the root, who is left after it.

    ``alone`` holds by place how many people meet a node on its own.
    """

    everybody: int
    left: dict[str, int]
    alone: dict[str, int]

    @property
    def total(self) -> int:
        return list(self.left.values())[-1] if self.left else self.everybody


@dataclass(frozen=True, slots=True)
class Finding:
    """A node for one person: what it answers, and what it should answer for the person to be in.

    ``matters`` is False where the answer is not the wanted one and nothing above depends on it.
    """

    place: str
    holds: bool
    is_wanted: bool
    matters: bool
    sentence: str = ""
    value: str = ""
    is_hidden: bool = False
    kind: str = ""
    parts: list[Finding] = field(default_factory=list)

    @property
    def is_fine(self) -> bool:
        return self.holds == self.is_wanted


def people() -> QuerySet[Contact]:
    """Whom segments choose from: everybody who is not in the bin."""
    return Contact.objects.filter(binned_at=None)


def matching(rule: Any, scope: Scope) -> QuerySet[Contact]:
    """Raises ``InvalidRule`` or ``Unanswerable``."""
    return people().filter(tree.compile_rule(rule, scope))


def count(rule: Any, *, scope: Scope | None = None) -> int:
    """The exact number of people. Raises ``TooSlow``, ``InvalidRule`` or ``Unanswerable``."""
    condition = tree.compile_rule(rule, scope or Scope.current())
    with limited():
        if bits.is_conjunction(condition):
            return people().filter(condition).count()
        figures, wanted = bits.narrowed(people(), condition)
        return figures.count([wanted])[0]


def drop_off(rule: Any, *, scope: Scope | None = None, base: QuerySet[Contact] | None = None) -> DropOff:
    """``base`` are the people to choose from, everybody unless told.

    Costs about as much as reading each condition once for everybody; raises like ``count``.
    """
    scope = scope or Scope.current()
    root = tree.parse(rule)
    figures = Figures(people() if base is None else base)
    found_by = {leaf.place: figures.bits(leaf.compile(scope)) for leaf in tree.conditions(root)}
    kept = list(accumulate((_of(part, found_by) for part in root.parts), "({} & {})".format))
    below = list(_below(root))
    with limited():
        everybody, *found = figures.count([EVERYBODY, *kept, *(_of(node, found_by) for node in below)])
    left = {part.place: number for part, number in zip(root.parts, found[: len(kept)], strict=True)}
    alone = {node.place: number for node, number in zip(below, found[len(kept) :], strict=True)}
    return DropOff(everybody, left, alone)


def explain(rule: Any, contact: Contact, *, scope: Scope | None = None, may: May | None = None) -> Finding:
    """Why a person is in or out: each condition with the value that decided it.

    ``may`` (capability → bool) hides values the reader must not see. A binned person is out,
    whatever the conditions say.
    """
    scope = scope or Scope.current()
    root = tree.parse(rule)
    leaves = list(tree.conditions(root))
    flags = {f"h{number}": as_flag(leaf.compile(scope)) for number, leaf in enumerate(leaves)}
    row = Contact.objects.filter(pk=contact.pk).annotate(**flags).values(*flags).get() if flags else {}
    by_place = {leaf.place: row[f"h{number}"] for number, leaf in enumerate(leaves)}
    reader = _Reader(by_place, contact, scope, may or (lambda _capability: True))
    return reader.finding(root, is_wanted=True, matters=True)


def holds(node: Node, by_place: dict[str, bool]) -> bool:
    """What a node answers when its conditions answer so."""
    if isinstance(node, Condition):
        return by_place[node.place]
    answers = (holds(part, by_place) for part in node.parts)
    if node.kind == "all":
        return all(answers)
    return any(answers) if node.kind == "any" else not any(answers)


@contextmanager
def limited(seconds: int = SECONDS) -> Iterator[None]:
    """Gives up after ``seconds`` without harming the transaction around; more memory for hashing."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {seconds * 1000}; SET LOCAL work_mem = '64MB'")
            yield
            cursor.execute("SET LOCAL statement_timeout = DEFAULT; SET LOCAL work_mem = DEFAULT")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow from error
        raise


def as_flag(condition: Q) -> Case:
    """True or false for each row, never unknown."""
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _of(node: Node, found_by: dict[str, str]) -> str:
    """The bits of whom a node finds."""
    if isinstance(node, Condition):
        return found_by[node.place]
    parts = [_of(part, found_by) for part in node.parts]
    if node.kind == "all":
        return f"({' & '.join(parts)})" if parts else EVERYBODY
    found = f"({' | '.join(parts)})" if parts else "0::bigint"
    return found if node.kind == "any" else f"~{found}"


def _below(node: Node) -> Iterator[Node]:
    if isinstance(node, Group):
        for part in node.parts:
            yield part
            yield from _below(part)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Puts the answers of one person's conditions together."""

    by_place: dict[str, bool]
    contact: Contact
    scope: Scope
    may: May

    def finding(self, node: Node, *, is_wanted: bool, matters: bool) -> Finding:
        answer = holds(node, self.by_place)
        if isinstance(node, Group):
            parts = self._parts(node, is_wanted=is_wanted, matters=matters)
            return Finding(node.place, answer, is_wanted, matters, kind=node.kind, parts=parts)
        needed = node.criterion.capability
        if needed is not None and not self.may(needed):
            return Finding(node.place, answer, is_wanted, matters, askable.unseen_words(), is_hidden=True)
        value = node.criterion.explain(self.contact, node.operator, node.value, self.scope)
        return Finding(node.place, answer, is_wanted, matters, node.sentence(self.scope), value)

    def _parts(self, group: Group, *, is_wanted: bool, matters: bool) -> list[Finding]:
        """Below "none of" the opposite is wanted. Where the group is as wanted, no part spoils it."""
        wanted = is_wanted != (group.kind == "none")
        is_spoilt = holds(group, self.by_place) != is_wanted
        return [
            self.finding(
                part,
                is_wanted=wanted,
                matters=matters and (is_spoilt or holds(part, self.by_place) == wanted),
            )
            for part in group.parts
        ]
