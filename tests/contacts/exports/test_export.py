"""People as a file: who is in it, what it says, and that it comes back."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from consent import services as consent
from consent.models import ConsentRecord, Purpose, Source
from contacts import fields, services
from contacts.entries import AddressEntry
from contacts.exports import selections, work
from contacts.exports.vcard import LONGEST_LINE
from contacts.fields import defining
from contacts.models import Contact, ContactChange, EmailAddress, Identity, PhoneNumber, Tagging
from ecrm.audit.models import AuditEntry
from ecrm.jobs.models import Job
from ecrm.jobs.outbox import drain
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Membership, Tenant
from tests.cast import Member, join, make_user
from tests.factories import SegmentFactory, SegmentMembershipFactory
from tests.imports.files import begin, check, problems, start

FORMULA = '=HYPERLINK("https://bad.example","Ana")'


@pytest.fixture
def ana(acme: Tenant) -> Contact:
    with tenant_context(acme):
        return services.create_contact(
            by=None,
            given_name="Ana",
            family_name="Conceição, de Sá",
            emails=["ana@example.com", "ana@home.example"],
            phones=["+351 912 345 678", "+351 22 100 2000"],
            addresses=[AddressEntry("Rua das Flores 12", "4000-001", "Porto", "", "PT")],
            company="Loja Azul",
            job_title=FORMULA,
            stage="customer",
            language="pt",
            birthday=date(1990, 5, 17),
            country="PT",
            city="Porto",
            tags=["vip", "Lisboa"],
        )


def exported(member: Member, form: str = "csv", **query: Any) -> bytes:
    """The file a member gets who follows the page."""
    url = member.url("export_contacts") + f"?{urlencode(query, doseq=True)}"
    response = member.client.post(url, {"format": form})
    assert response.status_code == 302, response.content.decode()
    with bind_tenant(member.tenant):
        drain()
    with tenant_context(member.tenant):
        job = Job.objects.select_related("file").filter(kind="export").latest("pk")
        assert job.state == Job.State.DONE, job.error
        with job.file.open() as stored:
            return stored.read()


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def state(tenant: Tenant) -> dict[str, list[Any]]:
    """What an import could have changed."""
    with tenant_context(tenant):
        return {
            model.__name__: list(model.objects.order_by("pk").values())
            for model in (Contact, EmailAddress, PhoneNumber, Identity, Tagging, ContactChange, ConsentRecord)
        }


def test_a_person_with_everything(alice: Member, ana: Contact) -> None:
    (row,) = table(exported(alice))

    assert (row["Email"], row["Second email"]) == ("ana@example.com", "ana@home.example")
    assert row["Family name"] == "Conceição, de Sá"
    assert row["Phone"].lstrip("'") == "+351912345678:::+351221002000"
    assert (row["Street"], row["Postcode"], row["City"], row["Country"]) == (
        *("Rua das Flores 12", "4000-001", "Porto", "PT"),
    )
    assert set(row["Tags"].split(", ")) == {"vip", "Lisboa"}
    assert (row["Company"], row["Stage"], row["Birthday"]) == ("Loja Azul", "customer", "1990-05-17")


def test_no_cell_is_a_formula(alice: Member, ana: Contact) -> None:
    cells = [cell for row in csv.reader(io.StringIO(exported(alice).decode("utf-8-sig"))) for cell in row]
    assert f"'{FORMULA}" in cells
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]

    with zipfile.ZipFile(io.BytesIO(exported(alice, "xlsx"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "HYPERLINK" in sheet
    assert "<f>" not in sheet


def test_what_went_out_comes_back_and_changes_nothing(alice: Member, acme: Tenant, ana: Contact) -> None:
    with tenant_context(acme):
        services.create_contact(by=None, name="No Address", source="fair", phones=["+48 600 100 200"])
        services.create_contact(by=None, name="@Handle", emails=["handle@example.org"], tags=["press"])
        purpose = Purpose.objects.get(key="newsletter")
        consent.grant(contact=ana, purpose=purpose, source=Source.STAFF, evidence={"origin": "fair"}, by=alice.user)
    content = exported(alice)
    before = state(acme)

    run = start(alice, check(alice, begin(alice, content), known="overwrite"))

    assert run.state == "done"
    with tenant_context(acme):
        assert sorted(Contact.objects.values_list("name", flat=True)) == [
            "@Handle",
            "Ana Conceição, de Sá",
            "No Address",
        ]
    assert state(acme) == before


def test_a_person_without_address_is_named_by_number_and_name(alice: Member, acme: Tenant, ana: Contact) -> None:
    with tenant_context(acme):
        defining.create(entity="contact", kind="person", label="Boss", key="boss", by=None)
        boss = services.create_contact(by=None, name="Zoe Ávila", phones=["+48 600 100 200"])
        fields.write("contact", {ana.pk: {"boss": boss.pk}}, by=None)
    content = exported(alice)
    assert f"#{boss.pk} Zoe Ávila" in content.decode()

    for name, expected in (("A Stranger", {}), ("ZOE AVILA", {"boss": boss.pk})):
        with tenant_context(acme):
            fields.write("contact", {ana.pk: {"boss": None}}, by=None)
            Contact.objects.filter(pk=boss.pk).update(name=name)
        run = start(alice, check(alice, begin(alice, content), without_email="on"))
        assert any("There is no contact" in reason for *_where, reason in problems(alice, run)) is not bool(expected)
        with tenant_context(acme):
            assert fields.values("contact", [ana.pk]).get(ana.pk, {}) == expected


@pytest.mark.parametrize("form", ["xlsx", "vcf", "jsonl"])
def test_every_format_comes_back_and_changes_nothing(alice: Member, acme: Tenant, ana: Contact, form: str) -> None:
    content = exported(alice, form)
    before = state(acme)
    run = begin(alice, content, name=f"people.{form}")
    assert {"email", "email2", "phone", "street", "postcode", "city", "tags", "company"} <= set(run.mapping.values())
    run = start(alice, check(alice, run, known="overwrite"))
    assert (run.state, run.counts.get("same")) == ("done", 1)
    assert state(acme) == before


def test_consent_goes_out_with_its_day_and_origin(alice: Member, acme: Tenant, ana: Contact) -> None:
    with tenant_context(acme):
        purpose = Purpose.objects.get(key="newsletter")
        consent.grant(
            contact=ana,
            purpose=purpose,
            source=Source.FORM,
            evidence={"url": "https://shop.example/join"},
            by=None,
        )
    (row,) = table(exported(alice))
    answers = {name: cell for name, cell in row.items() if "opt-in" in name and cell}
    assert sorted(answers.values())[-1] == "yes"
    assert "https://shop.example/join" in answers.values()


def test_json_lines_hold_lists_as_lists(alice: Member, ana: Contact) -> None:
    (record,) = map(json.loads, exported(alice, "jsonl").decode().splitlines())
    assert [one["address"] for one in record["emails"]] == ["ana@example.com", "ana@home.example"]
    assert [one["primary"] for one in record["emails"]] == [True, False]
    assert record["tags"] == ["Lisboa", "vip"]


def test_a_card_is_one_that_address_books_read(alice: Member, acme: Tenant, ana: Contact) -> None:
    with tenant_context(acme):
        services.create_contact(by=None, name="Żółć " * 30 + "; x, y\\z", emails=["long@example.com"])
    text = exported(alice, "vcf").decode()
    assert all(len(line.encode()) <= LONGEST_LINE for line in text.split("\r\n"))
    unfolded = re.sub(r"\r\n ", "", text)
    assert unfolded.count("BEGIN:VCARD") == unfolded.count("END:VCARD") == 2
    assert "N:Conceição\\, de Sá;Ana;;;" in unfolded
    assert "\\; x\\, y\\\\z\r\n" in unfolded
    assert "ADR;TYPE=PREF:;;Rua das Flores 12;Porto;;4000-001;PT" in unfolded


def test_the_list_as_it_is_filtered_and_a_segment(alice: Member, acme: Tenant, ana: Contact) -> None:
    with tenant_context(acme):
        piotr = services.create_contact(by=None, name="Piotr", stage="lead", emails=["piotr@example.com"])
        segment = SegmentFactory()
        SegmentMembershipFactory(segment=segment, contact=piotr)

    def names(**query: Any) -> list[str]:
        return [row["Full name"] for row in table(exported(alice, **query))]

    assert names(stage="lead") == ["Piotr"]
    assert names(q="flores") == []
    assert names(q="conceicao") == ["Ana Conceição, de Sá"]
    assert names(segment=segment.pk) == ["Piotr"]
    assert names(contact=[ana.pk]) == ["Ana Conceição, de Sá"]


def test_only_whom_the_member_sees_is_selected(acme: Tenant, alice: Member, ana: Contact) -> None:
    """No role of today may export and sees less than all; the selection holds whatever the roles become."""
    sal = join(make_user("Sal"), acme, "sales")
    with tenant_context(acme):
        services.create_contact(by=None, name="Nobody's")
        services.create_contact(by=None, name="Sal's", owner=sal.user)
        Contact.objects.filter(pk=ana.pk).update(owner=alice.user)
        membership = Membership.objects.get(tenant=acme, user=sal.user)
        chosen = selections.people(QueryDict(f"contact={ana.pk}"), membership)
        listed = selections.people(QueryDict(""), membership)

        assert list(chosen) == []
        assert sorted(listed.values_list("name", flat=True)) == ["Nobody's", "Sal's"]


def test_who_may_not_export_gets_nothing(vera: Member, outsider: Member, ana: Contact) -> None:
    assert vera.get("export_contacts").status_code == 403
    assert vera.post("export_contacts", form={"format": "csv"}).status_code == 403
    assert outsider.get("export_contacts").status_code == 404


def test_who_lost_the_right_meanwhile_gets_nothing(alice: Member, acme: Tenant, ana: Contact) -> None:
    alice.client.post(alice.url("export_contacts"), {"format": "csv"})
    Membership.objects.filter(tenant=acme, user=alice.user).update(roles=["viewer"])
    with bind_tenant(acme):
        drain()
    with tenant_context(acme):
        job = Job.objects.get(kind="export")
        assert (job.state, job.file_id) == (Job.State.CANCELLED, None)


def test_that_it_was_taken_out_is_on_record(alice: Member, acme: Tenant, ana: Contact) -> None:
    exported(alice)
    with tenant_context(acme):
        assert AuditEntry.objects.filter(action="contact.exported", actor_id=alice.user.pk, count=1).exists()


def test_batches_leave_nobody_out_and_take_nobody_twice(
    alice: Member, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "BATCH", 3)
    with tenant_context(acme):
        for number in range(10):
            services.create_contact(by=None, name=f"Person {number}")
    assert sorted(row["Full name"] for row in table(exported(alice))) == [f"Person {number}" for number in range(10)]


def test_a_format_that_is_none_is_said(alice: Member, ana: Contact) -> None:
    response = alice.client.post(alice.url("export_contacts"), {"format": "pdf"})
    assert response.status_code == 422
    with tenant_context(alice.tenant):
        assert not Job.objects.exists()


def test_an_empty_list_has_nothing_to_export(alice: Member) -> None:
    assert "nobody to export" in alice.get("export_contacts").content.decode()


def test_more_conditions_than_an_address_holds_are_refused_in_words(alice: Member, ana: Contact) -> None:
    chosen = "&".join([f"contact={ana.pk}"] * 80)
    page = alice.client.post(f"{alice.url('export_contacts')}?{chosen}", {"format": "csv"})
    assert page.status_code == 422
    assert "These conditions are too long" in page.content.decode()
