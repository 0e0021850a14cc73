"""Counting people as bits: 64 ids to a word, so that a condition over a million people is 16,000 numbers.

Each condition is read once for everybody, along its own index, instead of being asked of each person;
"and", "or" and "not" are then bit operations on words, and a figure is the number of bits left.
Ids given out in turns to several tenants make the words sparser and the gain smaller, never the figures wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, Case, F, Func, Q, QuerySet, Value, When

from contacts.criteria import Having
from contacts.models import Contact

_SIGNS = {Q.AND: " & ", Q.OR: " | ", Q.XOR: " # "}
EVERYBODY = "everybody"


def is_conjunction(condition: Any) -> bool:
    """Whether the database joins well by itself: rows there must be, and nothing of "not" or "or" about them."""
    if not isinstance(condition, Q) or not _has_sets(condition):
        return True
    is_plain = condition.connector == Q.AND and not condition.negated
    return (is_plain or (len(condition.children) == 1 and not condition.negated)) and all(
        map(is_conjunction, condition.children)
    )


def only_rows(condition: Any) -> QuerySet[Any] | None:
    """The ids of the people that rows are about, where a condition asks for such rows and for nothing else."""
    while isinstance(condition, Q) and len(condition.children) == 1 and not condition.negated:
        condition = condition.children[0]
    if isinstance(condition, Having):
        return condition.facts.values(condition.by)
    return condition[1] if _is_ids(condition) else None


def narrowed(people: QuerySet[Contact], condition: Q) -> tuple[Figures, str]:
    """The words of whom a condition finds: what it asks of the person's own row is asked before all else."""
    parts = condition.children if condition.connector == Q.AND and not condition.negated else [condition]
    own = [part for part in parts if not _has_sets(part)]
    figures = Figures(people.filter(Q(*own)))
    return figures, figures.bits(Q(*(part for part in parts if _has_sets(part))))


def words_of(ids: str) -> str:
    """``(word, bits)`` of a statement that gives one column of ids, for a FROM."""
    return _grouped(f"SELECT id >> 6 AS word, 1::bigint << (id & 63)::int AS bits FROM ({ids}) found (id)", ["bits"])


@dataclass(slots=True)
class Figures:
    """Collects what is to be counted among ``people``, then counts all of it in one statement.

    >>> figures = Figures(Contact.objects.all())
    >>> loud = figures.bits(Q(stage="customer"))
    >>> figures.count([EVERYBODY, loud])
    [1000, 421]
    """

    people: QuerySet[Contact]
    _asked: list[Q] = field(default_factory=list)
    _sets: list[tuple[str, Sequence[Any]]] = field(default_factory=list)

    def bits(self, condition: Any) -> str:
        """The words of those whom a ``Q`` (or a part of one) finds, as SQL."""
        ids = only_rows(condition)
        if ids is not None:
            return self._set(ids)
        if not isinstance(condition, Q) or not _has_sets(condition):
            return self._column(condition if isinstance(condition, Q) else Q(condition))
        found = "(" + _SIGNS[condition.connector].join(map(self.bits, condition.children)) + ")"
        return f"~{found}" if condition.negated else found

    def count(self, wanted: Sequence[str]) -> list[int]:
        """How many people each of the words holds."""
        try:
            source, parameters = self._source()
        except EmptyResultSet:
            return [0] * len(wanted)
        figures = ", ".join(f"sum(bit_count((everybody & {bits})::bit(64)))" for bits in wanted)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {figures} FROM {source}", parameters)
            row = cursor.fetchone() or ()
        return [int(number or 0) for number in row]

    def words(self, wanted: str) -> tuple[str, list[Any]]:
        """``(word, bits)`` of the people in ``wanted``, for a FROM, with its parameters. Raises ``EmptyResultSet``."""
        source, parameters = self._source()
        return f"(SELECT word, everybody & {wanted} AS bits FROM {source})", parameters

    def _source(self) -> tuple[str, list[Any]]:
        columns = ["word", EVERYBODY, *(f"asked{number}" for number in range(len(self._asked)))]
        columns += [f"coalesce(set{number}.bits, 0) AS set{number}" for number in range(len(self._sets))]
        source, given = self._base()
        parameters = [*given]
        for number, (sql, given) in enumerate(self._sets):
            source += f" LEFT JOIN {words_of(sql)} set{number} USING (word)"
            parameters += given
        return f"(SELECT {', '.join(columns)} FROM {source}) words", parameters

    def _base(self) -> tuple[str, Sequence[Any]]:
        """Everybody, and what is asked of the person's own row: one pass over the people."""
        bit = Func(F("pk"), template="1::bigint << (%(expressions)s & 63)::int", output_field=BigIntegerField())
        asked = {f"asked{number}": _if(condition, bit) for number, condition in enumerate(self._asked)}
        word = Func(F("pk"), template="%(expressions)s >> 6", output_field=BigIntegerField())
        rows = self.people.order_by().annotate(word=word, everybody=bit, **asked).values("word", EVERYBODY, *asked)
        sql, parameters = rows.query.sql_with_params()
        return f"{_grouped(sql, [EVERYBODY, *asked])} people", parameters

    def _column(self, condition: Q) -> str:
        if not condition:
            return EVERYBODY
        self._asked.append(condition)
        return f"asked{len(self._asked) - 1}"

    def _set(self, ids: QuerySet[Any]) -> str:
        try:
            asked = ids.order_by().query.sql_with_params()
        except EmptyResultSet:
            return "0::bigint"
        # A condition may ask for the same rows in many combinations: they are read once.
        if asked not in self._sets:
            self._sets.append(asked)
        return f"set{self._sets.index(asked)}"


def _grouped(sql: str, columns: Sequence[str]) -> str:
    """Words put together. Behind the OFFSET the planner does not expect a group for each person."""
    joined = ", ".join(f"bit_or({name}) AS {name}" for name in columns)
    return f"(SELECT word, {joined} FROM ({sql} OFFSET 0) each_person GROUP BY word)"


def _if(condition: Q, bit: Func[Any]) -> Case:
    return Case(When(condition, then=bit), default=Value(0), output_field=BigIntegerField())


def _has_sets(condition: Any) -> bool:
    if isinstance(condition, Q):
        return any(map(_has_sets, condition.children))
    return isinstance(condition, Having) or _is_ids(condition)


def _is_ids(condition: Any) -> bool:
    """Whether it is ``pk__in`` a subquery."""
    return isinstance(condition, tuple) and condition[0] == "pk__in" and isinstance(condition[1], QuerySet)
