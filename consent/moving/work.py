"""What the long work on a move shares: it is open, it can fail, and it can be asked to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from consent.models import Move
from contacts.imports import fields
from contacts.imports.fields import Field
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.tenancy.context import tenant_transaction
from ecrm.tenancy.models import User

State = Move.State
log = structlog.get_logger(__name__)


def run(move_id: int, job_id: int, state: str, work: Callable[[Move, int], None]) -> None:
    """Does ``work`` on a move that waits for it. What goes wrong is told on its page."""
    with tenant_transaction():
        moves = Move.objects.filter(pk=move_id, state=state)
        move = moves.select_related("tenant", "created_by", "run", "job__requested_by").first()
    if move is None:
        return
    with translation.override(getattr(move.created_by, "language", "") or move.tenant.language):
        try:
            work(move, job_id)
        except jobs.Cancelled:
            _fail(move, job_id, _("Cancelled. Nobody has come in."), Job.State.CANCELLED)
        except ValidationError as error:
            _fail(move, job_id, " ".join(error.messages), Job.State.FAILED)


def asker(move: Move) -> User | None:
    """Whose choices are worked on, who need not be the one that brought the export."""
    return move.job.requested_by if move.job else None


def known_fields(move: Move) -> dict[str, Field]:
    """Those that both see, who brought the export and who chose: what the first look left without a place is
    not filled after all when somebody else chooses."""
    brought = fields.seen_by(move.created_by)
    return {key: field for key, field in fields.seen_by(asker(move)).items() if key in brought}


def move_on(move: Move, state: str, **changes: Any) -> None:
    """Inside a transaction; ``move`` follows."""
    Move.objects.filter(pk=move.pk).update(state=state, error="", **changes)
    for name, value in {"state": state, "error": "", **changes}.items():
        setattr(move, name, value)


def _fail(move: Move, job_id: int, reason: str, state: str) -> None:
    with tenant_transaction():
        Move.objects.filter(pk=move.pk).update(state=State.FAILED, error=reason[:300])
        jobs.finish(job_id, state=state, error=reason)
    log.info("move_stopped", move=move.pk, reason=reason)
