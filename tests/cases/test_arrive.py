"""Mail becomes cases: whose it is, where it belongs, and what must never join."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import search, services
from cases.inbound.threading import reply_token
from cases.models import Case, CaseMessage, Doubt, State
from consent.models import ConsentState
from contacts.models import Contact, Event
from contacts.services import create_contact
from ecrm.audit.models import AuditEntry
from ecrm.jobs import outbox
from ecrm.mail.inbound.addresses import open_address, reply_address
from ecrm.notices.models import Notification
from ecrm.tenancy import tokens
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import accept_all, arrive, back_address, mail, work
from tests.cast import Member


def event_names(contact: Contact) -> list[str]:
    return list(Event.objects.filter(contact_id=contact.pk).order_by("id").values_list("name", flat=True))


def test_a_stranger_becomes_a_contact_with_a_case(acme: Tenant) -> None:
    arrive(acme, mail())
    with tenant_context(acme):
        case = Case.objects.get()
        assert (case.subject, case.state, case.contact.name) == ("Lid arrived chipped", State.NEW, "Rita Reader")
        assert case.waiting_since == case.opened_at
        assert "chipped" in case.messages.get().text
        assert case.contact.source == "email"
        assert event_names(case.contact) == ["contact.created", "case.opened"]
        # Who writes to us has agreed to nothing.
        assert not ConsentState.objects.filter(contact=case.contact).exists()


def test_a_known_address_finds_its_person(acme: Tenant, rita: Contact) -> None:
    arrive(acme, mail(sender="R. <RITA@Example.org>"))
    with tenant_context(acme):
        assert Case.objects.get().contact == rita
        assert Contact.objects.count() == 1


def test_numbers_count_up_in_each_workspace(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, acme, globex):
        arrive(tenant, mail(), to=f"support.{tenant.slug}@in.localhost")
    numbers = {}
    for tenant in (acme, globex):
        with tenant_context(tenant):
            numbers[tenant.slug] = list(Case.objects.order_by("number").values_list("number", flat=True))
    assert numbers == {"acme": [1001, 1002], "globex": [1001]}


def test_files_are_kept_and_can_be_downloaded(acme: Tenant, alice: Member, rita: Contact) -> None:
    arrive(acme, mail(files=[("lid.png", "image/png", b"\x89PNG not really")]))
    with tenant_context(acme):
        kept = CaseMessage.objects.get().files.get().file
    assert (kept.name, kept.content_type) == ("lid.png", "image/png")
    assert b"".join(alice.get("file", kept.pk)) == b"\x89PNG not really"


def test_the_reply_address_joins_whoever_uses_it(acme: Tenant, case: Case) -> None:
    arrive(acme, mail("It is the blue one.", subject="something else"), to=back_address(case))
    arrive(
        acme,
        mail("I am her husband.", sender="Leo <leo@example.org>"),
        to=back_address(case),
        sender="leo@example.org",
    )
    with tenant_context(acme):
        texts = list(case.messages.order_by("id").values_list("text", flat=True))
        assert [text.strip() for text in texts[1:]] == ["It is the blue one.", "I am her husband."]
        assert Case.objects.count() == 1


def test_an_answer_that_names_our_message_joins_for_those_who_take_part(
    acme: Tenant, solved: Case, alice: Member
) -> None:
    with tenant_context(acme):
        ours = CaseMessage.objects.get(direction="out")
        CaseMessage.objects.filter(pk=ours.pk).update(message_id="case.1@acme.example")
        create_contact(by=None, name="Sly", emails=["sly@example.org"])
    arrive(acme, mail("Thank you!", in_reply_to="case.1@acme.example"))
    arrive(
        acme,
        mail("Give me her address.", sender="sly@example.org", in_reply_to="case.1@acme.example"),
        sender="sly@example.org",
    )
    with tenant_context(acme):
        assert "Thank you" in solved.messages.order_by("-id").first().text
        stranger = Case.objects.exclude(pk=solved.pk).get()
        assert stranger.contact.name == "Sly"
        assert stranger.messages.get().doubt == Doubt.OTHER_SENDER
    assert "somebody else" in alice.get("case_page", stranger.pk).content.decode()


def test_a_sender_who_failed_dmarc_does_not_join_by_reference(acme: Tenant, case: Case, settings: Any) -> None:
    """Only what our own front door stamped is believed; a forged stamp changes nothing either way."""
    from cases.inbound.threading import place_of
    from ecrm.mail.inbound.letter import Letter, Mailbox

    with tenant_context(acme):
        ours = case.messages.get()
        letter = {"sender": Mailbox("Rita", "rita@example.org"), "in_reply_to": ours.message_id}
        believed = place_of(Letter(**letter, authentication={"dmarc": "pass"}), at=timezone.now())
        refused = place_of(Letter(**letter, authentication={"dmarc": "fail"}), at=timezone.now())
    assert believed.case == case
    assert (refused.case, refused.doubt) == (None, Doubt.OTHER_SENDER)


def test_the_same_subject_joins_nothing(acme: Tenant, case: Case) -> None:
    arrive(acme, mail("Another question.", subject=f"Re: {case.subject}"))
    with tenant_context(acme):
        assert Case.objects.count() == 2


def forged(case: Case) -> dict[str, str]:
    """Reply tokens that are not ours to join by."""
    good = reply_token(case)
    return {
        "another number": good[:-8] + "AAAAAAAA",
        "another kind": tokens.make("delivery", case.pk),
        "no case": tokens.make("case", case.pk + 999),
    }


@pytest.mark.parametrize("how", ["another number", "another kind", "no case"])
def test_a_forged_reply_address_opens_a_case_of_its_own(acme: Tenant, case: Case, how: str) -> None:
    with tenant_context(acme):
        address = reply_address(forged(case)[how])
    arrive(acme, mail("Let me in."), to=address)
    with tenant_context(acme):
        assert case.messages.count() == 1
        assert Case.objects.exclude(pk=case.pk).get().messages.get().doubt == Doubt.FORGED_TOKEN


def test_mail_finds_no_case_of_another_tenant(acme: Tenant, globex: Tenant, case: Case) -> None:
    """By token or by Message-ID: what is Acme's stays Acme's."""
    with tenant_context(acme):
        theirs = case.messages.get().message_id
    arrive(globex, mail("Hello", in_reply_to=theirs), to="support.globex@in.localhost")
    with tenant_context(globex):
        assert Case.objects.get().messages.get().doubt == Doubt.UNKNOWN_REFERENCE
        at_globex = Case.objects.get()
    with tenant_context(globex):
        crossed = tokens.make("case", case.pk)
    arrive(globex, mail("Again"), to=reply_address(crossed))
    with tenant_context(globex):
        assert at_globex.messages.count() + Case.objects.count() >= 2
    with tenant_context(acme):
        assert case.messages.count() == 1
        assert Case.objects.count() == 1


def test_an_answer_reopens_what_was_solved_lately(acme: Tenant, solved: Case) -> None:
    arrive(acme, mail("It is chipped again."), to=back_address(solved))
    with tenant_context(acme):
        solved.refresh_from_db()
        assert (solved.state, solved.solved_at) == (State.ON_US, None)
        assert solved.waiting_since == solved.last_message_at
        assert event_names(solved.contact)[-2:] == ["case.replied", "case.reopened"]


def test_an_answer_long_after_opens_a_case_that_follows(acme: Tenant, solved: Case) -> None:
    with tenant_context(acme):
        Case.objects.filter(pk=solved.pk).update(solved_at=timezone.now() - timedelta(days=60))
    arrive(acme, mail("A year later, the next lid."), to=back_address(solved))
    with tenant_context(acme):
        later = Case.objects.exclude(pk=solved.pk).get()
        assert later.follows_id == solved.pk
        assert solved.refreshed().state == State.SOLVED


def test_a_closed_case_takes_nothing_in(acme: Tenant, case: Case, alice: Member) -> None:
    with tenant_context(acme):
        services.close_case(case=case, by=alice.user)
    arrive(acme, mail("Hello again"), to=back_address(case))
    with tenant_context(acme):
        assert Case.objects.exclude(pk=case.pk).get().follows_id == case.pk
        assert case.messages.count() == 1


def test_an_automatic_mail_is_noted_and_changes_nothing(acme: Tenant, case: Case, alice: Member, bob: Member) -> None:
    with tenant_context(acme):
        services.assign_case(case=case, to=bob.user, by=alice.user)
        services.answer_case(case=case, text="On its way.", by=bob.user)
        before = Notification.objects.count()
    arrive(acme, mail("I am away until Monday.", Auto_Submitted="auto-replied"), to=back_address(case))
    with tenant_context(acme):
        assert case.refreshed().state == State.ON_CUSTOMER
        assert case.messages.order_by("-id").first().is_automatic
        assert Notification.objects.count() == before


def test_the_assignee_is_told_of_a_reply(acme: Tenant, case: Case, alice: Member, bob: Member) -> None:
    with tenant_context(acme):
        services.assign_case(case=case, to=bob.user, by=alice.user)
    arrive(acme, mail("Any news?"), to=back_address(case))
    with tenant_context(acme):
        told = Notification.objects.filter(user=bob.user).order_by("id")
        assert [notice.kind for notice in told] == ["case.assigned", "case.replied"]
        assert "Rita Reader" in told[1].sentence


def test_the_same_mail_to_two_of_our_addresses_is_one_message(acme: Tenant, case: Case) -> None:
    raw = mail("Once only.", message_id="once@example.org")
    arrive(acme, raw, to=back_address(case))
    arrive(acme, raw)
    with tenant_context(acme):
        assert Case.objects.count() == 1
        assert case.messages.count() == 2


def test_taking_a_mail_in_twice_makes_one_case(acme: Tenant) -> None:
    """A worker that died after its commit: the outbox comes again."""
    kept = arrive(acme, mail())
    with tenant_context(acme):
        type(kept).objects.filter(pk=kept.pk).update(state="waiting", attempts=0)
        outbox.enqueue("mail.take_in", mail_id=kept.pk)
    arrive(acme, mail("Another."))
    with tenant_context(acme):
        assert Case.objects.count() == 2


def test_a_delivery_report_marks_the_answer_and_tells_its_writer(
    acme: Tenant, case: Case, bob: Member, alice: Member
) -> None:
    with tenant_context(acme):
        said = services.answer_case(case=case, text="On its way.", by=bob.user)
        CaseMessage.objects.filter(pk=said.pk).update(message_id="case.7@acme.example")
        said.handovers.update(state="sent")
    arrive(acme, DELIVERY_REPORT, to=back_address(case), sender="")
    with tenant_context(acme):
        handover = said.handovers.get()
        assert handover.state == "failed"
        assert case.messages.count() == 2
        assert Notification.objects.filter(user=bob.user, kind="case.mail_failed").exists()
    assert "Not sent" in alice.get("case_page", case.pk).content.decode()


def test_rubbish_still_becomes_a_case(acme: Tenant, alice: Member) -> None:
    """No subject, no usable sender: a person decides, nothing is lost."""
    arrive(acme, b"Subject: \xff\xfe\r\nFrom: nobody\r\n\r\n\x00\xfe rubbish", sender="")
    with tenant_context(acme):
        case = Case.objects.get()
        assert case.contact is None
    assert alice.get("case_page", case.pk).status_code == 200


DELIVERY_REPORT = b"""From: MAILER-DAEMON@mx.example.org\r
To: support@acme.example\r
Subject: Undelivered Mail Returned to Sender\r
Auto-Submitted: auto-replied\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
I could not deliver your message.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.org\r
\r
Final-Recipient: rfc822; rita@example.org\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 No such user\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
From: hello@acme.example\r
To: rita@example.org\r
Message-ID: <case.7@acme.example>\r
\r
--b--\r
"""


def test_mails_that_wait_together_become_cases_as_they_would_alone(acme: Tenant, rita: Contact) -> None:
    wrote = [
        mail("first", sender="Neo Newman <neo@example.org>", subject="a"),
        mail("second", sender="N. <NEO@example.org>", subject="b"),
        mail("third", subject="c", files=[("jug.txt", "text/plain", b"a jug")]),
        mail("fourth", sender="not an address", subject="d"),
    ]
    accept_all(acme, [*wrote, wrote[0].replace(b"first", b"fifth")])
    with tenant_context(acme):
        cases = {case.messages.get().text: case for case in Case.objects.order_by("number")}
        assert sorted(case.number for case in cases.values()) == [1001, 1002, 1003, 1004, 1005]
        assert cases["first"].contact == cases["second"].contact == cases["fifth"].contact
        assert cases["third"].contact == rita
        assert cases["fourth"].contact == rita  # by the envelope
        assert cases["third"].messages.get().files.get().file.name == "jug.txt"
        neo = cases["first"].contact
        assert (neo.name, neo.source) == ("Neo Newman", "email")
        assert event_names(neo) == ["contact.created", *["case.opened"] * 3]
        assert AuditEntry.objects.filter(action="contact.created", subject_id=neo.pk).count() == 1
        assert set(search.case_ids("neo")) == {cases[text].pk for text in ("first", "second", "fifth")}


def test_the_same_mail_to_two_of_our_addresses_is_one_case_together_too(acme: Tenant, alice: Member) -> None:
    with tenant_context(acme):
        open_address("help.acme@in.localhost", by=alice.user)
    raw = mail()
    accept_all(acme, [raw], to="help.acme@in.localhost", works=False)
    accept_all(acme, [raw, mail("another", message_id="other@x")])
    with tenant_context(acme):
        assert Case.objects.count() == 2


def test_many_together_cost_no_more_statements_than_two(acme: Tenant) -> None:
    arrive(acme, mail())
    costs = []
    for amount in (2, 12):
        wrote = [mail(sender=f"P <p{one}.of{amount}@example.org>") for one in range(amount)]
        accept_all(acme, wrote, works=False)
        with CaptureQueriesContext(connection) as cost:
            work(acme)
        costs.append(len(cost))
    assert costs[0] == costs[1]
