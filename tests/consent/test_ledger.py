"""What no code of ours may do, because the database refuses it: the walls around the ledger."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from consent.models import ConsentRecord, ConsentState, Notice, Purpose, Suppression
from consent.suppression import suppress
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant


@pytest.fixture
def record(answer: Callable[..., ConsentRecord], ana: Contact, newsletter: Purpose) -> ConsentRecord:
    return answer(ana, newsletter)


def run(sql: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE consent_consentrecord SET action = 'granted'",
        "DELETE FROM consent_consentrecord",
        "TRUNCATE consent_consentrecord CASCADE",
        "UPDATE consent_consentstate SET state = 'granted'",
        "DELETE FROM consent_consentstate",
        (
            "INSERT INTO consent_consentstate (tenant_id, contact_id, purpose_id, channel, state, record_id, since)"
            " SELECT tenant_id, contact_id, purpose_id, 'sms', 'granted', id, now() FROM consent_consentrecord"
        ),
        "UPDATE consent_notice SET text = 'something else'",
        "DELETE FROM consent_notice",
        "UPDATE consent_purpose SET is_marketing = false",
        "UPDATE consent_purpose SET key = 'other'",
        "DELETE FROM consent_purpose",
        "ALTER TABLE consent_consentrecord DISABLE TRIGGER ALL",
        "ALTER TABLE consent_consentrecord NO FORCE ROW LEVEL SECURITY",
    ],
)
def test_the_app_may_not_rewrite_what_people_said(record: ConsentRecord, in_acme: Tenant, sql: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        run(sql)


def test_not_even_the_switch_for_erasure_opens_the_ledger_to_the_app(record: ConsentRecord, in_acme: Tenant) -> None:
    run("SET LOCAL app.erasing = 'on'")
    with pytest.raises(DatabaseError, match="permission denied"):
        run("UPDATE consent_consentrecord SET evidence = '{}'")


def test_the_owner_of_the_schema_cannot_edit_the_ledger_by_accident(record: ConsentRecord) -> None:
    """The trigger, looked at through the catalogue: the owner's connection cannot see this test's rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'consent_consentrecord'::regclass"
            " AND NOT tgisinternal AND tgenabled = 'O'"
        )
        assert {row[0] for row in cursor.fetchall()} >= {"consent_ledger_is_append_only", "consent_follow_ledger"}


def test_a_block_can_only_be_lifted(in_acme: Tenant) -> None:
    blocked = suppress(address_norm="gone@correio.example", reason="hard_bounce")
    for sql in (
        "DELETE FROM consent_suppression",
        "UPDATE consent_suppression SET address_hash = '\\x00'",
        "UPDATE consent_suppression SET reason = 'manual'",
    ):
        with pytest.raises(DatabaseError, match="permission denied"):
            run(sql)
    assert Suppression.objects.get() == blocked


INSERT = (
    "INSERT INTO consent_consentrecord"
    " (tenant_id, contact_id, purpose_id, channel, action, source, evidence, given_at, recorded_at)"
    " VALUES (%s, %s, %s, 'email', 'granted', 'form', '{}', now(), now())"
)


def test_another_tenant_cannot_be_answered_for(record: ConsentRecord, globex: Tenant) -> None:
    with tenant_context(globex), pytest.raises(DatabaseError, match="row-level security"):
        run(INSERT, record.tenant_id, record.contact_id, record.purpose_id)


def test_an_answer_cannot_borrow_another_tenants_person_or_purpose(
    record: ConsentRecord, globex: Tenant, acme: Tenant
) -> None:
    with tenant_context(globex):
        theirs = Purpose.objects.get(key="newsletter")
        with pytest.raises(DatabaseError, match="foreign key"):
            run(INSERT, globex.pk, record.contact_id, theirs.pk)
    with tenant_context(acme), pytest.raises(DatabaseError, match="foreign key"):
        run(INSERT, acme.pk, record.contact_id, theirs.pk)


def test_marketing_without_consent_as_its_basis_is_refused(in_acme: Tenant) -> None:
    with pytest.raises(DatabaseError, match="marketing_needs_consent"), transaction.atomic():
        Purpose.objects.create(key="spam", channel="email", basis="interest", is_marketing=True)


def test_raw_rows_move_the_state_as_the_service_does(in_acme: Tenant, ana: Contact, newsletter: Purpose) -> None:
    run(INSERT, in_acme.pk, ana.pk, newsletter.pk)
    assert ConsentState.objects.get(contact=ana).state == "granted"


def test_wordings_carry_their_checksum(in_acme: Tenant) -> None:
    from consent import purposes

    assert Notice.objects.exists()
    for notice in Notice.objects.all():
        assert purposes.digest(notice.text) == notice.sha256
