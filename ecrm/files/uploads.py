"""The limit of an upload, kept while it arrives, so that a file too large never fills the disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest


class CappedUpload(FileUploadHandler):
    """First of ``FILE_UPLOAD_HANDLERS``. A field whose file is too large counts as empty and is
    named by ``is_too_large``, so that the form can say so where it belongs."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > settings.MAX_UPLOAD_BYTES:
            if self.request is not None:
                _oversized(self.request).add(str(self.field_name))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""


def is_too_large(request: HttpRequest, field_name: str) -> bool:
    """Whether this field's file was dropped for its size. Reads the upload if nobody has yet."""
    _ = request.FILES
    return field_name in _oversized(request)


def _oversized(request: Any) -> set[str]:
    if not hasattr(request, "oversized_uploads"):
        request.oversized_uploads = set()
    fields: set[str] = request.oversized_uploads
    return fields
