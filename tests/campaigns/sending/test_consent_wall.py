"""The database's own last word: no SQL gets a marketing delivery past consent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from campaigns.models import Campaign, Chunk, Delivery
from campaigns.sending import services
from consent import rules, suppression
from contacts.models import Contact
from ecrm.keys import address_hash
from tests.campaigns.sending import world

pytestmark = pytest.mark.usefixtures("in_acme")
Insert = Callable[..., None]


@pytest.fixture
def insert() -> Insert:
    """A delivery by raw SQL, right in every respect but those given."""
    campaign = world.campaign()
    content = campaign.contents.get()
    chunk = Chunk.objects.create(campaign=campaign, content=content, size=1)

    def run(contact: Contact, **wrong: Any) -> None:
        address = contact.emails.get()
        record = rules.may(contact, world.newsletter()).record
        values = {
            "tenant_id": contact.tenant_id, "campaign_id": campaign.pk, "contact_id": contact.pk,
            "content_id": content.pk, "chunk_id": chunk.pk, "address": address.address,
            "address_norm": address.address_norm, "address_hash": bytes(address.address_hash),
            "is_marketing": True, "consent_record_id": record.pk if record else None, **wrong,
        }  # fmt: skip
        names, marks = ", ".join(values), ", ".join("%s" for _value in values)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO campaigns_delivery ({names}, created_at) VALUES ({marks}, now())", list(values.values())
            )

    return run


def test_a_delivery_with_consent_is_taken(insert: Insert) -> None:
    insert(world.person("ana@example.com"))
    assert Delivery.objects.count() == 1


def test_no_consent_no_delivery(insert: Insert) -> None:
    silent = world.person("silent@example.com", agreed=False)
    with pytest.raises(IntegrityError, match="without live consent"):
        insert(silent)


def test_calling_it_no_marketing_changes_nothing(insert: Insert) -> None:
    silent = world.person("silent@example.com", agreed=False)
    with pytest.raises(IntegrityError, match="without live consent"):
        insert(silent, is_marketing=False)


def test_a_withdrawn_record_allows_nothing_any_more(insert: Insert) -> None:
    ana = world.person("ana@example.com")
    record = rules.may(ana, world.newsletter()).record
    world.opt_out(ana)
    assert record is not None
    with pytest.raises(IntegrityError, match="without live consent"):
        insert(ana, consent_record_id=record.pk)


def test_somebody_elses_record_allows_nothing(insert: Insert) -> None:
    ana, silent = world.person("ana@example.com"), world.person("silent@example.com", agreed=False)
    record = rules.may(ana, world.newsletter()).record
    assert record is not None
    with pytest.raises(IntegrityError, match="without live consent"):
        insert(silent, consent_record_id=record.pk)


def test_consent_to_another_purpose_allows_nothing(insert: Insert) -> None:
    ana = world.person("ana@example.com", agreed=False, tracked=True)
    record = rules.may(ana, world.purpose("tracking")).record
    assert record is not None
    with pytest.raises(IntegrityError, match="without live consent"):
        insert(ana, consent_record_id=record.pk)


def test_one_persons_consent_does_not_open_anothers_mailbox(insert: Insert) -> None:
    ana, silent = world.person("ana@example.com"), world.person("silent@example.com", agreed=False)
    stranger = silent.emails.get()
    with pytest.raises(IntegrityError, match="not the person's"):
        insert(
            ana,
            address=stranger.address,
            address_norm=stranger.address_norm,
            address_hash=bytes(stranger.address_hash),
        )


def test_a_suppressed_address_gets_nothing_whatever_hash_is_given(insert: Insert) -> None:
    ana = world.person("ana@example.com")
    suppression.suppress(address_norm="ana@example.com", reason="complaint")
    with pytest.raises(IntegrityError, match="suppressed"):
        insert(ana, address_hash=address_hash("other@example.com"))


def test_a_batch_with_one_wrong_row_is_refused_whole(insert: Insert) -> None:
    campaign = world.campaign()
    world.person("ana@example.com")
    silent = world.person("silent@example.com", agreed=False)
    content = campaign.contents.get()
    chunk = Chunk.objects.create(campaign=campaign, content=content)
    rows = """INSERT INTO campaigns_delivery (tenant_id, campaign_id, contact_id, content_id, chunk_id, address,
                                              address_norm, address_hash, is_marketing, consent_record_id, created_at)
              SELECT e.tenant_id, %s, e.contact_id, %s, %s, e.address, e.address_norm, e.address_hash, true,
                     s.record_id, now()
                FROM contacts_emailaddress e LEFT JOIN consent_consentstate s USING (tenant_id, contact_id)"""
    with pytest.raises(IntegrityError, match="1 marketing"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(rows, [campaign.pk, content.pk, chunk.pk])
    assert not Delivery.objects.exists()
    assert silent.emails.exists()


def test_deliveries_and_the_journal_are_never_rewritten(insert: Insert) -> None:
    insert(world.person("ana@example.com"))
    for statement in (
        "UPDATE campaigns_delivery SET address_norm = 'x'",
        "DELETE FROM campaigns_delivery",
        "UPDATE campaigns_outcome SET kind = 'sent'",
        "DELETE FROM campaigns_intent",
        "DELETE FROM campaigns_exclusion",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            _execute(statement)


@pytest.mark.parametrize("state", ["draft", "sending"])
def test_a_campaign_with_deliveries_keeps_its_purpose(insert: Insert, state: str) -> None:
    insert(world.person("ana@example.com"))
    Campaign.objects.update(state=state)
    service = world.purpose("service")
    with pytest.raises(IntegrityError, match="keeps its purpose"), transaction.atomic():
        Campaign.objects.update(purpose=service)


def test_a_started_campaign_keeps_its_words() -> None:
    campaign = world.campaign()
    services.start(campaign, by=None)
    content = campaign.contents.get()
    for change in (
        lambda: campaign.contents.update(subject="Something else"),
        content.delete,
        lambda: campaign.contents.create(language="pl", subject="New"),
    ):
        with pytest.raises(IntegrityError, match="keeps its words"), transaction.atomic():
            change()


def test_a_purpose_cannot_stop_being_marketing() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        _execute("UPDATE consent_purpose SET is_marketing = false")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
