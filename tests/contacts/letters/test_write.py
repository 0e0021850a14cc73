"""Writing to one person from their page."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from consent.models import Suppression
from consent.suppression import suppress
from contacts import services as contacts
from contacts.models import ComposeDraft, Contact, Letter, LetterSignature, LetterTemplate
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


def test_a_note_begun_since_does_not_go_out_with_the_email(acme: Tenant, bob: Member, rita: Contact) -> None:
    bob.post("compose", rita.pk, form=email())
    with tenant_context(acme):
        sent = Letter.objects.get()
    bob.post("take_back_letter", sent.pk, form={"kind": "note", "subject": "", "text": "Pays late."})
    back = bob.get("compose", rita.pk).context["desk"].draft["text"]
    refused = bob.post("compose", rita.pk, form=email(text=back))
    assert refused.status_code == 422
    assert refused.context["form"].errors["text"] == ["Take out what was not meant for this person first."]
    assert letters(acme) == 0
    assert bob.post("compose", rita.pk, form={"kind": "note", "text": back}).status_code == 302


def test_long_words_are_cut_by_no_undo(acme: Tenant, bob: Member, rita: Contact) -> None:
    long, more = "a" * 99_990, "b" * 99_990
    bob.post("compose", rita.pk, form=email(text=long))
    with tenant_context(acme):
        sent = Letter.objects.get()
    bob.post("take_back_letter", sent.pk, form=email(text=more))
    back = bob.get("compose", rita.pk).context["desk"].draft["text"]
    bob.post("keep_compose_draft", rita.pk, form=email(text=back), htmx=True)
    assert bob.get("compose", rita.pk).context["desk"].draft["text"] == f"{long}\n\n{more}"


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


def template(acme: Tenant, name: str, text: str, language: str = "") -> LetterTemplate:
    with tenant_context(acme):
        made: LetterTemplate = LetterTemplate.objects.create(name=name, subject=name, text=text, language=language)
        return made


def test_what_a_person_reads_comes_first(acme: Tenant, bob: Member, rita: Contact) -> None:
    for name, language in (("Thanks", ""), ("Thanks", "pt"), ("Absence", "pl"), ("Zebra", "")):
        template(acme, name, f"{name} {language}", language)
    with tenant_context(acme):
        contacts.edit_contact(contact=rita, by=bob.user, language="pt")
    offered = bob.get("compose", rita.pk).context["desk"].templates
    assert [(one.name, one.language) for one in offered] == [("Thanks", ""), ("Zebra", ""), ("Absence", "Polish")]
    filled = bob.post("compose", rita.pk, form={"template": offered[0].pk}).context["typed"]
    assert filled["text"] == "Thanks pt"


def test_one_name_has_one_text_in_each_language(acme: Tenant, alice: Member) -> None:
    form = {"name": "Thanks", "subject": "", "text": "Obrigado", "language": "pt"}
    assert alice.post("new_letter_template", form=form).status_code == 302
    assert alice.post("new_letter_template", form={**form, "language": "pl"}).status_code == 302
    again = alice.post("new_letter_template", form=form)
    assert again.status_code == 422
    assert "There is a template of this name in this language." in again.content.decode()


def test_an_empty_value_is_said_before_it_is_sent(acme: Tenant, bob: Member, rita: Contact) -> None:
    text = 'Dear {{ contact.given_name }} of {{ contact.city }}{{ contact.company | default: "" }}'
    chosen = template(acme, "Visit", text)
    page = bob.post("compose", rita.pk, form={"template": chosen.pk})
    assert page.context["typed"]["text"] == "Dear Rita of {{ contact.city }}"
    words = "Rita Reader has no “"
    assert words in page.content.decode()
    refused = bob.post("compose", rita.pk, form=email(text=page.context["typed"]["text"]))
    assert refused.status_code == 422
    assert words in refused.content.decode()
    assert (
        bob.post(
            "compose", rita.pk, form=email(text="Dear Rita of {% if contact.city %}{{ contact.city }}{% endif %}")
        ).status_code
        == 302
    )


def test_a_template_whose_field_is_gone_still_opens(acme: Tenant, bob: Member, rita: Contact) -> None:
    chosen = template(acme, "Old", "Dear {{ contact.own.gone }}")
    page = bob.post("compose", rita.pk, form={"template": chosen.pk})
    assert page.status_code == 200
    assert page.context["typed"]["text"] == "Dear {{ contact.own.gone }}"
    assert page.context["wrong"]


def test_marks_are_right_in_both_parts(acme: Tenant, bob: Member, rita: Contact, catcher: RunningCatcher) -> None:
    bob.post("signature", form={"text": "Bob, [Acme](https://acme.example)"})
    text = "**Two** steps:\n\n1. Open [the lid](https://acme.example/lid?a=1&b=2)\n2. Close <it>"
    assert bob.post("compose", rita.pk, form=email(text=text)).status_code == 302
    send_due(acme)
    (mail,) = caught(catcher)
    html = mail.get_body(("html",)).get_content()
    assert "<strong>Two</strong>" in html
    assert '<ol><li>Open <a href="https://acme.example/lid?a=1&amp;b=2"' in html
    assert "<li>Close &lt;it&gt;</li></ol>" in html
    plain = mail.get_body(("plain",)).get_content()
    assert "Open the lid (https://acme.example/lid?a=1&b=2)" in plain
    assert "Bob, Acme (https://acme.example)" in plain


def test_a_signature_shows_as_people_will_see_it(acme: Tenant, bob: Member) -> None:
    shown = bob.post("preview_signature", form={"text": "**Bob** <b>x</b>"}).content.decode()
    assert "<strong>Bob</strong> &lt;b&gt;x&lt;/b&gt;" in shown
    with tenant_context(acme):
        assert not LetterSignature.objects.exists()
