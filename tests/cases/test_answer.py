"""Answering, noting, drafting, taking back: what a member sees and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cases import services
from cases.models import Case, CaseDraft, CaseMessage, Handover, State
from contacts.models import Contact, Event
from ecrm.audit.models import AuditEntry
from ecrm.notices.models import Notification
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import arrive, back_address, mail, send_due
from tests.cast import Member


def page(member: Member, case: Case) -> str:
    return member.get("case_page", case.pk).content.decode()


def answer(member: Member, case: Case, text: str = "A new lid is on its way.", **more: Any) -> Any:
    return member.post("answer_case", case.pk, form={"text": text, "kind": "reply", **more})


def test_bob_answers(acme: Tenant, bob: Member, case: Case) -> None:
    response = answer(bob, case, then="on_customer")
    assert response.status_code == 302
    with tenant_context(acme):
        case.refresh_from_db()
        assert (case.state, case.waiting_since) == (State.ON_CUSTOMER, None)
        assert case.first_reply_at is not None
        assert Handover.objects.get().recipient == "rita@example.org"
        assert AuditEntry.objects.filter(action="case.answered", actor_id=bob.user.pk).exists()
    assert "A new lid is on its way." in page(bob, case)


def test_who_may_not_answer(vera: Member, outsider: Member, case: Case) -> None:
    assert answer(vera, case).status_code == 403
    assert answer(outsider, case).status_code == 404
    assert 'name="text"' not in page(vera, case)


def test_nothing_to_say_is_said_so(acme: Tenant, bob: Member, case: Case) -> None:
    response = answer(bob, case, text="  ")
    assert response.status_code == 422
    assert "Write something first" in response.content.decode()
    with tenant_context(acme):
        assert case.messages.count() == 1


def test_what_others_said_meanwhile_is_shown_before_sending(
    acme: Tenant, alice: Member, bob: Member, case: Case
) -> None:
    with tenant_context(acme):
        seen = case.messages.get().pk
    answer(alice, case, text="Alice was first.", seen=seen)
    response = answer(bob, case, text="Bob was second.", seen=seen)
    words = response.content.decode()
    assert response.status_code == 422
    assert "Alice was first." in words
    assert "Bob was second." in words
    with tenant_context(acme):
        assert case.messages.filter(text__contains="Bob").count() == 0
        newest = CaseMessage.objects.latest("pk").pk
    assert f'name="seen" value="{newest}"' in words
    assert answer(bob, case, text="Bob was second.", seen=newest).status_code == 302


def test_an_answer_can_be_taken_back_until_it_leaves(acme: Tenant, bob: Member, case: Case) -> None:
    answer(bob, case, text="Oops.")
    with tenant_context(acme):
        said = case.messages.get(direction="out")
    bob.post("take_back_answer", said.pk)
    with tenant_context(acme):
        case.refresh_from_db()
        assert (case.state, case.first_reply_at) == (State.NEW, None)
        assert case.waiting_since == case.opened_at
        assert case.messages.count() == 1
        assert CaseDraft.objects.get().text == "Oops."
        assert not Event.objects.filter(name="case.answered").exists()
    assert "Oops." in page(bob, case)


def test_taking_back_what_solved_the_case_opens_it_again(acme: Tenant, bob: Member, case: Case) -> None:
    answer(bob, case, then="solved")
    with tenant_context(acme):
        assert case.refreshed().state == State.SOLVED
        said = case.messages.get(direction="out")
    bob.post("take_back_answer", said.pk)
    with tenant_context(acme):
        assert (case.refreshed().state, case.solved_at) == (State.NEW, None)


def test_an_answer_that_left_cannot_be_taken_back(acme: Tenant, bob: Member, case: Case, catcher: Any) -> None:
    answer(bob, case)
    send_due(acme)
    with tenant_context(acme):
        said = case.messages.get(direction="out")
    bob.post("take_back_answer", said.pk)
    with tenant_context(acme):
        assert case.messages.filter(pk=said.pk).exists()


def test_nobody_takes_back_the_answer_of_another(acme: Tenant, alice: Member, bob: Member, case: Case) -> None:
    answer(bob, case)
    with tenant_context(acme):
        said = case.messages.get(direction="out")
    alice.post("take_back_answer", said.pk)
    with tenant_context(acme):
        assert case.messages.filter(pk=said.pk).exists()


def test_a_draft_is_each_members_own_and_goes_with_the_answer(
    acme: Tenant, alice: Member, bob: Member, case: Case
) -> None:
    bob.post("keep_case_draft", case.pk, form={"text": "We will", "kind": "reply"}, htmx=True)
    assert "We will" in page(bob, case)
    assert "We will" not in page(alice, case)
    assert "Bob is writing an answer" in page(alice, case)
    answer(bob, case, text="We will send one.")
    with tenant_context(acme):
        assert not CaseDraft.objects.exists()


def test_an_emptied_draft_is_forgotten(acme: Tenant, bob: Member, case: Case) -> None:
    bob.post("keep_case_draft", case.pk, form={"text": "We will"})
    bob.post("keep_case_draft", case.pk, form={"text": " "})
    with tenant_context(acme):
        assert not CaseDraft.objects.exists()


def test_a_note_stays_inside_and_tells_whom_it_names(acme: Tenant, alice: Member, bob: Member, case: Case) -> None:
    bob.post("answer_case", case.pk, form={"text": "@Alice third lid this week", "kind": "note"})
    with tenant_context(acme):
        assert not Handover.objects.exists()
        assert case.refreshed().state == State.NEW
        assert case.messages.latest("pk").direction == "note"
        told = Notification.objects.get(kind="case.mentioned")
        assert (told.user, told.sentence) == (alice.user, "Bob mentioned you")
    assert "private note" in page(alice, case)


@pytest.mark.parametrize("words", ["@mara", '@"Mara Marketer"', "write to mara@example.com", "@nobody"])
def test_who_a_mention_means(acme: Tenant, bob: Member, mara: Member, case: Case, words: str) -> None:
    with tenant_context(acme):
        services.write_note(case=case, text=words, by=bob.user)
        told = Notification.objects.filter(kind="case.mentioned", user=mara.user).count()
    assert told == (1 if words == "@mara" else 0)


def test_files_travel_with_the_answer(acme: Tenant, bob: Member, case: Case, catcher: Any) -> None:
    upload = SimpleUploadedFile("label.pdf", b"%PDF-1.4 label", "application/pdf")
    answer(bob, case, attachments=[upload])
    send_due(acme)
    (caught,) = catcher.messages()
    assert "label.pdf" in caught["raw"]
    assert "label.pdf" in page(bob, case)


def test_too_many_bytes_are_refused_with_the_words_kept(bob: Member, case: Case, monkeypatch: Any) -> None:
    monkeypatch.setattr("ecrm.files.forms.MOST_BYTES", 10)
    upload = SimpleUploadedFile("big.bin", b"x" * 11)
    response = answer(bob, case, text="Here it is.", attachments=[upload])
    assert response.status_code == 422
    assert "too much for one mail" in response.content.decode()
    assert "Here it is." in response.content.decode()


def test_a_closed_case_takes_no_answer(acme: Tenant, bob: Member, case: Case) -> None:
    bob.post("close_case", case.pk)
    response = answer(bob, case)
    assert response.status_code == 422
    assert 'id="composer"' not in page(bob, case)


def test_without_an_address_the_answer_is_only_written_down(acme: Tenant, bob: Member) -> None:
    with tenant_context(acme):
        case = services.open_case(contact=None, subject="A call", channel="phone", by=bob.user)
    answer(bob, case, text="Called back.")
    with tenant_context(acme):
        assert not Handover.objects.exists()
        assert case.refreshed().first_reply_at is not None


def test_the_answer_goes_to_the_customer_unless_a_guest_is_chosen(acme: Tenant, bob: Member, case: Case) -> None:
    arrive(acme, mail("I am her husband.", sender="leo@example.org"), to=back_address(case))
    answer(bob, case)
    answer(bob, case, text="To you both.", to="LEO@example.org")
    refused = answer(bob, case, text="To a stranger.", to="sly@example.org")
    assert refused.status_code == 422
    assert "takes no part" in refused.content.decode()
    with tenant_context(acme):
        written = list(Handover.objects.order_by("id").values_list("recipient", flat=True))
    assert written == ["rita@example.org", "leo@example.org"]


def test_the_history_tells_of_the_answer_once_it_has_left(
    acme: Tenant, alice: Member, bob: Member, case: Case, rita: Contact, catcher: Any
) -> None:
    answer(bob, case)
    told = alice.get("contact_page", rita.pk).content.decode()
    assert "Got an answer to case 1001" not in told
    send_due(acme)
    told = alice.get("contact_page", rita.pk).content.decode()
    assert "Got an answer to case 1001" in told
    assert "Opened case 1001" in told
