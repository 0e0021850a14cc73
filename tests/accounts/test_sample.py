"""Removing the sample data a workspace came with: all of it, and nothing of one's own."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction

from campaigns.models import Campaign
from consent.models import ConsentRecord, Purpose
from contacts.models import Contact, EmailAddress, Event, Segment
from ecrm.jobs.models import Job
from ecrm.jobs.outbox import drain
from ecrm.tenancy import sample
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import SampleMark, Tenant
from tests import factories as make
from tests.cast import Member


@pytest.fixture
def loaded(acme: Tenant) -> Tenant:
    """People with consent, history and a sent campaign, as a loader leaves them."""
    with tenant_context(acme):
        for _number in range(3):
            delivery = make.DeliveryFactory()
            make.EventFactory(contact_id=delivery.contact_id)
            make.TaggingFactory(contact=delivery.contact)
        Campaign.objects.update(state="sent")
        sample.mark()
    return acme


def remove(alice: Member) -> None:
    alice.post("sample_data")
    with bind_tenant(alice.tenant):
        drain()


def test_the_page_counts_what_would_go(alice: Member, loaded: Tenant) -> None:
    with tenant_context(loaded):
        make.ContactFactory()
        assert dict(sample.counts())["Contacts"] == Contact.objects.count() - 1


def test_all_of_it_goes_and_ones_own_stays(alice: Member, loaded: Tenant) -> None:
    with tenant_context(loaded):
        own = make.EmailAddressFactory(address="own@shop.example").contact
        event = make.EventFactory(contact_id=own.pk)
        make.EventFactory(contact_id=Contact.objects.exclude(pk=own.pk).first().pk)
        purposes = Purpose.objects.count()
    remove(alice)
    with tenant_context(loaded):
        assert list(Contact.objects.all()) == [own]
        assert list(EmailAddress.objects.values_list("address", flat=True)) == ["own@shop.example"]
        assert list(Event.objects.values_list("pk", flat=True)) == [event.pk]
        assert not ConsentRecord.objects.exists()
        assert not Campaign.objects.exists()
        assert Purpose.objects.count() == purposes
        assert Job.objects.get(kind=sample.KIND).state == Job.State.DONE
        assert not sample.is_there()
    assert "No sample data" in alice.get("sample_data").content.decode()


def test_what_ones_own_campaign_needs_stays(alice: Member, loaded: Tenant) -> None:
    with tenant_context(loaded):
        segment = Segment.objects.first()
        make.CampaignFactory(segment=segment)
    remove(alice)
    with tenant_context(loaded):
        assert list(Segment.objects.all()) == [segment]
        assert Campaign.objects.count() == 1


def test_a_second_click_starts_nothing_new(alice: Member, loaded: Tenant) -> None:
    for _click in range(2):
        alice.post("sample_data")
    with tenant_context(loaded):
        assert Job.objects.filter(kind=sample.KIND).count() == 1


def test_another_workspace_keeps_everything(alice: Member, loaded: Tenant, charlie: Member) -> None:
    with tenant_context(charlie.tenant):
        make.ContactFactory()
    remove(alice)
    with tenant_context(charlie.tenant):
        assert Contact.objects.count() == 1


def test_the_app_cannot_mark_rows_itself(acme: Tenant) -> None:
    with tenant_context(acme), pytest.raises(ProgrammingError), transaction.atomic():
        SampleMark.objects.create(table_name="consent_consentrecord", last_id=10**9)


@pytest.mark.django_db(transaction=True)
def test_a_workspace_that_is_not_new_cannot_be_marked(acme: Tenant, alice: Member) -> None:
    with tenant_context(acme):
        make.ContactFactory()
        Tenant.objects.filter(pk=acme.pk).update(name="Acme again")
        assert sample.mark() == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT remove_sample_batch(100)")
            assert cursor.fetchone() == (0,)
        assert Contact.objects.count() == 1


def test_only_owners(bob: Member) -> None:
    assert bob.get("sample_data").status_code == 403
    assert bob.post("sample_data").status_code == 403
