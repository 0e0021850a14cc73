"""A stored request, put together again for a parser that wants one."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory
from django.utils.datastructures import MultiValueDict

from ecrm.mail.inbound import mime
from ecrm.mail.inbound.charsets import decode
from ecrm.webhooks.models import WebhookReceipt

_FORM, _PARTED = "application/x-www-form-urlencoded", "multipart/form-data"


def rebuild(receipt: WebhookReceipt, raw: bytes) -> HttpRequest:
    """As it came, whatever its size: the limits for forms of people do not fit mail with attachments."""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in receipt.headers.items()}
    request: HttpRequest = RequestFactory().generic(
        "POST", "/", CONTENT_TYPE=receipt.content_type, QUERY_STRING=receipt.query, **headers
    )
    fields, files = _form(receipt.content_type, raw)
    # The parsed form goes where Django would put it, so that it does not parse (and refuse) again.
    request.__dict__.update(_body=raw, _post=fields, _files=files)
    return request


def _form(content_type: str, raw: bytes) -> tuple[QueryDict, MultiValueDict[str, SimpleUploadedFile]]:
    kind = content_type.partition(";")[0].strip().lower()
    files: MultiValueDict[str, SimpleUploadedFile] = MultiValueDict()
    if kind == _FORM:
        return QueryDict(raw, encoding="utf-8"), files
    fields = QueryDict(mutable=True)
    if kind != _PARTED:
        return fields, files
    whole = b"Content-Type: " + content_type.encode("ascii", "ignore") + b"\r\n\r\n" + raw
    for part in mime.split(whole).leaves:
        name = part.disposition_name
        content = part.content(whole)
        if part.file_name:
            files.appendlist(name, SimpleUploadedFile(part.file_name, content, part.content_type))
        elif name:
            fields.appendlist(name, decode(content, part.parameters.get("charset", "")))
    return fields, files
