"""How an answer leaves: once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from django.utils import timezone

from cases import services
from cases.models import Case, CaseMessage, CaseSettings, Handover, HandoverState
from ecrm.jobs.models import OutboxEntry
from ecrm.mail.models import InboundAddress, SendingIdentity
from ecrm.notices.models import Notification
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import arrive, back_address, mail, send_due, work
from tests.cast import Member
from tests.mail.catching import RunningCatcher

Start = Callable[..., RunningCatcher]


@pytest.fixture
def said(acme: Tenant, case: Case, bob: Member) -> CaseMessage:
    """Bob's answer, its seconds for an undo not yet over."""
    with tenant_context(acme):
        return services.answer_case(case=case, text="A **new** lid is on its way.", by=bob.user)


def handover(acme: Tenant) -> Handover:
    with tenant_context(acme):
        return Handover.objects.get()


def caught(catcher: RunningCatcher) -> list[Any]:
    return [message_from_string(each["raw"], policy=default) for each in catcher.messages()]


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return part.get_content()


def forget(acme: Tenant) -> None:
    """As when a worker died a while ago: its lease is over, the outbox comes again."""
    with tenant_context(acme):
        Handover.objects.update(state="sending", intended_at=timezone.now() - timedelta(minutes=10))
        OutboxEntry.objects.update(due_at=timezone.now() - timedelta(minutes=1), leased_until=None)


def test_it_carries_what_mail_programs_thread_by(
    acme: Tenant, said: CaseMessage, case: Case, catcher: RunningCatcher
) -> None:
    with tenant_context(acme):
        CaseSettings(signature="Your Acme\nRua das Flores 12").save()
    send_due(acme)
    (message,) = caught(catcher)
    assert handover(acme).state == HandoverState.SENT
    assert (message["To"], message["From"]) == ("Rita Reader <rita@example.org>", '"Bob, Acme" <hello@acme.example>')
    assert message["Subject"] == "Re: Lid arrived chipped"
    with tenant_context(acme):
        asked = case.messages.order_by("id").first().message_id
    assert message["In-Reply-To"] == message["References"] == f"<{asked}>"
    assert back_address(case) in message["Reply-To"]
    assert body(message, "plain").startswith("A **new** lid is on its way.")
    assert "Rua das Flores 12" in body(message, "plain")
    assert "<strong>new</strong>" in body(message, "html")


def test_the_customers_reply_to_it_joins_the_case(
    acme: Tenant, said: CaseMessage, case: Case, catcher: RunningCatcher
) -> None:
    send_due(acme)
    (message,) = caught(catcher)
    back = message["Reply-To"].addresses[0].addr_spec
    arrive(acme, mail("Thank you!", in_reply_to=message["Message-ID"].strip("<>")), to=back.upper())
    with tenant_context(acme):
        assert case.messages.latest("pk").text == "Thank you!"
        assert Case.objects.count() == 1


def test_nothing_leaves_before_the_seconds_for_an_undo_are_over(
    acme: Tenant, said: CaseMessage, catcher: RunningCatcher
) -> None:
    work(acme)
    assert caught(catcher) == []
    assert handover(acme).state == HandoverState.WAITING


def test_run_twice_it_is_sent_once(acme: Tenant, said: CaseMessage, catcher: RunningCatcher) -> None:
    from cases.sending import post
    from ecrm.tenancy.context import bind_tenant

    send_due(acme)
    with bind_tenant(acme):
        post.send(said.pk)
    assert len(caught(catcher)) == 1


def test_a_relay_out_of_reach_is_asked_again_later(acme: Tenant, said: CaseMessage, settings: Any) -> None:
    settings.RELAY_URL = "smtp://127.0.0.1:1?timeout=1"
    send_due(acme)
    waiting = handover(acme)
    assert (waiting.state, waiting.attempts) == (HandoverState.WAITING, 1)
    assert waiting.due_at > timezone.now()
    with tenant_context(acme):
        assert OutboxEntry.objects.filter(task="cases.send").count() == 1


