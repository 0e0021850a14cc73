"""The limit of an upload, kept while it arrives, so that a file too large never fills the disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

FORM, LINES = "multipart/form-data", "application/x-ndjson"
CHUNK = 64 * 1024


class TooLarge(Exception):
    """A file beyond ``MAX_UPLOAD_BYTES``."""


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


def sent_by_program(request: Any) -> UploadedFile[bytes] | None:
    """The file a program sent: the field ``file`` of a form, or lines of JSON as the body; None without one.

    Read once, in flat memory. Raises ``TooLarge``.
    """
    if not hasattr(request, "sent_by_program"):
        request.sent_by_program = _from_form(request) if request.content_type == FORM else _from_body(request)
    if request.sent_by_program is not None:
        request.sent_by_program.seek(0)
    found: UploadedFile[bytes] | None = request.sent_by_program
    return found


def forget(request: Any) -> None:
    """Gives the room of a body back; those of forms Django closes."""
    found = getattr(request, "sent_by_program", None)
    if found is not None:
        found.close()


def _from_form(request: HttpRequest) -> UploadedFile[bytes] | None:
    if is_too_large(request, "file"):
        raise TooLarge
    return request.FILES.get("file")


def _from_body(request: HttpRequest) -> UploadedFile[bytes]:
    spool = TemporaryUploadedFile("lines.jsonl", LINES, 0, None)
    size = 0
    while chunk := request.read(CHUNK):
        size += len(chunk)
        if size > settings.MAX_UPLOAD_BYTES:
            spool.close()
            raise TooLarge
        spool.write(chunk)
    spool.size = size
    return spool


def _oversized(request: Any) -> set[str]:
    if not hasattr(request, "oversized_uploads"):
        request.oversized_uploads = set()
    fields: set[str] = request.oversized_uploads
    return fields
