"""What becomes of each room's rows when two people, or two companies, turn out to be one.

Every reference to ``Contact`` or ``Company`` needs a handler: ``unregistered()`` is what a guard asserts
to be empty, and no merge happens while it is not. Merging itself is ``contacts.merge`` and, for
companies, ``contacts.companies.merge``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model
from django.utils.functional import Promise

from contacts.models import Company, Contact

# One list a row: its id and the values it gave up. JSON, since a merge keeps it for its undo.
Moved = list[list[Any]]


@dataclass(frozen=True, slots=True)
class Handler:
    """``move(loser_id, winner_id)`` gives the loser's rows of ``field`` to the winner, set-based.

    It answers the rows it moved; ``undo(moved, loser_id)`` gives exactly those back.
    ``None`` for both: the rows stay where they are, and ``why`` says the reason.
    """

    model: type[Model]
    field: str
    move: Callable[[int, int], Moved] | None
    undo: Callable[[Moved, int], None] | None
    why: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Parting:
    """A merge that is being taken back. The registered rows of the loser are back with them already.

    ``merged_at`` is when they were merged by the clock of the application, ``since`` when the
    transaction of the merge began by that of the database.
    """

    winner_id: int
    loser_id: int
    merged_at: datetime
    since: datetime
    addresses: frozenset[str]  # normalised e-mail addresses of the loser


# Things that go back to the loser, whose history goes with them: ids by ``object_type``.
Things = dict[str, list[int]]
# The key in ``Things`` for browsers (``Event.visitor_id``).
BROWSERS = "visitor"


_handlers: dict[tuple[type[Model], str], Handler] = {}
_returning: list[Callable[[Parting], Things]] = []


def register(
    model: type[Model],
    *,
    move: Callable[[int, int], Moved],
    undo: Callable[[Moved, int], None],
    field: str = "contact",
) -> None:
    _handlers[model, field] = Handler(model, field, move, undo)


def leave(model: type[Model], *, why: str | Promise, field: str = "contact") -> None:
    """Declares rows that no merge touches: ledgers that must keep saying what was true."""
    _handlers[model, field] = Handler(model, field, None, None, why)


def register_rows(
    model: type[Model],
    *,
    field: str = "contact",
    unique_with: tuple[str, ...] = (),
    cleared: tuple[str, ...] = (),
) -> None:
    """The usual case: rows move set-based. Rows that the winner has as well, by ``unique_with``, stay.

    ``cleared`` are flags that only one row of a person may have (``is_primary``): they are the
    winner's, if a row of the winner has them, and come back on undo.
    """
    register(
        model,
        field=field,
        move=lambda loser_id, winner_id: _move_rows(model, field, unique_with, cleared, loser_id, winner_id),
        undo=lambda moved, loser_id: _move_back(model, field, cleared, moved, loser_id),
    )


def register_references(model: type[Model], *, field: str) -> None:
    """Rows of others that name the loser: they name the winner, and after an undo the loser again.

    What somebody made name another meanwhile stays so: each row carries whom the merge made it name.
    """
    register(
        model,
        field=field,
        move=lambda loser_id, winner_id: _rename(model, field, loser_id, winner_id),
        undo=lambda moved, loser_id: _rename_back(model, field, moved, loser_id),
    )


def register_return(give_back: Callable[[Parting], Things]) -> None:
    """``give_back`` gives the loser what came to the winner since the merge and is the loser's.

    Who owns what is decided in docs/adr/0014. Called once an undo, set-based; answers whose history follows.
    """
    _returning.append(give_back)


def give_back(parting: Parting) -> Things:
    returned: Things = {}
    for room in _returning:
        for object_type, ids in room(parting).items():
            returned.setdefault(object_type, []).extend(ids)
    return returned


def handlers(of: type[Model] = Contact) -> list[Handler]:
    """Those of people, or of companies."""
    found = (handler for handler in _handlers.values() if _refers_to_company(handler) is (of is Company))
    return sorted(found, key=lambda handler: (handler.model._meta.label, handler.field))


def unregistered(of: type[Model] = Contact) -> list[str]:
    """``app.Model.field`` of every reference to Contact, or Company, that no room has answered for."""
    return [
        f"{model._meta.label}.{field.name}" for model, field in references(of) if (model, field.name) not in _handlers
    ]


def references(of: type[Model] = Contact) -> Iterator[tuple[type[Model], ForeignKey[Any, Any]]]:
    """Every foreign key to Contact, or Company, in the house."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, ForeignKey) and field.related_model is of:
                yield model, field


def _refers_to_company(handler: Handler) -> bool:
    return handler.model._meta.get_field(handler.field).related_model is Company


def _move_rows(
    model: type[Model],
    field: str,
    unique_with: tuple[str, ...],
    cleared: tuple[str, ...],
    loser_id: int,
    winner_id: int,
) -> Moved:
    rows: Any = model._default_manager
    taken = set(rows.filter(**{field: winner_id}).values_list(*unique_with)) if unique_with else set()
    losers = rows.filter(**{field: loser_id}).values_list("pk", *unique_with, *cleared).order_by("pk")
    split = 1 + len(unique_with)
    moving = [[row[0], *row[split:]] for row in losers if not unique_with or row[1:split] not in taken]
    taken_flags = [flag for flag in cleared if rows.filter(**{field: winner_id, flag: True}).exists()]
    rows.filter(pk__in=[row[0] for row in moving]).update(**{field: winner_id}, **dict.fromkeys(taken_flags, False))
    return moving


def _move_back(model: type[Model], field: str, cleared: tuple[str, ...], moved: Moved, loser_id: int) -> None:
    rows: Any = model._default_manager
    for former in {tuple(row[1:]) for row in moved}:
        pks = [row[0] for row in moved if tuple(row[1:]) == former]
        rows.filter(pk__in=pks).update(**{field: loser_id}, **dict(zip(cleared, former, strict=True)))


def _rename(model: type[Model], field: str, loser_id: int, winner_id: int) -> Moved:
    naming: Any = model._default_manager.filter(**{field: loser_id})
    ids = list(naming.order_by("pk").values_list("pk", flat=True))
    naming.filter(pk__in=ids).update(**{field: winner_id})
    return [[pk, winner_id] for pk in ids]


def _rename_back(model: type[Model], field: str, moved: Moved, loser_id: int) -> None:
    """Merges of before that was kept have no winner in their rows: all of those go back."""
    for named in {tuple(row[1:]) for row in moved}:
        rows: Any = model._default_manager.filter(pk__in=[row[0] for row in moved if tuple(row[1:]) == named])
        still = rows.filter(**{field: named[0]}) if named else rows
        still.update(**{field: loser_id})
