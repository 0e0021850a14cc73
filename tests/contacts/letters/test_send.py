"""How a letter leaves: once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable

from consent.models import Suppression
from consent.suppression import suppress
from contacts.letters import sending, writing
from contacts.models import Contact, Letter, LetterHandover
from ecrm.jobs.outbox import enqueue
from ecrm.mail.posting.handovers import HandoverState
from ecrm.notices.models import Notification
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import work
from tests.cast import Member
from tests.contacts.conftest import told
from tests.contacts.letters.conftest import caught, forget, handover, send_due
from tests.mail.catching import RunningCatcher

Start = Callable[..., RunningCatcher]


def test_it_comes_from_the_colleague_with_their_signature(
    acme: Tenant, rita: Contact, bob: Member, catcher: RunningCatcher
) -> None:
    with tenant_context(acme):
        writing.set_signature(text="Bob\nRua das Flores 12", by=bob.user)
        writing.write_letter(contact=rita, subject="Your lid", text="A **new** lid.", by=bob.user)
    send_due(acme)
    (message,) = caught(catcher)
    assert (message["To"], message["From"]) == ("Rita Reader <rita@example.org>", '"Bob, Acme" <hello@acme.example>')
    assert message["Subject"] == "Your lid"
    assert message["In-Reply-To"] is None
    assert message["Reply-To"].addresses[0].addr_spec.startswith("reply+")
    plain = message.get_body(("plain",)).get_content()
    assert plain.startswith("A **new** lid.")
    assert "Rua das Flores 12" in plain
    assert "<strong>new</strong>" in message.get_body(("html",)).get_content()
    assert "letter.sent" in told(rita)


def test_nothing_leaves_before_the_seconds_for_an_undo_are_over(
    acme: Tenant, letter: Letter, rita: Contact, catcher: RunningCatcher
) -> None:
    work(acme)
    assert caught(catcher) == []
    assert "letter.sent" not in told(rita)


def test_a_follow_up_is_threaded(acme: Tenant, letter: Letter, bob: Member, catcher: RunningCatcher) -> None:
    send_due(acme)
    with tenant_context(acme):
        first = Letter.objects.get(pk=letter.pk)
        writing.write_letter(contact=first.contact, subject="Re: Your lid", text="It fits?", by=bob.user, follows=first)
    send_due(acme)
    before, after = caught(catcher)
    assert after["In-Reply-To"] == after["References"] == before["Message-ID"]
    assert after["Message-ID"] != before["Message-ID"]


def test_run_twice_it_is_sent_once(acme: Tenant, letter: Letter, catcher: RunningCatcher) -> None:
    send_due(acme)
    with bind_tenant(acme):
        sending.send(letter.pk)
    assert len(caught(catcher)) == 1


def test_a_worker_that_died_after_handing_over_sends_nothing_twice(
    acme: Tenant, letter: Letter, rita: Contact, catcher: RunningCatcher
) -> None:
    send_due(acme)
    with tenant_context(acme):
        enqueue("letters.send", letter_id=letter.pk)
    forget(acme)
    work(acme)
    assert len(caught(catcher)) == 1
    assert handover(acme).state == HandoverState.SENT
    assert told(rita).count("letter.sent") == 1


def test_a_worker_that_died_before_handing_over_leaves_it_to_the_next(
    acme: Tenant, letter: Letter, catcher: RunningCatcher
) -> None:
    forget(acme)
    work(acme)
    assert len(caught(catcher)) == 1
    assert handover(acme).state == HandoverState.SENT


def test_a_connection_lost_after_the_content_is_asked_about(acme: Tenant, letter: Letter, start_catcher: Start) -> None:
    """The relay took it and hung up: it is found in the relay's log, not sent again."""
    catcher = start_catcher(drop_after_data=1.0)
    send_due(acme)
    assert handover(acme).state == HandoverState.SENDING
    forget(acme)
    work(acme)
    assert handover(acme).state == HandoverState.SENT
    assert len(catcher.delivered_to()) == 1


def test_an_address_blocked_meanwhile_gets_nothing_and_its_writer_hears_of_it(
    acme: Tenant, letter: Letter, bob: Member, rita: Contact, catcher: RunningCatcher
) -> None:
    with tenant_context(acme):
        suppress(address_norm="rita@example.org", reason=Suppression.Reason.COMPLAINT)
    send_due(acme)
    assert caught(catcher) == []
    assert handover(acme).state == HandoverState.FAILED
    with tenant_context(acme):
        assert Notification.objects.get(kind="letter.failed").user == bob.user
    page = bob.get("contact_page", rita.pk).content.decode()
    assert "marked as spam" in page
    assert "Send again" in page


def test_a_person_may_send_what_failed_again(
    acme: Tenant, bob: Member, letter: Letter, catcher: RunningCatcher
) -> None:
    with tenant_context(acme):
        LetterHandover.objects.update(state="failed", attempts=8)
    bob.post("send_letter_again", letter.pk)
    send_due(acme)
    assert len(caught(catcher)) == 1
    bob.post("send_letter_again", letter.pk)
    send_due(acme)
    assert len(caught(catcher)) == 1, "what was sent is not sent again"
