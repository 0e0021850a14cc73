from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from ecrm.audit import services as audit
from ecrm.files import guards
from ecrm.files.models import File
from ecrm.tenancy.policies import may, members_only
from ecrm.tenancy.requests import MemberRequest


@members_only
@require_safe
def download(request: MemberRequest, file_id: int) -> FileResponse:
    """Always as an attachment, never sniffed: an uploaded page must not run on our origin."""
    file = get_object_or_404(File, pk=file_id)
    if not may(request.membership, file.capability) or not guards.allow(file, request.membership):
        raise PermissionDenied(file.capability)
    audit.record("file.downloaded", by=request.user, subject=file)
    response = FileResponse(file.open(), as_attachment=True, filename=file.name, content_type=file.content_type)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
