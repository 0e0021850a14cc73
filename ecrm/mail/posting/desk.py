"""What a room brings so that its mails can leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet

from ecrm.jobs.outbox import enqueue
from ecrm.mail.handover import Outgoing
from ecrm.mail.relays import Relay

UNDO = timedelta(seconds=10)  # in which a writer may take a mail back


class Finished(NamedTuple):
    """A finished mail and the relay of its sender."""

    outgoing: Outgoing
    relay: Relay


def _nothing(handover: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Desk:
    """``task`` sends one mail, its one argument named ``argument``: the id of what ``subject``, a
    reference of ``model`` (a ``PostedMail``), points to. ``related`` is what ``compose`` reads along.

    ``compose`` makes the same mail every time, Message-ID included; None when nobody can write it or
    nobody can get it. ``taken_up`` runs when an attempt begins, so that it must be harmless twice;
    ``failed`` once nobody tries any longer. ``refusal`` says why an address may not be written to.
    """

    task: str
    argument: str
    model: Any
    subject: str
    related: tuple[str, ...]
    compose: Callable[[Any], Finished | None]
    taken_up: Callable[[Any], object]
    failed: Callable[[Any], object]
    refusal: Callable[[Any], str] = _nothing

    def of(self, subject_id: int) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model.objects.filter(**{self.subject: subject_id})
        return found

    def subject_id(self, handover: Any) -> int:
        return int(getattr(handover, f"{self.subject}_id"))

    def ask(self, subject_id: int, *, due_at: Any = None) -> None:
        """For a worker, in the caller's transaction."""
        enqueue(self.task, due_at=due_at, **{self.argument: subject_id})
