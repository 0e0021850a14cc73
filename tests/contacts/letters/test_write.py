"""Writing to one person from their page."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from consent.models import Suppression
from consent.suppression import suppress
from contacts.models import ComposeDraft, Contact, Letter, LetterTemplate
from contacts.services.binning import bin_contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add, fresh
from tests.contacts.letters.conftest import caught, send_due
from tests.mail.catching import RunningCatcher


def email(**fields: Any) -> dict[str, Any]:
    return {"kind": "email", "subject": "Your lid", "text": "It leaves today.", **fields}


def letters(acme: Tenant) -> int:
    with tenant_context(acme):
        return Letter.objects.count()


def test_it_goes_out_with_its_files(acme: Tenant, bob: Member, rita: Contact, catcher: RunningCatcher) -> None:
    files = [SimpleUploadedFile("lid.txt", b"round", "text/plain")]
    answer = bob.post("compose", rita.pk, form=email(attachments=files))
    assert answer.headers["Location"] == bob.url("contact_page", rita.pk)
    send_due(acme)
    (message,) = caught(catcher)
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("lid.txt", "round")
    with tenant_context(acme):
        sent = Letter.objects.get()
    assert "lid.txt" in bob.get("letter_page", sent.pk).content.decode()


def test_taken_back_its_words_are_the_draft_again(
    acme: Tenant, bob: Member, alice: Member, rita: Contact, catcher: RunningCatcher
) -> None:
    bob.post("compose", rita.pk, form=email())
    with tenant_context(acme):
        sent = Letter.objects.get()
    alice.post("take_back_letter", sent.pk)
    assert letters(acme) == 1, "only its writer may take it back"
    bob.post("take_back_letter", sent.pk)
    assert letters(acme) == 0
    send_due(acme)
    assert caught(catcher) == []
    page = bob.get("contact_page", rita.pk).content.decode()
    assert "It leaves today." in page
    assert "It leaves today." not in alice.get("contact_page", rita.pk).content.decode()


@pytest.mark.parametrize(
    ("reason", "words"),
    [(Suppression.Reason.HARD_BOUNCE, "does not exist"), (Suppression.Reason.COMPLAINT, "marked as spam")],
)
def test_a_blocked_address_is_refused_in_plain_words(
    acme: Tenant, bob: Member, rita: Contact, reason: str, words: str
) -> None:
    with tenant_context(acme):
        suppress(address_norm="rita@example.org", reason=reason)
    answer = bob.post("compose", rita.pk, form=email())
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "It leaves today." in page, "nothing typed is lost"
    assert letters(acme) == 0


def test_without_an_address_it_says_so(acme: Tenant, bob: Member) -> None:
    nobody = add(acme, name="No Mail")
    answer = bob.post("compose", nobody.pk, form=email())
    assert answer.status_code == 422
    assert "no email address" in answer.content.decode()


@pytest.mark.parametrize("to", ["mallory@example.org", "rita@example.org\r\nBcc: x@example.org"])
def test_only_their_own_addresses_are_written_to(acme: Tenant, bob: Member, rita: Contact, to: str) -> None:
    assert bob.post("compose", rita.pk, form=email(to=to)).status_code == 422
    assert letters(acme) == 0


def test_merge_fields_become_the_persons_own(acme: Tenant, bob: Member, rita: Contact, catcher: RunningCatcher) -> None:
    bob.post(
        "compose", rita.pk, form=email(text='Dear {{ contact.given_name | default: "friend" }}, from {{ tenant.name }}')
    )
    send_due(acme)
    (message,) = caught(catcher)
    assert message.get_body(("plain",)).get_content().startswith("Dear Rita, from Acme")


def test_an_unknown_merge_field_is_an_error_at_the_field(acme: Tenant, bob: Member, rita: Contact) -> None:
    answer = bob.post("compose", rita.pk, form=email(text="Dear {{ contact.firstname }}"))
    assert answer.status_code == 422
    assert "There is no field “contact.firstname”. Did you mean" in answer.content.decode()
    assert letters(acme) == 0


def test_a_template_comes_before_what_was_written(acme: Tenant, bob: Member, alice: Member, rita: Contact) -> None:
    named = "{{ contact.given_name }}"
    form = {"name": "Thanks", "subject": f"Thank you, {named}", "text": f"Dear {named},"}
    assert alice.post("new_letter_template", form=form).status_code == 302
    with tenant_context(acme):
        template = LetterTemplate.objects.get()
    typed = {"kind": "note", "text": "see you soon", "template": template.pk}
    page = bob.post("compose", rita.pk, form=typed).content.decode()
    assert "Thank you, Rita" in page
    assert page.index("Dear Rita,") < page.index("see you soon")
    part = bob.post("compose", rita.pk, form=typed, htmx=True).content.decode()
    assert "Dear Rita," in part
    assert "<html" not in part


def test_a_template_with_an_unknown_field_is_not_saved(acme: Tenant, alice: Member) -> None:
    answer = alice.post("new_letter_template", form={"name": "X", "text": "{{ contact.shoe }}"})
    assert answer.status_code == 422
    assert "contact.shoe" in answer.content.decode()
    with tenant_context(acme):
        assert not LetterTemplate.objects.exists()


def test_a_draft_is_kept_while_somebody_types(acme: Tenant, bob: Member, rita: Contact) -> None:
    form = {"kind": "email", "subject": "Your lid", "text": "Half a sen"}
    kept = bob.post("keep_compose_draft", rita.pk, form=form, htmx=True)
    assert "Draft kept" in kept.content.decode()
    page = bob.get("contact_page", rita.pk).content.decode()
    assert "Half a sen" in page
    bob.post("compose", rita.pk, form=email())
    with tenant_context(acme):
        assert not ComposeDraft.objects.exists()


def test_who_may_only_look_may_not_write(vera: Member, charlie: Member, rita: Contact) -> None:
    assert vera.post("compose", rita.pk, form=email()).status_code == 403
    assert charlie.post("compose", rita.pk, form=email()).status_code == 404
    assert 'id="composer"' not in vera.get("contact_page", rita.pk).content.decode()


def test_somebody_elses_people_are_out_of_sight(acme: Tenant, sam: Member, bob: Member, alice: Member) -> None:
    hers = add(acme, name="Hers", emails=["hers@example.org"], owner=alice.user)
    bob.post("compose", hers.pk, form=email())
    with tenant_context(acme):
        sent = Letter.objects.get()
    assert sam.get("letter_page", sent.pk).status_code == 404
    assert sam.post("compose", hers.pk, form=email()).status_code == 404


def test_nobody_writes_to_the_bin(acme: Tenant, bob: Member, rita: Contact) -> None:
    with tenant_context(acme):
        bin_contact(contact=fresh(rita), by=bob.user)
    assert bob.post("compose", rita.pk, form=email()).status_code == 404
