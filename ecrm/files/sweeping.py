"""Contents without a row: what a transaction stored before it failed, or a worker before it died."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from ecrm.files.models import File
from ecrm.tenancy.context import require_tenant_id, tenant_transaction

# Longer than any transaction: a younger content may have its row about to be committed.
GRACE = timedelta(days=1)


def remove_orphans() -> int:
    """Deletes this tenant's contents that no row of ``File`` names; returns how many. Lists the storage."""
    folder = f"tenants/{require_tenant_id()}"
    if not default_storage.exists(folder):
        return 0
    with tenant_transaction():
        named = set(File.objects.values_list("key", flat=True).iterator())
    unnamed = (key for name in default_storage.listdir(folder)[1] if (key := f"{folder}/{name}") not in named)
    oldest_kept = timezone.now() - GRACE
    orphans = [key for key in unnamed if default_storage.get_modified_time(key) < oldest_kept]
    for key in orphans:
        default_storage.delete(key)
    return len(orphans)
