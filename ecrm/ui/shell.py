"""Changing what a workspace's shell leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from ecrm.ui import nav
from ecrm.ui.models import ShellSettings


def hidden_question(membership: Membership) -> tuple[str, list[Any]]:
    """The places the rail leaves out, asked with its numbers."""
    return f"SELECT hidden_places FROM {ShellSettings.table()} WHERE tenant_id = %s", [require_tenant_id()]


@transaction.atomic
def show_places(*, keys: Iterable[str], by: User) -> ShellSettings:
    """The rail shows the hideable places of these keys and leaves the others out."""
    shown = set(keys)
    row = ShellSettings.of_tenant()
    hidden = [entry.key for entry in nav.hideable() if entry.key not in shown]
    if hidden != row.hidden_places:
        row.hidden_places = hidden
        row.save()
        audit.record("shell.changed", by=by, fields=["hidden_places"])
    return row


@transaction.atomic
def skip_step(*, key: str, by: User, is_skipped: bool = True) -> ShellSettings:
    """Leaves one step of the set-up out, or brings it back. A second click changes nothing."""
    row = ShellSettings.of_tenant()
    wanted = sorted({*row.skipped_steps, key} if is_skipped else {*row.skipped_steps} - {key})
    if wanted != row.skipped_steps:
        row.skipped_steps = wanted
        row.save()
    return row


@transaction.atomic
def hide_checklist(*, by: User, is_hidden: bool = True) -> ShellSettings:
    row = ShellSettings.of_tenant()
    if (row.checklist_hidden_at is not None) != is_hidden:
        row.checklist_hidden_at = timezone.now() if is_hidden else None
        row.save()
    return row