def test_a_refusal_is_shown_and_its_writer_told(acme: Tenant, bob: Member, catcher: RunningCatcher) -> None:
    arrive(acme, mail(sender="Gil <bounce@example.org>"), sender="bounce@example.org")
    with tenant_context(acme):
        case = Case.objects.get()
        services.answer_case(case=case, text="Hello Gil", by=bob.user)
    send_due(acme)
    failed = handover(acme)
    assert (failed.state, failed.reply_code) == (HandoverState.FAILED, 550)
    with tenant_context(acme):
        assert Notification.objects.get(kind="case.mail_failed").user == bob.user
    shown = bob.get("case_page", case.pk).content.decode()
    assert "No such mailbox here" in shown
    assert "Send again" in shown


def test_a_person_may_send_what_failed_again(
    acme: Tenant, bob: Member, said: CaseMessage, start_catcher: Start
) -> None:
    with tenant_context(acme):
        Handover.objects.update(state="failed", attempts=8)
    bob.post("send_answer_again", said.pk)
    catcher = start_catcher()
    send_due(acme)
    assert len(caught(catcher)) == 1
    bob.post("send_answer_again", said.pk)
    send_due(acme)
    assert len(caught(catcher)) == 1, "what was sent is not sent again"


def test_a_worker_that_died_after_handing_over_sends_nothing_twice(
    acme: Tenant, said: CaseMessage, start_catcher: Start
) -> None:
    catcher = start_catcher()
    send_due(acme)
    with tenant_context(acme):
        from ecrm.jobs.outbox import enqueue

        enqueue("cases.send", message_id=said.pk)
    forget(acme)
    work(acme)
    assert len(caught(catcher)) == 1
    assert handover(acme).state == HandoverState.SENT


def test_a_worker_that_died_before_handing_over_leaves_it_to_the_next(
    acme: Tenant, said: CaseMessage, start_catcher: Start
) -> None:
    catcher = start_catcher()
    forget(acme)
    work(acme)
    assert len(caught(catcher)) == 1
    assert handover(acme).state == HandoverState.SENT


def test_a_connection_lost_after_the_content_is_asked_about(
    acme: Tenant, said: CaseMessage, start_catcher: Start
) -> None:
    """The relay took it and hung up: it is found in the relay's log, not sent again."""
    catcher = start_catcher(drop_after_data=1.0)
    send_due(acme)
    assert handover(acme).state == HandoverState.SENDING
    forget(acme)
    work(acme)
    assert handover(acme).state == HandoverState.SENT
    assert len(catcher.delivered_to()) == 1


def test_what_nobody_can_know_is_left_to_a_person(
    acme: Tenant, bob: Member, case: Case, said: CaseMessage, start_catcher: Start, settings: Any
) -> None:
    catcher = start_catcher(drop_after_data=1.0)
    settings.RELAY_URL = settings.RELAY_URL.replace("reconcile=log", "reconcile=none")
    send_due(acme)
    assert handover(acme).state == HandoverState.UNKNOWN
    assert "Not known whether it was sent" in bob.get("case_page", case.pk).content.decode()
    forget(acme)
    with tenant_context(acme):
        Handover.objects.update(state="unknown")
    work(acme)
    assert len(catcher.delivered_to()) == 1, "nobody is written to twice"


def test_without_a_sender_the_address_written_to_answers(
    acme: Tenant, said: CaseMessage, catcher: RunningCatcher
) -> None:
    with tenant_context(acme):
        SendingIdentity.objects.all().delete()
    send_due(acme)
    (message,) = caught(catcher)
    assert message["From"] == '"Bob, Acme" <support.acme@in.localhost>'
    assert handover(acme).state == HandoverState.SENT


def test_without_either_it_says_so(acme: Tenant, said: CaseMessage, catcher: RunningCatcher) -> None:
    with tenant_context(acme):
        SendingIdentity.objects.all().delete()
        InboundAddress.objects.update(closed_at=timezone.now())
    send_due(acme)
    assert handover(acme).state == HandoverState.FAILED
    assert caught(catcher) == []


def test_hostile_ids_cannot_break_the_header(acme: Tenant, bob: Member, catcher: RunningCatcher) -> None:
    arrive(acme, mail(message_id="x" * 400 + "@evil.example"))
    with tenant_context(acme):
        case = Case.objects.get()
        case.messages.update(message_id="a@b>\r\nBcc: all@acme.example\r\n<c")
        services.answer_case(case=case, text="Hello", by=bob.user)
    send_due(acme)
    (message,) = caught(catcher)
    assert message["Bcc"] is None
    assert message["In-Reply-To"] is None
