"""Exports as people bring them, and the way of a move over HTTP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from consent.models import Move
from ecrm.jobs.outbox import drain
from ecrm.tenancy.context import bind_tenant, tenant_context
from tests.cast import Member

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "samples" / "moving"


def sample(system: str) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((SAMPLES / system).iterdir())}


def zipped(files: Mapping[str, str]) -> dict[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"export/{name}", content)
        archive.writestr("__MACOSX/export/._x.csv", "junk")
        archive.writestr("export/logo.png", b"\x89PNG")
    return {"export.zip": packed.getvalue()}


def upload(member: Member, system: str, files: Mapping[str, str | bytes]) -> Move:
    """Takes an export in and lets the workers look at it."""
    given = [
        SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
        for name, content in files.items()
    ]
    response = member.post("move_list", form={"system": system, "export": given})
    assert response.status_code == 302, response.content.decode()
    with tenant_context(member.tenant):
        move = Move.objects.latest("pk")
    return work(member, move)


def choose(member: Member, move: Move, **changes: Any) -> Move:
    """Sends the choices as the page offers them, with changes, and lets the workers check all."""
    form = member.get("move", move.pk).context["choices"]
    given = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    given = {name: "" if value is None else value for name, value in given.items()}
    response = member.post("choose_move", move.pk, form={**given, **changes})
    assert response.status_code == 302, response.content.decode()
    return work(member, move)


def start(member: Member, move: Move) -> Move:
    assert member.post("start_move", move.pk).status_code == 302
    return work(member, move)


def move_in(member: Member, system: str, files: Mapping[str, str | bytes] | None = None, **changes: Any) -> Move:
    """The whole way."""
    return start(member, choose(member, upload(member, system, files or sample(system)), **changes))


def undo(member: Member, move: Move) -> Move:
    assert move.run is not None
    assert member.post("undo_import", move.run.pk).status_code == 302
    return work(member, move)


def work(member: Member, move: Move) -> Move:
    with bind_tenant(member.tenant):
        drain()
    with tenant_context(member.tenant):
        return Move.objects.select_related("run", "job").get(pk=move.pk)
