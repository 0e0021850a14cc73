"""Looking through what members did, and taking it out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse

from ecrm.audit import services
from ecrm.audit.models import AuditEntry
from ecrm.files.models import File
from ecrm.jobs.models import Job
from ecrm.jobs.outbox import drain
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.factories import ContactFactory

MAY = datetime(2026, 5, 10, 12, tzinfo=UTC)


@pytest.fixture
def person(acme: Tenant, alice: Member, bob: Member) -> int:
    """Bob made a contact on 10 May, Alice changed it on 11 May; the system binned it on 12 May."""
    with tenant_context(acme):
        contact = ContactFactory()
        services.record("contact.created", by=bob.user, subject=contact, at=MAY)
        services.record("contact.changed", by=alice.user, subject=contact, fields=["name"], at=MAY + timedelta(days=1))
        services.record("contact.binned", by=None, subject=contact, count=3, at=MAY + timedelta(days=2))
    return contact.pk


def found(alice: Member, **query: str) -> list[str]:
    response = alice.get("audit", query={"since": "2026-05-01", "until": "2026-05-31", **query})
    return [row["entry"].action for row in response.context["rows"]]


def text(response: HttpResponse) -> str:
    return response.content.decode()


def content(file: File) -> bytes:
    with file.open() as stored:
        return stored.read()


def test_entries_stand_newest_first_in_plain_words(alice: Member, person: int) -> None:
    assert found(alice) == ["contact.binned", "contact.changed", "contact.created"]
    page = text(alice.get("audit", query={"until": "2026-05-31"}))
    assert "Contact created" in page
    assert f'href="/acme/contacts/{person}/"' in page
    assert "Bob" in page
    assert "eCRM itself" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"action": "contact.changed"}, ["contact.changed"]),
        ({"person": "system"}, ["contact.binned"]),
        ({"since": "2026-05-11", "until": "2026-05-11"}, ["contact.changed"]),
        ({"until": "2026-05-10"}, ["contact.created"]),
        ({"subject": "contacts.segment"}, []),
        ({"person": "nobody", "since": "not a day"}, ["contact.binned", "contact.changed", "contact.created"]),
    ],
)
def test_filters_narrow(alice: Member, person: int, query: dict[str, str], expected: list[str]) -> None:
    assert found(alice, **query) == expected


def test_by_person_and_by_subject(alice: Member, bob: Member, person: int) -> None:
    assert found(alice, person=str(bob.user.pk)) == ["contact.created"]
    assert len(found(alice, subject=f"contacts.contact:{person}")) == 3
    assert found(alice, subject=f"contacts.contact:{person + 1}") == []


def test_a_person_who_left_is_still_named(alice: Member, bob: Member, acme: Tenant, person: int) -> None:
    acme.memberships.filter(user=bob.user).delete()
    assert "Bob" in text(alice.get("audit", query={"until": "2026-05-31"}))


def test_pages_follow_each_other_without_gaps(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        for number in range(60):
            services.record("contact.changed", by=None, at=MAY + timedelta(minutes=number // 3))
        everything = list(AuditEntry.objects.order_by("-at", "-id").values_list("pk", flat=True))
    first = alice.get("audit").context["page"]
    second = alice.get("audit", query={"cursor": first.next}).context["page"]
    assert [row.pk for row in [*first.rows, *second.rows]] == everything


def test_the_export_holds_what_was_found_and_is_itself_on_record(alice: Member, acme: Tenant, person: int) -> None:
    response = alice.post("export_audit", form={"action": "contact.changed"})
    assert response.status_code == 302
    with bind_tenant(acme):
        drain()
    with tenant_context(acme):
        job = Job.objects.get(kind="export")
        assert (job.state, job.done) == (Job.State.DONE, 1)
        lines = content(File.objects.get(pk=job.file_id)).decode().splitlines()
        assert AuditEntry.objects.filter(action="audit.exported", actor_id=alice.user.pk, count=1).exists()
    assert len(lines) == 2
    assert "Contact changed,contact.changed,Contact" in lines[1]


def test_a_cell_is_no_formula(acme: Tenant, alice: Member) -> None:
    with tenant_context(acme):
        services.record("contact.changed", by=None, reason="=HYPERLINK(1)")
    alice.post("export_audit", form={"action": "contact.changed"})
    with bind_tenant(acme):
        drain()
    with tenant_context(acme):
        assert b",'=HYPERLINK(1)" in content(File.objects.get())


def test_only_those_who_may_see_it(bob: Member, outsider: Member) -> None:
    assert bob.get("audit").status_code == 403
    assert bob.post("export_audit").status_code == 403
    assert outsider.get("audit").status_code == 404


def test_another_workspace_sees_nothing_of_it(charlie: Member, person: int) -> None:
    assert "contact." not in " ".join(found(charlie))
    assert User.objects.filter(name="Bob").exists()
