"""One kind of file for the whole product."""

from __future__ import annotations

from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone

from ecrm.tenancy.scoping import TenantModel


class File(TenantModel):
    """A stored upload or export. ``size`` in bytes; ``sha256`` of the content.

    ``capability`` is what a member needs to download it.
    """

    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    capability = models.CharField(max_length=60)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    def open(self) -> IO[bytes]:
        return default_storage.open(self.key, "rb")
