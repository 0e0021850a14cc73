"""What a failed transaction left in the storage goes; what has a row, or may still get one, stays."""

from __future__ import annotations

import os
import time

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from ecrm.files import services, sweeping, tasks
from ecrm.files.models import File
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant


def store(name: str) -> File:
    return services.store([b"words"], name=name, content_type="text/plain", capability="cases.view", by=None)


def grow_old(key: str) -> None:
    then = time.time() - sweeping.GRACE.total_seconds() - 60
    os.utime(default_storage.path(key), (then, then))


def leave_behind(tenant: Tenant) -> str:
    """The key of an attachment that a mail brought, whose transaction came to nothing."""
    with tenant_context(tenant):
        key = store("attachment.txt").key
        transaction.set_rollback(True)
    return key


def test_contents_of_a_failed_transaction_go_by_night(acme: Tenant, globex: Tenant) -> None:
    fresh, old, theirs = leave_behind(acme), leave_behind(acme), leave_behind(globex)
    with tenant_context(acme):
        kept = store("kept.txt").key
    for key in (old, theirs, kept):
        grow_old(key)
    tasks.tidy()
    assert [default_storage.exists(key) for key in (kept, fresh, old, theirs)] == [True, True, False, False]


def test_other_folders_are_left_alone(acme: Tenant) -> None:
    key = default_storage.save("elsewhere/words.txt", ContentFile(b"words"))
    grow_old(key)
    tasks.tidy()
    assert default_storage.exists(key)
    default_storage.delete(key)
