"""The answer to a letter: into the history, or into the case that is open."""

from __future__ import annotations

import pytest

from cases.models import Case, CaseMessage
from contacts.letters import refusals
from contacts.models import Contact, Letter
from ecrm.mail.posting.handovers import HandoverState
from ecrm.notices.models import Notification
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import arrive, mail
from tests.cases.test_arrive import DELIVERY_REPORT
from tests.cast import Member
from tests.contacts.conftest import told
from tests.contacts.letters.conftest import caught, handover, send_due
from tests.mail.catching import RunningCatcher


@pytest.fixture
def back(acme: Tenant, letter: Letter, catcher: RunningCatcher) -> str:
    """The letter has arrived: where Rita's mail program sends her answer."""
    send_due(acme)
    (message,) = caught(catcher)
    return message["Reply-To"].addresses[0].addr_spec


def heard(acme: Tenant) -> list[str]:
    with tenant_context(acme):
        return list(Letter.objects.filter(direction="in").order_by("pk").values_list("text", flat=True))


def test_it_joins_the_history_and_tells_its_writer(
    acme: Tenant, back: str, bob: Member, rita: Contact, letter: Letter
) -> None:
    arrive(acme, mail("Thank you!", subject="Re: Your lid"), to=back.upper())
    assert heard(acme) == ["Thank you!"]
    assert told(rita)[-1] == "letter.replied"
    with tenant_context(acme):
        assert not Case.objects.exists()
        notice = Notification.objects.get(kind="letter.replied")
    assert notice.user == bob.user
    page = bob.client.get(f"/{acme.slug}{notice.url}").content.decode()
    assert "Thank you!" in page


def test_it_joins_the_case_that_is_open(acme: Tenant, back: str, bob: Member, rita: Contact) -> None:
    arrive(acme, mail("Where is my jug?"))
    arrive(acme, mail("Thank you!", subject="Re: Your lid"), to=back)
    assert heard(acme) == []
    with tenant_context(acme):
        case = Case.objects.get()
        assert list(case.messages.order_by("pk").values_list("text", flat=True)) == ["Where is my jug?", "Thank you!"]
        notice = Notification.objects.get(kind="letter.replied", user=bob.user)
    assert "Thank you!" in bob.client.get(f"/{acme.slug}{notice.url}").content.decode()


def test_a_copy_of_the_answer_leaves_the_notice_of_the_case(acme: Tenant, back: str, bob: Member) -> None:
    arrive(acme, mail("Where is my jug?"))
    answer = mail("Thank you!", message_id="one@example.org", subject="Re: Your lid", in_reply_to="nothing@example.org")
    arrive(acme, answer, to=back)
    with tenant_context(acme):
        first = Notification.objects.get(kind="letter.replied", user=bob.user)
    arrive(acme, answer, to=back)
    with tenant_context(acme):
        again = Notification.objects.get(kind="letter.replied", user=bob.user)
    assert (again.url, again.times) == (first.url, first.times)


def test_the_same_answer_twice_is_heard_once(acme: Tenant, back: str, rita: Contact) -> None:
    answer = mail("Thank you!", message_id="one@example.org", in_reply_to="nothing@example.org")
    arrive(acme, answer, to=back)
    arrive(acme, answer, to=f"support.{acme.slug}@in.localhost")
    assert heard(acme) == ["Thank you!"]
    with tenant_context(acme):
        assert not CaseMessage.objects.exists()


def test_without_the_address_the_message_it_names_leads_back(
    acme: Tenant, back: str, letter: Letter, catcher: RunningCatcher
) -> None:
    (message,) = caught(catcher)
    arrive(acme, mail("Thank you!", in_reply_to=message["Message-ID"].strip("<>")))
    assert heard(acme) == ["Thank you!"]


def test_a_stranger_who_names_the_message_is_not_believed(
    acme: Tenant, back: str, letter: Letter, catcher: RunningCatcher
) -> None:
    (message,) = caught(catcher)
    stranger = mail("It was me", sender="Mallory <mallory@example.net>", in_reply_to=message["Message-ID"].strip("<>"))
    arrive(acme, stranger, sender="mallory@example.net")
    assert heard(acme) == []


def test_a_token_of_another_workspace_opens_nothing_here(acme: Tenant, globex: Tenant, back: str) -> None:
    local, _at, domain = back.partition("@")
    forged = f"{local[:-4]}aaaa@{domain}"
    arrive(acme, mail("It was me", sender="Mallory <mallory@example.net>"), to=forged, sender="mallory@example.net")
    assert heard(acme) == []


def test_an_automatic_answer_alarms_nobody(acme: Tenant, back: str, rita: Contact) -> None:
    arrive(acme, mail("I am away.", Auto_Submitted="auto-replied"), to=back)
    assert told(rita)[-1] == "letter.auto_replied"
    with tenant_context(acme):
        assert not Notification.objects.filter(kind="letter.replied").exists()


def test_answering_the_answer_goes_on_with_the_conversation(
    acme: Tenant, back: str, bob: Member, rita: Contact, catcher: RunningCatcher
) -> None:
    arrive(acme, mail("When?", message_id="when@example.org", subject="Re: Your lid"), to=back)
    with tenant_context(acme):
        asked = Letter.objects.get(direction="in")
    form = bob.get("compose", rita.pk, query={"follows": asked.pk}).content.decode()
    assert 'value="Re: Your lid"' in form
    bob.post(
        "compose", rita.pk,
        form={"kind": "email", "subject": "Re: Your lid", "text": "Friday.", "follows": asked.pk},
    )  # fmt: skip
    send_due(acme)
    last = caught(catcher)[-1]
    assert last["In-Reply-To"] == "<when@example.org>"
    assert len(last["References"].split()) == 2


def test_a_letter_that_comes_back_is_shown_as_not_delivered(
    acme: Tenant, back: str, bob: Member, letter: Letter, catcher: RunningCatcher
) -> None:
    (message,) = caught(catcher)
    report = DELIVERY_REPORT.replace(b"case.7@acme.example", message["Message-ID"].strip("<>").encode())
    arrive(acme, report, to=back, sender="")
    assert handover(acme).state == HandoverState.FAILED
    with tenant_context(acme):
        assert Notification.objects.get(kind="letter.failed").user == bob.user
        assert refusals.why("rita@example.org").startswith("This address does not exist")


def test_one_that_comes_back_for_a_while_blocks_nobody(
    acme: Tenant, back: str, letter: Letter, catcher: RunningCatcher
) -> None:
    (message,) = caught(catcher)
    full = DELIVERY_REPORT.replace(b"5.1.1 No such user", b"5.2.2 Mailbox full").replace(b"5.1.1", b"5.2.2")
    arrive(acme, full.replace(b"case.7@acme.example", message["Message-ID"].strip("<>").encode()), to=back, sender="")
    with tenant_context(acme):
        assert handover(acme).state == HandoverState.FAILED
        assert refusals.why("rita@example.org") == ""
