"""One person's events, read in slices: newest first, each slice going on where the last ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from contacts.facts import Fact
from contacts.models import ContactNote, Event, Letter
from ecrm import prepared
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

LONGEST_WORDS = 2_000
LONGEST_SEARCHED = 20_000
# What is read along with an event: the words of a note, and for a search the text of a letter.
WORDS, TEXT = "words", "text"

Place = tuple[datetime, int]


class Row(NamedTuple):
    """``fact`` is a ``Fact``, ``actor`` the name of the member of staff who did it, empty for none.

    What a note says is no fact, since its writer may change it: it is read along, as ``words`` among the properties.
    """

    id: int
    fact: Any  # stands for an ``Event`` wherever a sentence is asked for
    actor: str

    @property
    def place(self) -> Place:
        return self.fact.occurred_at, self.id


@dataclass(frozen=True, slots=True)
class Names:
    """Events of these names, or with ``is_but`` all but these: what other systems made up has any name."""

    names: Sequence[str]
    is_but: bool = False


def read(
    contact_id: int, asked: Names, *, before: Place | None = None, limit: int, has_texts: bool = False
) -> list[Row]:
    """At most ``limit`` rows, one query. ``before`` is the place of the last row known already.

    ``has_texts`` brings all that notes and letters say, for a search.
    """
    given: dict[str, Any] = {
        "tenant": require_tenant_id(), "contact": contact_id, "names": list(asked.names), "limit": limit,
    }  # fmt: skip
    if before is not None:
        given |= {"at": before[0], "id": before[1]}
    sql = statement(is_but=asked.is_but, is_continued=before is not None, has_texts=has_texts)
    return [Row(row[0], _with(Fact.read(*row[3:]), row[2]), row[1] or "") for row in prepared.fetch_all(sql, given)]


def _with(fact: Fact, words: str | None) -> Fact:
    """``words`` is None for anything but a note, and for one that was deleted; or the text of a letter."""
    if words is None:
        return fact
    key = WORDS if fact.object_type == ContactNote._meta.label_lower else TEXT
    return fact._replace(properties={**fact.properties, key: words})


# In the order that ``Fact.read`` wants.
_FACT = ", ".join(f"one.{name}" for name in ("occurred_at", "name", "properties", *Fact._fields[3:]))


# Written out: the ORM takes longer to make this statement than the database to answer it.
@lru_cache(maxsize=8)
def statement(*, is_but: bool, is_continued: bool, has_texts: bool = False) -> str:
    asked = "<> ALL (%(names)s::text[])" if is_but else "= ANY (%(names)s::text[])"
    further = " AND (one.occurred_at, one.id) < (%(at)s::timestamptz, %(id)s::bigint)" if is_continued else ""
    texts = _text(ContactNote, LONGEST_SEARCHED if has_texts else LONGEST_WORDS)
    if has_texts:
        texts += _text(Letter, LONGEST_SEARCHED)
    return (
        f"SELECT one.id, (SELECT coalesce(nullif(actor.name, ''), actor.email) FROM {User._meta.db_table} actor"
        f" WHERE actor.id = one.actor_id), CASE one.object_type {texts} END,"
        f" {_FACT} FROM {Event.table()} one"
        f" WHERE one.tenant_id = %(tenant)s AND one.contact_id = %(contact)s AND one.name {asked}{further}"
        " ORDER BY one.occurred_at DESC, one.id DESC LIMIT %(limit)s"
    )


def _text(model: type[ContactNote | Letter], longest: int) -> str:
    return (
        f"WHEN '{model._meta.label_lower}' THEN (SELECT left(said.text, {longest}) FROM {model.table()} said"
        " WHERE said.tenant_id = one.tenant_id AND said.id = one.object_id) "
    )
