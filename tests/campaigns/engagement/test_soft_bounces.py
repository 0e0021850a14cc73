"""An address whose mails keep coming back is left alone, until it answers or somebody says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Delivery
from campaigns.sending.soft_bounces import OVER, TIMES
from consent import suppression
from consent.models import Suppression
from contacts.models import Contact, EmailAddress
from ecrm.audit.models import AuditEntry
from ecrm.jobs import outbox
from ecrm.mail import fates, message_ids
from ecrm.mail.fates import Fate, FateKind
from ecrm.mail.inbound import services
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.campaigns.sending import world
from tests.cast import Member
from tests.mail.inbound.mails import mail

ADDRESS = "ana@example.com"
EVENLY = tuple(OVER.days * step // (TIMES - 1) for step in range(TIMES - 1, -1, -1))
FULL = {"code": 552, "status": "5.2.2", "text": "Mailbox full"}

pytestmark = pytest.mark.usefixtures("in_acme")


@pytest.fixture
def ana() -> Contact:
    return world.person(ADDRESS, given_name="Ana")


def sent(ana: Contact, days_ago: float) -> Delivery:
    """A mail to Ana that the relay took."""
    at = timezone.now() - timedelta(days=days_ago)
    record = make.ConsentRecordFactory(contact=ana, purpose=world.newsletter())
    campaign = make.CampaignFactory(purpose=record.purpose)
    content = make.CampaignContentFactory(campaign=campaign)
    delivery = make.DeliveryFactory(
        chunk=make.ChunkFactory(campaign=campaign, content=content),
        consent_record=record,
        address=EmailAddress.objects.get(contact=ana).address,
        created_at=at,
    )
    make.OutcomeFactory(delivery=delivery, kind="sent", created_at=at)
    return delivery


def comes_back(delivery: Delivery, **told: object) -> None:
    message = message_ids.message_id(delivery_id=delivery.pk, domain="acme.example")
    assert fates.tell(Fate(FateKind.BOUNCED, message, told_by="smtp", **{**FULL, **told}))


def bounce(ana: Contact, days_ago: Sequence[float], **told: object) -> None:
    for days in days_ago:
        comes_back(sent(ana, days), **told)


def writes(raw: bytes) -> None:
    """A mail of Ana's comes in, and is worked."""
    assert services.accept(raw, recipient="support.acme@in.localhost", sender=ADDRESS, channel="smtp")
    outbox.drain()


def reason() -> str | None:
    block = suppression.live(address_norm=ADDRESS)
    return block.reason if block else None


def test_mails_that_keep_coming_back_block_the_address(ana: Contact) -> None:
    bounce(ana, EVENLY[:-1])
    assert reason() is None
    bounce(ana, EVENLY[-1:], code=451, status="4.4.1", text="Try again later")
    assert reason() == "soft_bounce"


def test_told_twice_counts_once(ana: Contact) -> None:
    for delivery in [sent(ana, days) for days in EVENLY[:-1]]:
        for _time in range(3):
            comes_back(delivery)
    assert reason() is None


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ([days / 2 for days in EVENLY], {}),
        (EVENLY, {"code": 550, "status": "5.7.1", "text": "Rejected by policy"}),
    ],
    ids=["within a holiday", "because of us"],
)
def test_others_do_not(ana: Contact, days: Sequence[float], told: dict[str, object]) -> None:
    bounce(ana, days, **told)
    assert reason() is None


def test_one_that_arrived_in_between_starts_the_count_again(ana: Contact) -> None:
    bounce(ana, [40, 36, 32])
    sent(ana, 20)  # nothing has come back since
    bounce(ana, [14, 0])
    assert reason() is None


def test_one_still_on_its_way_says_nothing(ana: Contact) -> None:
    bounce(ana, [20, 16, 12, 8])
    sent(ana, 1)
    bounce(ana, [0])
    assert reason() == "soft_bounce"


def test_an_answer_lifts_it_and_the_count_begins_anew(ana: Contact, acme: Tenant) -> None:
    bounce(ana, EVENLY)
    writes(mail(From="Ana <Ana@example.com>"))
    assert reason() is None
    assert AuditEntry.objects.get(action="suppression.lifted").reason == "answered"
    bounce(ana, [0])
    assert reason() is None


def test_automatic_mail_lifts_nothing(ana: Contact) -> None:
    bounce(ana, EVENLY)
    away = mail(From=f"Ana <{ADDRESS}>", Auto_Submitted="auto-replied")
    writes(away)
    assert reason() == "soft_bounce"


def test_an_answer_lifts_no_other_block(ana: Contact) -> None:
    suppression.suppress(address_norm=ADDRESS, reason="complaint")
    writes(mail(From=f"Ana <{ADDRESS}>"))
    assert reason() == "complaint"


def test_members_see_it_and_may_lift_it(ana: Contact, alice: Member, acme: Tenant) -> None:
    bounce(ana, EVENLY)
    assert "Mails kept coming back" in alice.get("contact_page", ana.pk).content.decode()
    block = Suppression.objects.get()
    alice.post("lift_suppression", block.pk, form={"reason": "They called"})
    with tenant_context(acme):
        assert reason() is None
