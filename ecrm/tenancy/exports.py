"""A whole workspace as one file: every table as lines of JSON, every file, and a manifest with hashes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO, Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext as _

from ecrm.audit import services as audit
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.jobs import services as jobs
from ecrm.jobs.models import Job
from ecrm.tenancy.context import require_tenant_id, tenant_transaction
from ecrm.tenancy.models import Membership, Tenant
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.scoping import TenantModel

KEPT = timedelta(days=30)
ARCHIVE = "application/zip"
MANIFEST = "manifest.json"
FILES_AT_ONCE = 100
# Work in progress and keys: of no use outside, or a danger there.
_LEFT_OUT = frozenset({"jobs.OutboxEntry", "contacts.DirtyContact"})
_SECRET = re.compile(r"secret|password|token_hash|key_hash|private_key|encrypted")


class _Encoder(DjangoJSONEncoder):
    def default(self, value: Any) -> Any:
        if isinstance(value, bytes | memoryview):
            return base64.b64encode(bytes(value)).decode()
        try:
            return super().default(value)
        except TypeError:
            return str(value)


def export_tenant(*, job_id: int) -> None:
    """Harmless when it runs again; nothing is left behind when it is cancelled."""
    tables = exported_models()
    if not jobs.begin(job_id, total=len(tables) + 1):
        jobs.finish(job_id, state=Job.State.CANCELLED)
        return
    try:
        with TemporaryFile() as spool:
            _write_archive(spool, tables, job_id)
            _keep(spool, job_id)
    except jobs.Cancelled:
        jobs.finish(job_id, state=Job.State.CANCELLED)


def exported_models() -> list[type[TenantModel]]:
    found = [model for model in apps.get_models() if issubclass(model, TenantModel)]
    return sorted((m for m in found if m._meta.label not in _LEFT_OUT), key=lambda model: model._meta.label_lower)


def exported_columns(model: type[TenantModel]) -> list[str]:
    """Everything but secrets, the tenant (it is the same in every row) and what is derived for searching."""
    return [
        field.attname
        for field in model._meta.concrete_fields
        if not _SECRET.search(field.name) and field.name not in ("tenant", "search_text")
    ]


@dataclass(slots=True)
class _Archive:
    """A ZIP that remembers of every part its SHA-256, its bytes and its rows."""

    zip: zipfile.ZipFile
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, name: str, chunks: Iterable[bytes], *, is_rows: bool = False) -> None:
        digest, size, count = hashlib.sha256(), 0, 0
        with self.zip.open(name, "w", force_zip64=True) as part:
            for chunk in chunks:
                part.write(chunk)
                digest.update(chunk)
                size, count = size + len(chunk), count + 1
        rows = {"rows": count} if is_rows else {}
        self.parts[name] = {"sha256": digest.hexdigest(), "bytes": size, **rows}

    def close(self) -> None:
        manifest = {"made_at": timezone.now().isoformat(), "parts": self.parts}
        self.zip.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2))


def _write_archive(spool: IO[bytes], tables: list[type[TenantModel]], job_id: int) -> None:
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        written = _Archive(archive)
        written.write("README.txt", [_readme().encode()])
        written.write("workspace.json", [_workspace().encode()])
        jobs.advance(job_id, done=1)
        for model in tables:
            with tenant_transaction():
                written.write(f"{model._meta.label_lower}.jsonl", _lines(model), is_rows=True)
            jobs.advance(job_id, done=1)
        _write_files(written, job_id)
        written.close()


def _write_files(written: _Archive, job_id: int) -> None:
    """Uploads, mails as they came, pictures; not the archives of former exports."""
    last = 0
    while True:
        with tenant_transaction():
            files_ = File.objects.filter(pk__gt=last).exclude(content_type=ARCHIVE, capability=Capability.TENANT_OWN)
            batch = list(files_.order_by("pk")[:FILES_AT_ONCE])
        if not batch:
            return
        for file in batch:
            written.write(f"files/{file.pk}-{files.safe_name(file.name)}", _content(file))
        jobs.advance(job_id)  # notices a cancellation
        last = batch[-1].pk


def _content(file: File) -> Iterator[bytes]:
    """Nothing where the content is gone: its row says so, and the archive is still whole."""
    try:
        with file.open() as stored:
            yield from iter(lambda: stored.read(1 << 20), b"")
    except FileNotFoundError:
        return


def _lines(model: type[TenantModel]) -> Iterator[bytes]:
    rows = model.objects.order_by().values(*exported_columns(model))
    for row in rows.iterator(chunk_size=2000):
        yield json.dumps(row, cls=_Encoder, ensure_ascii=False).encode() + b"\n"


def _workspace() -> str:
    with tenant_transaction():
        tenant = Tenant.objects.filter(pk=require_tenant_id()).values().get()
        members = Membership.objects.filter(tenant=tenant["id"]).select_related("user").order_by("id")
        people = [{"user_id": m.user_id, "name": m.user.name, "email": m.user.email, "roles": m.roles} for m in members]
    return json.dumps({"workspace": tenant, "members": people}, cls=_Encoder, ensure_ascii=False, indent=2)


def _readme() -> str:
    return _(
        "Every table of your workspace, one row of JSON on each line. Ids are the same in all tables:\n"
        "contact_id 7 in one is the row with id 7 in contacts.contact.jsonl. Times are UTC, money is in\n"
        "cents. Passwords and keys are left out. The folder files holds uploads, mails as they came and\n"
        "exports, each called by its id in files.file.jsonl. manifest.json has the SHA-256 of every part.\n"
    )


def _keep(spool: IO[bytes], job_id: int) -> None:
    spool.seek(0)
    with tenant_transaction():
        job = Job.objects.select_related("requested_by").get(pk=job_id)
        tenant = Tenant.objects.get(pk=require_tenant_id())
        file = files.store(
            iter(lambda: spool.read(1 << 20), b""),
            name=f"{tenant.slug}-{timezone.now():%Y-%m-%d}.zip",
            content_type=ARCHIVE,
            capability=Capability.TENANT_OWN,
            by=job.requested_by,
            expires_at=timezone.now() + KEPT,
        )
        audit.record("tenant.exported", by=job.requested_by, subject=file)
    jobs.finish(job_id, file=file)
