"""Files chosen in the composer are not lost: not when a letter is taken back, not when a form is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from contacts.merge.services import merge_contacts
from contacts.models import Contact, Letter, LetterFile, LetterTemplate, NoteFile
from contacts.notes import drafts
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add
from tests.contacts.letters.conftest import caught, send_due
from tests.contacts.letters.test_write import email, letters
from tests.mail.catching import RunningCatcher


def lid(name: str = "lid.txt", content: bytes = b"round") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/plain")


def held(member: Member, contact: Contact) -> list[dict[str, Any]]:
    """The files that stand in the composer."""
    found: list[dict[str, Any]] = member.get("compose", contact.pk).context["desk"].draft.get("files", [])
    return found


def named(catcher: RunningCatcher) -> list[list[str | None]]:
    return [[each.get_filename() for each in message.iter_attachments()] for message in caught(catcher)]


def test_taken_back_files_wait_in_the_composer(
    acme: Tenant, bob: Member, alice: Member, rita: Contact, catcher: RunningCatcher
) -> None:
    bob.post("compose", rita.pk, form=email(attachments=[lid(), lid("box.txt")]))
    with tenant_context(acme):
        sent = Letter.objects.get()
    bob.post("take_back_letter", sent.pk)
    page = bob.get("contact_page", rita.pk).content.decode()
    assert "Your words and files are back" in page
    waiting = held(bob, rita)
    assert [one["name"] for one in waiting] == ["lid.txt", "box.txt"]
    assert all(one["name"] in page for one in waiting)
    assert held(alice, rita) == []
    bob.post("compose", rita.pk, form=email(held=[one["id"] for one in waiting]))
    send_due(acme)
    assert named(catcher) == [["lid.txt", "box.txt"]]
    assert held(bob, rita) == []


def test_taken_back_loses_nothing_that_was_begun_since(acme: Tenant, bob: Member, rita: Contact) -> None:
    bob.post("compose", rita.pk, form=email(attachments=[lid()]))
    with tenant_context(acme):
        sent = Letter.objects.get()
    begun = email(subject="One more thing", text="Shall we meet?", attachments=[lid("map.txt")])
    bob.post("keep_compose_draft", rita.pk, form=begun)
    bob.post("take_back_letter", sent.pk)
    draft = bob.get("compose", rita.pk).context["desk"].draft
    assert draft["subject"] == "Your lid"
    assert draft["text"] == "It leaves today.\n\nOne more thing\n\nShall we meet?"
    assert {one["name"] for one in held(bob, rita)} == {"lid.txt", "map.txt"}


def test_a_refused_form_keeps_its_files(acme: Tenant, bob: Member, rita: Contact, catcher: RunningCatcher) -> None:
    refused = bob.post("compose", rita.pk, form=email(subject="", attachments=[lid()]))
    assert refused.status_code == 422
    assert "lid.txt" in refused.content.decode()
    gap = bob.post("compose", rita.pk, form=email(text="Dear {{ contact.firstname }}", attachments=[lid("b.txt")]))
    assert gap.status_code == 422
    bob.post("compose", rita.pk, form=email(held=[one["id"] for one in held(bob, rita)], attachments=[lid("c.txt")]))
    send_due(acme)
    assert named(catcher) == [["lid.txt", "b.txt", "c.txt"]]


def test_only_what_was_seen_goes_out(acme: Tenant, bob: Member, rita: Contact, catcher: RunningCatcher) -> None:
    bob.post("keep_compose_draft", rita.pk, form=email(attachments=[lid()]))
    bob.post("compose", rita.pk, form=email())
    send_due(acme)
    assert named(catcher) == [[]]
    assert [one["name"] for one in held(bob, rita)] == ["lid.txt"], "nor is it lost"


def test_a_file_is_removed_and_the_words_stay(acme: Tenant, bob: Member, rita: Contact) -> None:
    bob.post("keep_compose_draft", rita.pk, form=email(attachments=[lid(), lid("box.txt")]))
    first, second = held(bob, rita)
    page = bob.post("remove_draft_file", rita.pk, first["id"], form=email(text="Another word")).content.decode()
    assert "Another word" in page
    assert "lid.txt" not in page
    part = bob.post("remove_draft_file", rita.pk, second["id"], form=email(), htmx=True).content.decode()
    assert "<html" not in part
    assert "box.txt" not in part
    with tenant_context(acme):
        assert not File.objects.exists()
    bob.post("remove_draft_file", rita.pk, second["id"], form=email(), htmx=True)


def test_sent_twice_it_is_said_and_goes_out_once(acme: Tenant, bob: Member, rita: Contact) -> None:
    bob.post("keep_compose_draft", rita.pk, form=email(attachments=[lid()]))
    form = email(held=[one["id"] for one in held(bob, rita)])
    assert bob.post("compose", rita.pk, form=form).status_code == 302
    again = bob.post("compose", rita.pk, form=form)
    assert again.status_code == 422
    assert "A file you attached is gone" in again.content.decode()
    assert letters(acme) == 1


def test_files_of_a_colleagues_draft_are_out_of_reach(acme: Tenant, bob: Member, alice: Member, rita: Contact) -> None:
    bob.post("keep_compose_draft", rita.pk, form=email(attachments=[lid()]))
    (waiting,) = held(bob, rita)
    assert alice.post("compose", rita.pk, form=email(held=[waiting["id"]])).status_code == 422
    alice.post("remove_draft_file", rita.pk, waiting["id"], form=email())
    assert held(bob, rita) == [waiting]


def test_files_add_up_to_the_limit(acme: Tenant, bob: Member, rita: Contact) -> None:
    bob.post("keep_compose_draft", rita.pk, form=email(attachments=[lid(f"{each}.txt") for each in range(9)]))
    refused = bob.post("compose", rita.pk, form=email(attachments=[lid("x.txt"), lid("y.txt")]))
    assert refused.status_code == 422
    assert "With the files attached already that is too much" in refused.content.decode()
    assert len(held(bob, rita)) == 9


def test_more_than_an_email_takes_is_said_before_it_is_sent(acme: Tenant, bob: Member, rita: Contact) -> None:
    bob.post("compose", rita.pk, form=email(attachments=[lid(f"{each}.txt") for each in range(9)]))
    bob.post("keep_compose_draft", rita.pk, form=email(attachments=[lid("x.txt"), lid("y.txt")]))
    assert "too much for one email" not in bob.get("contact_page", rita.pk).content.decode()
    with tenant_context(acme):
        sent = Letter.objects.get()
    bob.post("take_back_letter", sent.pk)
    assert "too much for one email" in bob.get("contact_page", rita.pk).content.decode()

    waiting = [one["id"] for one in held(bob, rita)]
    assert len(waiting) == 11
    refused = bob.post("compose", rita.pk, form=email(text="Still my words", held=waiting))
    assert refused.status_code == 422
    assert "Remove some of the files first" in refused.content.decode()
    assert "Still my words" in refused.content.decode()
    assert letters(acme) == 0
    assert len(held(bob, rita)) == 11

    fits = bob.post("remove_draft_file", rita.pk, waiting[0], form=email(), htmx=True).content.decode()
    assert "too much for one email" not in fits
    assert bob.post("compose", rita.pk, form=email(held=waiting[1:])).status_code == 302
    assert held(bob, rita) == []


def test_a_template_without_a_script_keeps_the_files(acme: Tenant, bob: Member, rita: Contact) -> None:
    with tenant_context(acme):
        template = LetterTemplate.objects.create(name="Thanks", subject="Thanks", text="Thank you")
    filled = bob.post("compose", rita.pk, form=email(template=template.pk, attachments=[lid()]))
    assert "lid.txt" in filled.content.decode()


def test_a_note_takes_them_too(acme: Tenant, bob: Member, rita: Contact) -> None:
    bob.post("keep_compose_draft", rita.pk, form={"kind": "note", "text": "See", "attachments": [lid()]})
    form = {"kind": "note", "text": "See", "held": [one["id"] for one in held(bob, rita)]}
    assert bob.post("compose", rita.pk, form=form).status_code == 302
    with tenant_context(acme):
        assert NoteFile.objects.get().file.name == "lid.txt"


@pytest.mark.parametrize("is_sent", [True, False])
def test_what_never_goes_out_is_swept(acme: Tenant, bob: Member, rita: Contact, *, is_sent: bool) -> None:
    bob.post("keep_compose_draft", rita.pk, form=email(attachments=[lid()]))
    if is_sent:
        bob.post("compose", rita.pk, form=email(held=[one["id"] for one in held(bob, rita)]))
    with tenant_context(acme):
        File.objects.exclude(expires_at=None).update(expires_at=timezone.now() - timedelta(days=1))
        files.remove_expired()
        assert File.objects.count() == LetterFile.objects.count() == int(is_sent)
    assert held(bob, rita) == []


def test_who_merges_two_people_keeps_the_draft_with_its_files(
    acme: Tenant, bob: Member, alice: Member, rita: Contact
) -> None:
    other = add(acme, name="Rita R.", emails=["r@example.org"])
    bob.post("keep_compose_draft", other.pk, form=email(attachments=[lid()]))
    with tenant_context(acme):
        merge_contacts(winner=rita, loser=other, choices={}, by=alice.user)
    assert [one["name"] for one in held(bob, rita)] == ["lid.txt"]


def test_only_a_task_leaves_them_waiting(acme: Tenant, bob: Member, rita: Contact) -> None:
    form = {"kind": "task", "text": "Ring", "due_on": timezone.localdate().isoformat(), "attachments": [lid()]}
    assert bob.post("compose", rita.pk, form=form).status_code == 302
    assert [one["name"] for one in held(bob, rita)] == ["lid.txt"]


def test_the_files_of_a_forgotten_draft_are_not_forgotten(acme: Tenant, bob: Member, rita: Contact) -> None:
    bob.post("keep_compose_draft", rita.pk, form=email(attachments=[lid()]))
    with tenant_context(acme):
        drafts.keep(contact=rita, kind="email", subject="", text="", by=bob.user)
    assert [one["name"] for one in held(bob, rita)] == ["lid.txt"]


def test_files_that_follow_an_undo_leave_its_words_alone(acme: Tenant, bob: Member, rita: Contact) -> None:
    bob.post("compose", rita.pk, form=email())
    with tenant_context(acme):
        sent = Letter.objects.get()
    bob.post("take_back_letter", sent.pk, form=email(subject="", text="And a jug"))
    bob.post("keep_compose_draft", rita.pk, form={"attachments": [lid()], "lost": "jug.png"})
    draft = bob.get("compose", rita.pk).context["desk"].draft
    assert draft["text"] == "It leaves today.\n\nAnd a jug"
    assert [one["name"] for one in held(bob, rita)] == ["lid.txt"]


def test_files_that_did_not_arrive_are_named(bob: Member, rita: Contact) -> None:
    bob.post("keep_compose_draft", rita.pk, form={"lost": ["jug.png", "map.txt"]})
    page = bob.get("contact_page", rita.pk).content.decode()
    assert "attach them again: jug.png, map.txt" in page
