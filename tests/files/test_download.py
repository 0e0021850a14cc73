"""Files leave as attachments, for those who may, and leave a trace."""

from __future__ import annotations

import pytest
from django.http import FileResponse

from ecrm.audit.models import AuditEntry
from ecrm.files import services
from ecrm.files.models import File
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member


@pytest.fixture
def page(acme: Tenant) -> File:
    """An uploaded web page that would like to run on our origin."""
    with tenant_context(acme):
        return services.store(
            [b"<script>", b"alert(1)</script>"],
            name='../..\\evil"\r\n.html',
            content_type="text/html",
            capability="contacts.import",
            by=None,
        )


def test_it_is_an_attachment_that_cannot_run(alice: Member, page: File) -> None:
    response = alice.get("file", page.pk)
    assert read(response) == b"<script>alert(1)</script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_its_name_is_safe(page: File) -> None:
    assert page.name == "evil.html"
    assert page.size == 25


def test_it_needs_the_capability(vera: Member, outsider: Member, page: File) -> None:
    assert vera.get("file", page.pk).status_code == 403
    assert outsider.get("file", page.pk).status_code == 404


def test_downloads_are_audited(alice: Member, page: File, acme: Tenant) -> None:
    read(alice.get("file", page.pk))
    with tenant_context(acme):
        assert AuditEntry.objects.filter(action="file.downloaded", actor_id=alice.user.pk).exists()


def read(response: FileResponse) -> bytes:
    """All of it; closing the response itself would close the test's connection too."""
    content = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    return content
