"""The mail that confirms at once: to people, once, and never into a loop."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_string
from email.policy import default
from typing import Any

import pytest
from django.utils import timezone

from cases.models import Acknowledgement, Case, CaseMessage, CaseSettings, Handover, State
from contacts.models import Contact, Event
from ecrm.mail.inbound import services as inbound
from ecrm.notices.models import Notification
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import accept_all, arrive, back_address, mail, work
from tests.cast import Member
from tests.mail.catching import RunningCatcher


@pytest.fixture
def confirming(acme: Tenant) -> Tenant:
    with tenant_context(acme):
        CaseSettings(is_acknowledging=True).save()
    return acme


def caught(catcher: RunningCatcher) -> list[Any]:
    return [message_from_string(each["raw"], policy=default) for each in catcher.messages()]


def confirmed(tenant: Tenant) -> list[str]:
    with tenant_context(tenant):
        return list(Handover.objects.order_by("pk").values_list("recipient", flat=True))


def test_nothing_is_confirmed_unasked(acme: Tenant, catcher: RunningCatcher) -> None:
    arrive(acme, mail())
    assert confirmed(acme) == []


def test_it_says_so_at_once_and_that_it_is_a_machine(confirming: Tenant, bob: Member, catcher: RunningCatcher) -> None:
    arrive(confirming, mail(message_id="asked@example.org"))
    work(confirming)
    (message,) = caught(catcher)
    assert (message["To"], message["Subject"]) == ("Rita Reader <rita@example.org>", "Auto: Lid arrived chipped")
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == "<asked@example.org>"
    assert catcher.messages()[0]["sender"] == ""
    with tenant_context(confirming):
        case = Case.objects.get()
        assert back_address(case) in message["Reply-To"]
        assert f"has the number {case.number}" in message.get_body(("plain",)).get_content()
        assert (case.state, case.first_reply_at) == (State.NEW, None)
        assert case.waiting_since is not None
        assert not Event.objects.filter(name="case.answered").exists()
    shown = bob.get("case_page", case.pk).content.decode()
    assert "automatic" in shown
    assert "The lid of my jug" in bob.get("cases").content.decode(), "the list shows what the person said"


AUTOMATIC: dict[str, dict[str, Any]] = {
    "a reply of a machine": {"Auto_Submitted": "auto-replied"},
    "a list": {"List_Id": "<news.example.org>"},
    "bulk": {"Precedence": "bulk"},
    "out of office": {"subject": "Out of office: back on Monday"},
    "nobody reads there": {"sender": "Shop <no-reply@shop.example>"},
    "a mail system": {"sender": "MAILER-DAEMON@example.org"},
    "our own sender": {"sender": "Acme <hello@acme.example>"},
    "another of our addresses": {"sender": "support.globex@in.localhost"},
}


@pytest.mark.parametrize("why", AUTOMATIC)
def test_machines_get_no_answer(confirming: Tenant, why: str) -> None:
    arrive(confirming, mail(**AUTOMATIC[why]))
    assert confirmed(confirming) == []


def test_what_has_no_return_path_gets_no_answer(confirming: Tenant) -> None:
    arrive(confirming, mail(), sender="")
    assert confirmed(confirming) == []


def test_each_sender_once_an_hour(confirming: Tenant) -> None:
    arrive(confirming, mail())
    arrive(confirming, mail("And the cup?", subject="Cup"))
    assert confirmed(confirming) == ["rita@example.org"]
    arrive(confirming, mail(sender="Leo <leo@example.org>"))
    assert confirmed(confirming) == ["rita@example.org", "leo@example.org"]
    with tenant_context(confirming):
        CaseMessage.objects.filter(is_automatic=True).update(at=timezone.now() - timedelta(hours=1, minutes=1))
    arrive(confirming, mail("And the plate?", subject="Plate"))
    assert confirmed(confirming)[2:] == ["rita@example.org"]


def test_many_that_waited_together_are_confirmed_once_each(confirming: Tenant) -> None:
    raw = [mail(f"Question {n}", sender=f"P{n} <p{n}@example.org>") for n in range(4)]
    raw += [mail("More", sender="P0 <p0@example.org>"), mail(sender="Bot <no-reply@example.org>")]
    raw += [mail(sender="List <list@example.org>", List_Id="<l.example.org>")]
    accept_all(confirming, raw)
    assert sorted(confirmed(confirming)) == [f"p{n}@example.org" for n in range(4)]


def test_a_reply_is_not_confirmed(confirming: Tenant) -> None:
    arrive(confirming, mail())
    with tenant_context(confirming):
        case = Case.objects.get()
    arrive(confirming, mail("Hello?"), to=back_address(case))
    assert len(confirmed(confirming)) == 1


def test_two_workspaces_that_confirm_write_to_each_other_once(
    confirming: Tenant, globex: Tenant, catcher: RunningCatcher
) -> None:
    """Globex's confirmation arrives at Acme, which confirms nothing a machine wrote."""
    with tenant_context(globex):
        CaseSettings(is_acknowledging=True).save()
    arrive(globex, mail(sender="Acme <desk@acme-desk.example>"))
    work(globex)
    (message,) = catcher.messages()
    inbound.accept(message["raw"].encode(), recipient="support.acme@in.localhost", sender="", channel="smtp")
    work(confirming)
    assert confirmed(confirming) == []


def test_in_the_persons_language_and_the_workspaces_words(
    confirming: Tenant, alice: Member, rita: Contact, catcher: RunningCatcher
) -> None:
    settings = {"reply_goal_hours": 24, "reopen_days": 14, "told_of_new": "everybody", "is_acknowledging": "on"}
    words = {"words_en": "Got it, {number}!", "words_pt": "Recebemos o caso {number}."}
    assert alice.post("case_settings", form=settings | words).status_code == 302
    with tenant_context(confirming):
        Contact.objects.filter(pk=rita.pk).update(language="pt")
    arrive(confirming, mail())
    arrive(confirming, mail(sender="Leo <leo@example.org>"))
    with tenant_context(confirming):
        said = list(CaseMessage.objects.filter(is_automatic=True).order_by("pk").values_list("text", flat=True))
    assert said == ["Recebemos o caso 1001.", "Got it, 1002!"]
    alice.post("case_settings", form=settings | {"words_en": "", "words_pt": "Recebemos."})
    with tenant_context(confirming):
        assert list(Acknowledgement.objects.values_list("language", "text")) == [("pt", "Recebemos.")]
    assert "Thank you for writing to us" in alice.get("case_settings").content.decode()


def test_a_confirmation_that_cannot_be_delivered_alarms_nobody(
    confirming: Tenant, bob: Member, catcher: RunningCatcher
) -> None:
    arrive(confirming, mail(sender="Gil <hardbouncer@example.org>"), sender="hardbouncer@example.org")
    work(confirming)
    with tenant_context(confirming):
        assert Handover.objects.get().state == "failed"
        assert not Notification.objects.filter(kind="case.mail_failed").exists()
