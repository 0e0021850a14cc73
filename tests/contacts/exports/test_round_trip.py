"""What went out of one workspace comes into an empty one, and goes out of that as it was."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from consent import services as consent
from consent.models import Purpose, Source
from contacts import fields, services
from contacts.entries import AddressEntry, EmailEntry, PhoneEntry
from contacts.fields import defining
from contacts.imports import source, spreadsheets
from contacts.merge.services import merge_contacts
from contacts.models import Contact, CustomField
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member, join, make_tenant, make_user
from tests.contacts.exports.test_export import exported
from tests.imports.files import begin, check, start, verdicts

KINDS = CustomField.Kind
OWN_FIELDS = {
    "tier": (KINDS.CHOICE, "gold_of_old"),
    "likes": (KINDS.CHOICES, ["tea", "milk"]),
    "note": (KINDS.TEXT, 'first line\nsecond; "quoted", and ::: marked'),
    "visits": (KINDS.NUMBER, 1234.5),
    "spent": (KINDS.MONEY, {"amount": -123456, "currency": "PLN"}),
    "since": (KINDS.DATE, "2019-02-28"),
    "called": (KINDS.DATETIME, "2024-05-06T07:08:09+00:00"),
    "member": (KINDS.BOOLEAN, False),
    "shop": (KINDS.LINK, "https://shop.example/?a=1&b=2"),
    "friend": (KINDS.PERSON, "zoe@example.com"),
    "supplier": (KINDS.COMPANY, "Casa Verde"),
}
AT = datetime(2024, 3, 1, 10, 30, tzinfo=UTC)


@pytest.fixture
def initech(globex: Tenant) -> Member:
    """An empty workspace with the same fields of its own, of which Alice is a member as well."""
    owner = make_user("Peter")
    tenant = make_tenant("initech", owner, currency="EUR", country="PT", time_zone="Europe/Lisbon")
    make_fields(tenant)
    return Member(owner, tenant)


@pytest.fixture
def hooli(globex: Tenant) -> Member:
    """An empty workspace without any field of its own."""
    owner = make_user("Gavin")
    return Member(owner, make_tenant("hooli", owner, currency="EUR", country="PT", time_zone="Europe/Lisbon"))


def make_fields(tenant: Tenant) -> None:
    choices = {"tier": ["gold, of old", "Silver"], "likes": ["Tea", "Milk", "Sugar"]}
    with tenant_context(tenant):
        for key, (kind, _value) in OWN_FIELDS.items():
            defining.create(
                entity="contact", kind=kind, label=key.title(), key=key, choices=choices.get(key, ()), by=None
            )


@pytest.fixture
def people(acme: Tenant, alice: Member, initech: Member) -> None:
    join(alice.user, initech.tenant, "sales")
    make_fields(acme)
    with tenant_context(acme):
        services.create_contact(by=None, name="Zoe", emails=["zoe@example.com"], company="Casa Verde", source="fair")
        ana = everything(alice)
        given = {key: value for key, (_kind, value) in OWN_FIELDS.items()}
        fields.write("contact", {ana.pk: given}, by=alice.user)
        services.link_identities(contact=ana, identities=[("shop", "C:1001"), ("card", "77:")], by=None)
        purpose = Purpose.objects.get(key="newsletter")
        consent.grant(contact=ana, purpose=purpose, source=Source.FORM, evidence={"origin": "Fair"}, by=None, at=AT)
        bare(alice)


def everything(alice: Member) -> Contact:
    return services.create_contact(
        by=None,
        given_name="Ana",
        family_name="Conceição, de Sá",
        name="Dr. Ana",
        emails=[
            EmailEntry("Ana@example.com", "work", True),
            EmailEntry("ana@home.example", "home"),
            EmailEntry("ana@third.example"),
            EmailEntry("ana@fourth.example", "work", True),
        ],
        phones=[
            PhoneEntry("+351 912 345 678", "work"),
            PhoneEntry("+351221002000", "home", True),
            PhoneEntry("+48 600 700 800"),
            PhoneEntry("+48 600 700 801"),
        ],
        addresses=[
            AddressEntry('Rua; das "Flores" 12', "4000-001", "Porto", "Norte", "PT", "home", True, 41.15, -8.61),
            AddressEntry("", "", "", "", "PL", "work"),
            AddressEntry("ul. Długa 3:4", "00-001", "Warszawa", "", "PL"),
        ],
        city="Lisboa",
        country="PT",
        company="Loja Azul",
        job_title="=Head",
        stage="customer",
        language="pt",
        time_zone="Atlantic/Azores",
        birthday=date(1990, 5, 17),
        source="fair",
        owner=alice.user,
        tags=["vip", "Porto, PT", 'the "best"'],
        at=AT,
    )


def bare(alice: Member) -> None:
    """People who lack what a table has columns for."""
    services.create_contact(by=None, name="@Handle", emails=["handle@example.org"], country="ES", city="Vigo", at=AT)
    services.create_contact(by=None, name="Only Phone", phones=["+48 600 100 200"], at=AT)
    services.create_contact(by=None, city="Nowhere else", at=AT)
    services.create_contact(
        by=None, emails=["no.name@example.org"], addresses=[AddressEntry(country="FR")], owner=alice.user, at=AT
    )


def brought_into(member: Member, content: bytes, form: str) -> Any:
    run = begin(member, content, name=f"people.{form}")
    run = check(member, run, **guessed(run))
    assert run.counts.get("refused", 0) == 0
    assert not run.counts["reasons"], run.counts["reasons"]
    return start(member, run)


def guessed(run: Any) -> dict[str, str]:
    """What the page proposes for this file."""
    without = {"without_email": "on"} if run.options["without_email"] else {}
    return {"system": run.options["system"], "match": run.options["match"], **without}


def read(content: bytes, form: str) -> Any:
    """A file as rows without what differs from workspace to workspace: its mark and the numbers of people."""
    if form == "vcf":
        return [line for line in content.decode().splitlines() if not line.startswith("UID:")]
    if form == "jsonl":
        return [{**json.loads(line), "id": "", "ecrm_workspace": ""} for line in content.decode().splitlines()]
    if form == "xlsx":
        return [row.cells[2:] for row in spreadsheets.read_rows(io.BytesIO(content))]
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    return [row[2:] for row in rows]


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl", "vcf"])
def test_an_empty_workspace_gives_the_same_file_back(alice: Member, initech: Member, people: None, form: str) -> None:
    content = exported(alice, form)
    brought_into(initech, content, form)
    assert read(exported(initech, form), form) == read(content, form)


@pytest.mark.parametrize("known", ["fill", "overwrite"])
@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl", "vcf"])
def test_the_same_workspace_stays_as_it_is(alice: Member, people: None, form: str, known: str) -> None:
    content = exported(alice, form)
    run = begin(alice, content, name=f"people.{form}")
    run = check(alice, run, known=known, **guessed(run))
    assert verdicts(run) == {"same": 6}
    start(alice, run)
    # Not byte for byte: a spreadsheet holds the hour at which it was packed.
    assert read(exported(alice, form), form) == read(content, form)


def test_a_person_without_an_address_is_changed_by_the_file(alice: Member, people: None) -> None:
    run = begin(alice, exported(alice, "csv").replace(b"Only Phone", b"Now Named"))
    start(alice, check(alice, run, known="overwrite", **guessed(run)))
    with tenant_context(alice.tenant):
        assert Contact.objects.filter(name="Now Named").count() == 1
        assert not Contact.objects.filter(name="Only Phone").exists()
        assert Contact.objects.count() == 6


def test_a_number_of_another_workspace_names_nobody_here(alice: Member, charlie: Member, people: None) -> None:
    content = exported(alice, "csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    phoned = next(row for row in rows if "Only Phone" in row)
    with tenant_context(charlie.tenant):
        other = services.create_contact(by=None, name="Somebody else", at=AT)
    run = begin(charlie, content.replace(f"\n{phoned[0]},", f"\n{other.pk},"))
    start(charlie, check(charlie, run, known="overwrite", **guessed(run)))
    with tenant_context(charlie.tenant):
        assert Contact.objects.get(pk=other.pk).name == "Somebody else"
        assert Contact.objects.filter(name="Only Phone").count() == 1
    # Neither does it where the match was chosen by hand.
    run = begin(charlie, content.replace(f"\n{phoned[0]},", f"\n{other.pk},"))
    start(charlie, check(charlie, run, known="overwrite", **{**guessed(run), "match": "number"}))
    with tenant_context(charlie.tenant):
        assert Contact.objects.get(pk=other.pk).name == "Somebody else"


def test_who_was_merged_or_binned_meanwhile_is_not_written_over(alice: Member, people: None) -> None:
    content = exported(alice, "csv")
    with tenant_context(alice.tenant):
        phoned, nowhere = Contact.objects.get(name="Only Phone"), Contact.objects.get(city="Nowhere else")
        zoe = Contact.objects.get(name="Zoe")
        merge_contacts(winner=zoe, loser=phoned, by=alice.user)
        services.bin_contact(contact=nowhere, by=alice.user)
    run = begin(alice, content)
    run = check(alice, run, **guessed(run))
    assert verdicts(run) == {"new": 1, "same": 5}
    start(alice, run)
    with tenant_context(alice.tenant):
        assert not Contact.objects.unbinned().filter(name="Only Phone").exists()
        assert Contact.objects.unbinned().filter(city="Nowhere else").count() == 1


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
def test_a_workspace_without_fields_makes_them_on_the_way(
    alice: Member, initech: Member, hooli: Member, people: None, form: str
) -> None:
    join(alice.user, hooli.tenant, "sales")
    content = exported(alice, form)
    run = begin(hooli, content, name=f"people.{form}")
    with tenant_context(hooli.tenant):
        headers = list(source.look_into(run, source.dialect_of(run)).headers)
    own = {f"column-{headers.index(name)}": kind for name, kind in wishes(form).items()}
    run = check(hooli, run, **guessed(run), **own)
    assert not run.counts["reasons"], run.counts["reasons"]
    start(hooli, run)
    assert read(exported(hooli, form), form) == read(content, form)
    with tenant_context(hooli.tenant):
        tier = CustomField.objects.get(key="tier")
        assert (tier.label, tier.kind, [one.label for one in tier.choices.all()]) == (
            "Tier",
            KINDS.CHOICE,
            ["gold, of old"],
        )


def wishes(form: str) -> dict[str, str]:
    named = "custom_fields.{}" if form == "jsonl" else "{}"
    return {
        named.format(key if form == "jsonl" else key.title()): "+field" if kind == KINDS.TEXT else f"+field:{kind}"
        for key, (kind, _value) in OWN_FIELDS.items()
    }
