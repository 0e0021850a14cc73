"""Verbs on moves: begin, correct, choose, start, discard. Undo and cancel are those of the import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consent.models import Move, MoveFile
from consent.models.moving import System
from consent.moving.bringing import list_of
from consent.moving.shaping import Choices
from contacts.imports import into_list
from contacts.imports import services as imports
from contacts.imports.services import KEPT_DAYS
from contacts.models import ImportRun
from ecrm.audit import services as audit
from ecrm.files import services as files
from ecrm.jobs.services import start_job
from ecrm.tenancy.models import User
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.urls import tenant_url

State = Move.State


@transaction.atomic
def begin_move(*, system: str, uploads: Sequence[UploadedFile[bytes]], by: User) -> Move:
    """Takes the files of an export in and starts the look at them. Raises ``ValidationError`` for none."""
    if not uploads:
        raise ValidationError({"export": _("Choose the files of the export.")})
    move = Move.objects.create(system=System(system).value, created_by=by)
    for upload in uploads:
        stored = files.store(
            upload.chunks(),
            name=upload.name or "",
            content_type="application/octet-stream",
            capability=Capability.CONTACTS_IMPORT,
            by=by,
            expires_at=timezone.now() + timedelta(days=KEPT_DAYS),
        )
        MoveFile.objects.create(move=move, file=stored, name=(upload.name or "")[:255], sha256=stored.sha256)
    _work(move, "moving.read", _("Reading the export of %(product)s"), by)
    audit.record("move.begun", by=by, subject=move, count=len(uploads))
    return move


@transaction.atomic
def correct_kinds(*, move: Move, kinds: Mapping[int, str], by: User) -> bool:
    """Says what files are that were not recognised rightly, and has all read again. False while at work."""
    known = move.files.exclude(kind=MoveFile.Kind.ARCHIVE)
    wrong = [file for file in known if kinds.get(file.pk, file.kind) != file.kind]
    if not wrong or not _turn(move, {State.READ, State.FAILED}, State.READING):
        return False
    for file in wrong:
        MoveFile.objects.filter(pk=file.pk).update(kind=MoveFile.Kind(kinds[file.pk]).value)
    _work(move, "moving.read", _("Reading the export of %(product)s"), by)
    return True


@transaction.atomic
def choose(*, move: Move, choices: Choices, by: User) -> bool:
    """Starts putting the files together and the dry run over all of them. False on a second click."""
    into_list.check(list_id=None, list_name=choices.list_name if list_of(choices.list_name) is None else "")
    options = {name: getattr(choices, name) for name in choices.__slots__}
    former = move.run
    if former is not None and not _is_untouched(former):
        return False
    if not _turn(move, {State.READ, State.PREPARED, State.FAILED}, State.PREPARING, options=options, run=None):
        return False
    if former is not None:
        imports.discard(run=former, by=by)
    _work(move, "moving.prepare", _("Putting the export of %(product)s together"), by)
    return True


def _is_untouched(run: ImportRun) -> bool:
    return run.state in (ImportRun.State.CHECKED, ImportRun.State.MAPPING, ImportRun.State.FAILED) and not (
        run.applied_counts
    )


@transaction.atomic
def start(*, move: Move, by: User) -> bool:
    """Brings in what was checked: companies, blocked addresses, then people. False on a second click."""
    if move.run is not None and move.run.state != ImportRun.State.CHECKED:
        return False
    if move.applied.get("is_done") or not _turn(move, {State.PREPARED}, State.BRINGING, applied={}):
        return False
    _work(move, "moving.bring", _("Moving in from %(product)s"), by)
    audit.record("move.started", by=by, subject=move)
    return True


@transaction.atomic
def discard(*, move: Move, by: User) -> bool:
    """Forgets an export that nothing has come in from; its files go. False when something has."""
    if move.applied or not _turn(move, {State.READ, State.PREPARED, State.FAILED}, State.FAILED):
        return False
    if move.run is not None and not imports.discard(run=move.run, by=by):
        return False
    audit.record("move.discarded", by=by, subject=move)
    kept = [each.file for each in move.files.select_related("file")] + [move.blocks, move.companies, move.digests]
    move.delete()
    for file in kept:
        if file is not None:
            files.remove(file)
    return True


def _turn(move: Move, formers: set[str], state: str, **changes: Any) -> bool:
    turned = Move.objects.filter(pk=move.pk, state__in=formers).update(state=state, error="", **changes)
    if turned:
        for name, value in {"state": state, "error": "", **changes}.items():
            setattr(move, name, value)
    return bool(turned)


def _work(move: Move, task: str, title: str, by: User) -> None:
    move.job = start_job(
        task=task,
        kind=task,
        title=title % {"product": move.get_system_display()},
        by=by,
        url=tenant_url(move.tenant, "move", move.pk),
        move_id=move.pk,
    )
    move.save(update_fields=["job"])
