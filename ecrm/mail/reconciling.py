"""What a reconciler is: who can say what became of messages whose hand-over broke off."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol


class ReconcileError(Exception):
    """The relay could not be asked now; nothing was learnt, ask again later."""


class Answer(StrEnum):
    DELIVERED = "delivered"
    REJECTED = "rejected"
    ABSENT = "absent"


class Reconciler(Protocol):
    def found(self, message_ids: Sequence[str]) -> dict[str, Answer]:
        """One answer per Message-ID. Raises `ReconcileError` when the relay cannot be asked.

        ABSENT is only final once the relay has had time to finish reading what the broken
        connection left in its buffers: ask after a grace period.
        """
        ...
