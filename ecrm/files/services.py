"""Storing and removing files. Works on any Django storage, so S3 is a setting."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.base import File as DjangoFile
from django.core.files.storage import default_storage
from django.core.files.temp import NamedTemporaryFile
from django.utils import timezone

from ecrm.files.models import File
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User


def store(
    chunks: Iterable[bytes],
    *,
    name: str,
    content_type: str,
    capability: str,
    by: User | None,
    expires_at: datetime | None = None,
) -> File:
    """Streams the content to storage in flat memory and makes its row."""
    digest, size = hashlib.sha256(), 0
    with NamedTemporaryFile() as spool:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            spool.write(chunk)
        spool.flush()
        spool.seek(0)
        key = default_storage.save(f"tenants/{require_tenant_id()}/{uuid.uuid4().hex}", DjangoFile(spool))
    return File.objects.create(
        name=safe_name(name),
        content_type=content_type,
        size=size,
        sha256=digest.hexdigest(),
        key=key,
        capability=capability,
        created_by=by,
        expires_at=expires_at,
    )


def store_each(contents: Sequence[bytes], *, name: str, content_type: str, capability: str) -> list[File]:
    """Stores small contents of one kind, their rows in one statement. Nothing stays after an error."""
    stored: list[File] = []
    try:
        for content in contents:
            key = default_storage.save(f"tenants/{require_tenant_id()}/{uuid.uuid4().hex}", ContentFile(content))
            stored.append(
                File(
                    name=safe_name(name),
                    content_type=content_type,
                    size=len(content),
                    sha256=hashlib.sha256(content).hexdigest(),
                    key=key,
                    capability=capability,
                )
            )
        return File.objects.bulk_create(stored)
    except Exception:
        discard(stored)
        raise


def discard(stored: Iterable[File]) -> None:
    """Deletes the contents of files whose rows are rolled back."""
    for file in stored:
        default_storage.delete(file.key)


def remove(file: File) -> None:
    default_storage.delete(file.key)
    file.delete()


def remove_expired() -> int:
    """Deletes this tenant's files past their time; returns how many."""
    expired = list(File.objects.filter(expires_at__lt=timezone.now()))
    for file in expired:
        remove(file)
    return len(expired)


def safe_name(name: str) -> str:
    """A name that is safe in a header and on any disk."""
    cleaned = "".join(c for c in name.replace("\\", "/").rsplit("/", 1)[-1] if c.isprintable() and c not in '"<>|:*?')
    return cleaned.strip(". ")[:200] or "file"
