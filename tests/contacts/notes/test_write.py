"""Notes about a person, and what happened elsewhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from contacts.models import Contact, ContactNote
from ecrm.notices.models import Notification
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add, told


def only(acme: Tenant) -> ContactNote:
    with tenant_context(acme):
        return ContactNote.objects.get()


def test_a_note_is_kept_with_its_files(acme: Tenant, bob: Member, ines: Contact) -> None:
    files = [SimpleUploadedFile("plan.txt", b"ten jugs", "text/plain")]
    answer = bob.post("compose", ines.pk, form={"kind": "note", "text": "Wants ten jugs.", "attachments": files})
    assert answer.headers["Location"] == bob.url("contact_page", ines.pk)
    assert told(ines)[-1] == "note.written"
    assert ">Note</a>: Wants ten jugs." in bob.get("contact_page", ines.pk).content.decode()
    page = bob.get("note_page", only(acme).pk).content.decode()
    assert "Wants ten jugs." in page
    assert "plan.txt" in page


def test_the_history_tells_its_words_without_their_marks(bob: Member, ines: Contact) -> None:
    text = "**Ten** jugs, _blue_, as [here](https://acme.example/)"
    bob.post("compose", ines.pk, form={"kind": "note", "text": text})
    assert ">Note</a>: Ten jugs, blue, as here" in bob.get("contact_page", ines.pk).content.decode()


def test_an_empty_note_is_refused(acme: Tenant, bob: Member, ines: Contact) -> None:
    assert bob.post("compose", ines.pk, form={"kind": "note", "text": "  "}).status_code == 422
    assert "note.written" not in told(ines)


@pytest.mark.parametrize("kind", ["call", "meeting", "letter"])
def test_what_happened_elsewhere_needs_no_words(acme: Tenant, bob: Member, ines: Contact, kind: str) -> None:
    assert bob.post("compose", ines.pk, form={"kind": kind}).status_code == 302
    assert told(ines)[-1] == f"{kind}.logged"


def test_a_call_of_yesterday_stands_where_it_happened(acme: Tenant, bob: Member, ines: Contact) -> None:
    yesterday = timezone.localtime() - timedelta(days=1)
    bob.post("compose", ines.pk, form={"kind": "call", "text": "Busy", "at": yesterday.strftime("%Y-%m-%dT%H:%M")})
    assert timezone.localtime(only(acme).at).date() == yesterday.date()


def test_what_has_not_happened_is_no_call(acme: Tenant, bob: Member, ines: Contact) -> None:
    later = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert bob.post("compose", ines.pk, form={"kind": "call", "at": later}).status_code == 422


def test_who_is_mentioned_is_told_if_they_see_the_person(acme: Tenant, bob: Member, alice: Member, sam: Member) -> None:
    hers = add(acme, name="Hers", owner=alice.user)
    bob.post("compose", hers.pk, form={"kind": "note", "text": "@Alice and @Sam, please call."})
    with tenant_context(acme):
        notices = Notification.objects.filter(kind="note.mentioned")
        assert [notice.user for notice in notices] == [alice.user]
        url = notices.get().url
    assert "please call" in alice.client.get(f"/{acme.slug}{url}").content.decode()


def test_its_writer_changes_and_deletes_the_words_and_the_history_stays(
    acme: Tenant, bob: Member, alice: Member, ines: Contact
) -> None:
    bob.post("compose", ines.pk, form={"kind": "note", "text": "Wants ten jugs."})
    note = only(acme)
    assert alice.post("note_page", note.pk, form={"text": "Mine now"}).status_code == 403
    bob.post("note_page", note.pk, form={"text": "Wants twelve jugs."})
    assert only(acme).text == "Wants twelve jugs."
    assert alice.post("delete_note", note.pk).status_code == 403
    bob.post("delete_note", note.pk)
    with tenant_context(acme):
        assert not ContactNote.objects.exists()
    assert "note.written" in told(ines)


def test_who_may_only_look_reads_but_does_not_write(
    acme: Tenant, bob: Member, vera: Member, charlie: Member, ines: Contact
) -> None:
    bob.post("compose", ines.pk, form={"kind": "note", "text": "Wants ten jugs."})
    note = only(acme)
    assert "Wants ten jugs." in vera.get("note_page", note.pk).content.decode()
    assert vera.post("note_page", note.pk, form={"text": "Mine"}).status_code == 403
    assert charlie.get("note_page", note.pk).status_code == 404
