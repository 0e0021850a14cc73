"""Bounces, complaints and answers find their delivery, whatever way they come."""

from __future__ import annotations

from email import message_from_string
from itertools import permutations

import pytest

from campaigns.engagement import figures
from campaigns.models import Delivery, Outcome
from consent import rules
from consent.models import ConsentRecord
from consent.suppression import live
from contacts.models import Contact, Event
from ecrm.jobs import outbox
from ecrm.mail import fates, message_ids
from ecrm.mail.fates import Fate, FateKind
from ecrm.mail.inbound import addresses, services
from ecrm.mail.models import InboundMail
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.campaigns.sending import world
from tests.mail.catching import RunningCatcher
from tests.mail.inbound.mails import bounce_of, complaint_about, mail

SUPPORT = "support.acme@in.localhost"


@pytest.fixture(autouse=True)
def _ours(settings: object) -> None:
    settings.RETURN_PATH_DOMAIN = settings.INBOUND_DOMAIN


@pytest.fixture
def delivery(in_acme: Tenant, catcher: RunningCatcher) -> Delivery:
    """Ana got the campaign."""
    world.person("ana@example.com", given_name="Ana")
    world.send(world.campaign())
    return Delivery.objects.get()


def message_id(delivery: Delivery) -> str:
    return message_ids.message_id(delivery_id=delivery.pk, domain="acme.example")


def arrive(raw: bytes, recipient: str = SUPPORT, sender: str = "") -> InboundMail:
    """As by the SMTP door, and worked."""
    kept = services.accept(raw, recipient=recipient, sender=sender, channel="smtp")
    assert kept is not None
    outbox.drain()
    return kept.refreshed()


def names(contact: Contact) -> list[str]:
    return list(Event.objects.filter(contact_id=contact.pk).order_by("id").values_list("name", flat=True))


def outcomes(delivery: Delivery) -> set[str]:
    return set(Outcome.objects.filter(delivery=delivery).values_list("kind", flat=True))


def test_a_campaign_leaves_with_a_return_path_of_its_delivery(delivery: Delivery, catcher: RunningCatcher) -> None:
    (sent,) = catcher.messages()
    assert sent["sender"] == addresses.return_path(delivery.pk)
    assert message_from_string(sent["raw"])["Reply-To"] == f"<{SUPPORT}>"


def test_a_hard_bounce_silences_the_address(delivery: Delivery) -> None:
    kept = arrive(bounce_of(message_id(delivery)), addresses.return_path(delivery.pk))
    assert (kept.state, kept.verdict) == (InboundMail.State.TAKEN, "bounce: hard")
    assert outcomes(delivery) == {"sent", "bounced"}
    assert live(address_norm="ana@example.com").reason == "hard_bounce"
    assert names(delivery.contact)[-1] == "email.bounced"
    assert figures.for_campaign(delivery.campaign).came_back == 1


@pytest.mark.parametrize("by", ["return path", "message id"])
def test_either_sign_is_enough(delivery: Delivery, by: str) -> None:
    quoted = message_id(delivery) if by == "message id" else "<cut-away@mx.example>"
    arrive(bounce_of(quoted), addresses.return_path(delivery.pk) if by == "return path" else SUPPORT)
    assert live(address_norm="ana@example.com") is not None


@pytest.mark.parametrize(
    ("status", "said"),
    [("5.2.2", "552 5.2.2 mailbox full"), ("5.7.1", "550 5.7.1 blocked"), ("5.0.0", "554 no thanks")],
)
def test_a_soft_bounce_is_told_but_silences_nobody(delivery: Delivery, status: str, said: str) -> None:
    arrive(bounce_of(message_id(delivery), status=status, said=said))
    assert "bounced" in outcomes(delivery)
    assert live(address_norm="ana@example.com") is None


def test_a_delay_is_no_bounce(delivery: Delivery) -> None:
    kept = arrive(
        bounce_of(message_id(delivery), status="4.4.1", said="451 4.4.1 later"), addresses.return_path(delivery.pk)
    )
    assert kept.state == InboundMail.State.TAKEN
    assert outcomes(delivery) == {"sent"}


