"""Two people become one: their cases and what they wrote go with them, and come back on undo."""

from __future__ import annotations

from cases.models import Case, CaseMessage
from contacts import merging


def register() -> None:
    merging.register_rows(Case)
    merging.register_rows(CaseMessage)
