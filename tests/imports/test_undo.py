"""An import is taken back until its rows were changed by others; what others did stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from consent import services as consent
from consent.models import ConsentState, Purpose
from contacts import services as contacts
from contacts.imports import plan, reports
from contacts.models import Contact, ContactChange
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.files import bring_in, fresh, work

FILE = """Email,Second email,Name,City,Street,Postcode,Phone,Tags,Company,Job title,Newsletter,Opt-in date,Opt-in origin
ana@example.com,ana@home.example,Ana New,Faro,Rua Nova 1,8000-001,912345678,vip,Loja Azul,Buyer,yes,2024-03-01,Fair
rui@example.com,,Rui New,Beja,,,,vip;press,,,,,
eva@example.com,,Eva,Porto,Rua Velha 2,4000-001,912345679,press,Casa Verde,,yes,2024-03-01,Fair
gil@example.com,,Gil,,,,,,,,no,,
"""
# What is there to be seen of people outside the bin; when a row was last written is not part of it.
TABLES = {
    "contacts_contact": "binned_at IS NULL",
    "contacts_emailaddress": "binned_at IS NULL",
    "contacts_phonenumber": "binned_at IS NULL",
    "contacts_postaladdress": "contact_id IN (SELECT id FROM contacts_contact WHERE binned_at IS NULL)",
    "contacts_identity": "contact_id IN (SELECT id FROM contacts_contact WHERE binned_at IS NULL)",
    "contacts_tagging": "contact_id IN (SELECT id FROM contacts_contact WHERE binned_at IS NULL)",
    "contacts_customvalue": "contact_id IN (SELECT id FROM contacts_contact WHERE binned_at IS NULL)",
    "contacts_company": "binned_at IS NULL",
    "contacts_tag": "true",
}


def undo(member: Member, run: Any) -> Any:
    assert member.post("undo_import", run.pk).status_code == 302
    return work(member, run)


def state(member: Member) -> dict[str, list[Any]]:
    found = {}
    with tenant_context(member.tenant), connection.cursor() as cursor:
        for table, condition in TABLES.items():
            cursor.execute(
                f"SELECT coalesce(json_agg(to_jsonb(one) - 'updated_at' ORDER BY id), '[]')::text"
                f" FROM {table} one WHERE tenant_id = %s AND {condition}",
                [member.tenant.pk],
            )
            found[table] = json.loads(cursor.fetchone()[0])
    return found


@pytest.fixture
def people(alice: Member) -> dict[str, Contact]:
    with tenant_context(alice.tenant):
        return {
            name: contacts.create_contact(by=alice.user, emails=[f"{name}@example.com"], name=name.title())
            for name in ("ana", "rui", "zoe")
        }


@pytest.mark.parametrize("known", ["fill", "overwrite"])
def test_everything_is_as_it_was(alice: Member, people: dict[str, Contact], known: str) -> None:
    before = state(alice)
    run = bring_in(alice, FILE, known=known)
    assert state(alice) != before
    run = undo(alice, run)
    assert run.state == "undone"
    assert state(alice) == before
    assert run.undo_counts["people"] == 2
    assert run.undo_counts["updates"] == 2
    page = alice.get("import_run", run.pk).content.decode()
    assert "2 new people are in the bin" in page


def test_a_second_click_undoes_once(alice: Member, people: dict[str, Contact]) -> None:
    run = bring_in(alice, FILE)
    for _click in range(2):
        alice.post("undo_import", run.pk)
    assert work(alice, run).undo_counts["people"] == 2


def test_what_somebody_changed_since_stays_and_is_named(alice: Member, people: dict[str, Contact]) -> None:
    run = bring_in(alice, FILE, known="overwrite")
    with tenant_context(alice.tenant):
        contacts.edit_contact(contact=people["ana"], by=alice.user, city="Lagos")
        contacts.edit_contact(contact=contacts.find_by_email("eva@example.com"), by=alice.user, job_title="Chief")
    run = undo(alice, run)
    assert run.undo_counts["kept"] == 2
    with tenant_context(alice.tenant):
        ana = Contact.objects.get(pk=people["ana"].pk)
        assert (ana.name, ana.city) == ("Ana", "Lagos")
        assert contacts.find_by_email("eva@example.com").job_title == "Chief"
        assert contacts.find_by_email("gil@example.com") is None
    page = alice.get("import_run", run.pk).content.decode()
    assert "Eva" in page
    assert "Left as they are: 2" in page


def test_of_many_who_stay_the_first_are_named_and_the_rest_counted(alice: Member) -> None:
    many = reports.KEPT_SHOWN + 2
    run = bring_in(alice, "Name,Email\n" + "".join(f"Person {each},p{each}@x.example\n" for each in range(many)))
    with tenant_context(alice.tenant):
        for person in Contact.objects.filter(name__startswith="Person "):
            contacts.edit_contact(contact=person, by=alice.user, job_title="Chief")
    page = alice.get("import_run", undo(alice, run).pk).content.decode()
    assert f"Left as they are: {many}" in page
    assert "And 2 more." in page


def test_whom_the_file_names_in_two_places_is_kept_once(
    alice: Member, people: dict[str, Contact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "FIRST_CHUNK_ROWS", 1)
    monkeypatch.setattr(plan, "LEAST_CHUNK_ROWS", 1)
    with tenant_context(alice.tenant):
        ana = Contact.objects.get(pk=people["ana"].pk)
        contacts.edit_contact(contact=ana, by=alice.user, emails=["ana@example.com", "ana@home.example"])
    rows = "Email,Name,City\nana@example.com,Ana,Porto\nrui@example.com,Rui,Faro\nana@home.example,Ana,Beja\n"
    run = bring_in(alice, rows, known="overwrite")
    with tenant_context(alice.tenant):
        assert run.chunks.exclude(landed_at=None).count() > 1
        contacts.edit_contact(contact=Contact.objects.get(pk=ana.pk), by=alice.user, city="Lagos")
    run = undo(alice, run)
    assert run.undo_counts["kept_ids"] == [ana.pk]
    assert run.undo_counts["kept"] == 1
    assert "Left as they are: 1" in alice.get("import_run", run.pk).content.decode()


def test_those_named_and_the_rest_are_all_whom_an_undo_left(alice: Member, people: dict[str, Contact]) -> None:
    run = bring_in(alice, FILE, known="overwrite")
    with tenant_context(alice.tenant):
        for name in ("ana", "rui"):
            contacts.edit_contact(contact=Contact.objects.get(pk=people[name].pk), by=alice.user, city="Lagos")
    run = undo(alice, run)
    with tenant_context(alice.tenant):
        run.undo_counts["kept_ids"].remove(people["rui"].pk)  # as of one who is erased since
        run.save()
    page = alice.get("import_run", run.pk).content.decode()
    assert "Left as they are: 2" in page
    assert "And 1 more." in page


def test_a_yes_of_the_file_ends_and_a_no_stays(alice: Member, people: dict[str, Contact]) -> None:
    with tenant_context(alice.tenant):
        purpose = Purpose.objects.get(key="newsletter")
        consent.withdraw(contact=people["zoe"], purpose=purpose, source="staff", evidence={"origin": "phone"})
    content = FILE + "zoe@example.com,,Zoe,,,,,,,,yes,2024-03-01,Fair\n" + "kim@example.com,,Kim,,,,,,,,no,,\n"
    run = undo(alice, bring_in(alice, content))
    with tenant_context(alice.tenant):
        states = dict(ConsentState.objects.values_list("contact__name", "state"))
    assert states["Ana"] == "expired"
    assert states["Zoe"] == "withdrawn"
    assert states["Kim"] == "withdrawn"
    assert run.undo_counts["answers"] == 2


def test_the_undo_tells_where_values_came_from(alice: Member, people: dict[str, Contact]) -> None:
    run = undo(alice, bring_in(alice, FILE))
    with tenant_context(alice.tenant):
        told = (
            ContactChange.objects.filter(contact=people["ana"]).order_by("pk").values_list("source_type", "source_id")
        )
        assert list(told) == [("import", run.pk), ("undo", run.pk)]


def test_a_cancelled_import_can_be_undone(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    from contacts.imports import landing
    from ecrm.jobs.models import Job

    monkeypatch.setattr(plan, "CHUNK_ROWS", 10)
    monkeypatch.setattr(plan, "FIRST_CHUNK_ROWS", 10)
    whole = landing.land

    def cancel_meanwhile(chunk: landing.Landing) -> None:
        whole(chunk)
        Job.objects.filter(pk=chunk.run.job_id).update(cancel_requested_at=chunk.at)

    monkeypatch.setattr(landing, "land", cancel_meanwhile)
    before = state(alice)
    run = bring_in(alice, "Email\n" + "".join(f"p{n}@example.com\n" for n in range(25)))
    assert run.state == "cancelled"
    assert undo(alice, run).state == "undone"
    assert state(alice) == before
    assert fresh(alice, run).undo_counts["people"] == 10