def test_a_complaint_silences_and_withdraws_with_its_proof(delivery: Delivery) -> None:
    arrive(complaint_about(message_id(delivery)))
    assert live(address_norm="ana@example.com").reason == "complaint"
    record = ConsentRecord.objects.latest("id")
    assert (record.source, record.evidence["delivery"]) == ("complaint", delivery.pk)
    assert not rules.may(delivery.contact, world.newsletter()).allowed
    assert "email.complained" in names(delivery.contact)
    assert figures.for_campaign(delivery.campaign).complaints == 1


def test_not_spam_is_no_complaint(delivery: Delivery) -> None:
    arrive(complaint_about(message_id(delivery), kind="not-spam"))
    assert live(address_norm="ana@example.com") is None
    assert outcomes(delivery) == {"sent"}


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_told_again_it_comes_to_the_same(delivery: Delivery, turn: int) -> None:
    for number in range(turn):
        arrive(bounce_of(message_id(delivery), Subject=f"again {number}"))
        arrive(complaint_about(message_id(delivery)).replace(b"Version: 1", b"Version: %d" % number))
    told = names(delivery.contact)
    assert told.count("email.bounced") == told.count("email.complained") == 1


ORDERS = list(permutations(["delivered", "delayed", "bounced", "complained"]))


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_the_order_does_not_matter(delivery: Delivery, order: tuple[str, ...]) -> None:
    for kind in order:
        assert fates.tell(Fate(FateKind(kind), message_id(delivery), "postmark", code=550, status="5.1.1"))
    assert outcomes(delivery) == {"sent", "delivered", "bounced", "complained"}
    assert live(address_norm="ana@example.com") is not None
    assert not rules.may(delivery.contact, world.newsletter()).allowed


def test_an_answer_finds_its_person_and_campaign(delivery: Delivery) -> None:
    arrive(mail("Do you have it in blue?", In_Reply_To=message_id(delivery)), sender="ana@example.com")
    event = Event.objects.get(name="email.replied")
    assert (event.contact_id, event.campaign_id) == (delivery.contact_id, delivery.campaign_id)
    found = figures.for_campaign(delivery.campaign)
    assert (found.replies, found.reply_people) == (1, 1)


def test_references_will_do(delivery: Delivery) -> None:
    references = f"<else@x.example> {message_id(delivery)} <later@x.example>"
    arrive(mail(References=references, In_Reply_To="<later@x.example>"), sender="ana@example.com")
    assert Event.objects.filter(name="email.replied").count() == 1


def test_somebody_elses_answer_is_not_hers(delivery: Delivery) -> None:
    arrive(mail(From="Eve <eve@example.net>", In_Reply_To=message_id(delivery)), sender="eve@example.net")
    assert "email.replied" not in names(delivery.contact)
    found = figures.for_campaign(delivery.campaign)
    assert (found.replies, found.reply_people) == (1, 0)


def test_an_out_of_office_note_is_no_answer(delivery: Delivery) -> None:
    note = mail(Subject="Out of office", Auto_Submitted="auto-replied", In_Reply_To=message_id(delivery))
    assert arrive(note, sender="ana@example.com").verdict == "automatic answer"
    assert not Event.objects.filter(name="email.replied").exists()


@pytest.mark.parametrize("made_up", ["<" + "0" * 32 + "@acme.example>", "<1@acme.example>", "<>"])
def test_a_made_up_message_id_leads_nowhere(delivery: Delivery, made_up: str) -> None:
    arrive(bounce_of(made_up))
    arrive(complaint_about(made_up))
    arrive(mail(In_Reply_To=made_up), sender="ana@example.com")
    assert outcomes(delivery) == {"sent"}
    assert live(address_norm="ana@example.com") is None
    assert not Event.objects.filter(name="email.replied").exists()


def test_another_tenants_message_id_leads_nowhere(delivery: Delivery, globex: Tenant) -> None:
    """Charlie's customers got hold of the id of a mail of Acme's, and write to Charlie."""
    theirs, support = message_id(delivery), "support.globex@in.localhost"
    with tenant_context(globex):
        for raw in (bounce_of(theirs), complaint_about(theirs), mail(In_Reply_To=theirs)):
            arrive(raw, support)
        assert not Event.objects.filter(name__startswith="email.").exists()
    assert outcomes(delivery) == {"sent"}
    assert live(address_norm="ana@example.com") is None
