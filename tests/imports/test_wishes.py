"""How people are recognised, what each column does with what is known, and what is made on the way."""

from __future__ import annotations

import pytest

from contacts import fields
from contacts import services as contacts
from contacts.fields import defining
from contacts.models import Company, Contact, ContactChange, CustomField, EmailAddress, Identity, PhoneNumber, Tag
from ecrm.tenancy.context import tenant_context
from tests.cast import Member
from tests.imports.files import begin, bring_in, check, fresh, landed, problems, start, verdicts

KNOWN = "Email,Full name,City,Job title,Phone,Tags\nana@example.com,Ana New,Porto,Chief,+351912345679,new\n"


@pytest.fixture
def ana(alice: Member) -> Contact:
    with tenant_context(alice.tenant):
        return contacts.create_contact(
            by=alice.user,
            emails=["ana@example.com"],
            name="Ana Old",
            city="Faro",
            phones=["+351912345678"],
            tags=["old"],
        )


def again(alice: Member, ana: Contact) -> Contact:
    with tenant_context(alice.tenant):
        return Contact.objects.get(pk=ana.pk)


def test_each_column_has_a_policy_of_its_own(alice: Member, ana: Contact) -> None:
    policies = {
        "policy-1": "overwrite",
        "policy-2": "skip",
        "policy-3": "fill",
        "policy-4": "fill",
        "policy-5": "append",
    }
    run = bring_in(alice, KNOWN, **policies)
    assert landed(run) == {"update": 1}
    ana = again(alice, ana)
    assert (ana.name, ana.city, ana.job_title) == ("Ana New", "Faro", "Chief")
    with tenant_context(alice.tenant):
        assert list(PhoneNumber.objects.values_list("number", flat=True)) == ["+351912345678"]
        assert set(Tag.objects.filter(taggings__contact=ana).values_list("name", flat=True)) == {"old", "new"}
        [change] = ContactChange.objects.filter(contact=ana, source_type="import")
        assert change.changes == {
            "name": ["Ana Old", "Ana New"],
            "job_title": ["", "Chief"],
            "tags": [["old"], ["new", "old"]],
        }


def test_a_policy_that_makes_no_sense_is_told_at_its_column(alice: Member) -> None:
    run = begin(alice, KNOWN)
    form = {
        "known": "fill",
        "day_first": "1",
        "match": "email",
        "decimal": ".",
        "column-0": "email",
        "column-1": "name",
        "policy-1": "append",
    }
    response = alice.post("check_import", run.pk, form=form)
    assert response.status_code == 422
    assert "only one of these" in response.content.decode()


def test_people_are_recognised_by_their_number_elsewhere(alice: Member, ana: Contact) -> None:
    with tenant_context(alice.tenant):
        contacts.link_identities(contact=ana, identities=[("shop", "C-1")], by=alice.user)
    content = "Customer ID,Email,City\nC-1,new@example.com,Porto\nC-2,ana@example.com,Beja\nnull,,Nowhere\n"
    run = bring_in(alice, content, match="external", system="shop", known="overwrite")
    # The second row is another number of somebody who is recognised by the address.
    assert landed(run)["update"] == 1
    with tenant_context(alice.tenant):
        assert Contact.objects.get(pk=ana.pk).city == "Porto"
        assert set(EmailAddress.objects.values_list("address", flat=True)) == {"ana@example.com", "new@example.com"}
        assert Identity.objects.get().contact_id == ana.pk


def test_people_are_recognised_by_their_phone(alice: Member, ana: Contact) -> None:
    content = "Phone,Name,City\n912 345 678,,Porto\n912 345 670,New,Beja\n912345670,Twice,\n"
    run = bring_in(alice, content, match="phone", without_email="on", known="overwrite")
    assert landed(run) == {"new": 1, "update": 1}
    assert "same person as in line 3" in problems(alice, run)[0][2]
    assert again(alice, ana).city == "Porto"


def test_an_address_of_somebody_else_stays_theirs(alice: Member, ana: Contact) -> None:
    with tenant_context(alice.tenant):
        rui = contacts.create_contact(by=alice.user, emails=["rui@example.com"], name="Rui")
    run = bring_in(alice, "Phone,Email\n912345678,rui@example.com\n", match="phone")
    assert "belongs to somebody else" in problems(alice, run)[0][2]
    with tenant_context(alice.tenant):
        assert contacts.find_by_email("rui@example.com") == rui


def test_matching_needs_its_column(alice: Member) -> None:
    run = begin(alice, KNOWN)
    for match in ("external", "phone"):
        form = {"known": "fill", "day_first": "1", "decimal": ".", "match": match, "column-0": "email"}
        assert alice.post("check_import", run.pk, form=form).status_code == 422


def test_nothing_is_made_on_the_way_when_not_wanted(alice: Member, ana: Contact) -> None:
    content = "Email,Company,Tags\nana@example.com,Loja Azul,new\nrui@example.com,Casa,old\n"
    bring_in(alice, content, only_known_companies="on", only_known_tags="on")
    with tenant_context(alice.tenant):
        assert not Company.objects.exists()
        assert list(Tag.objects.values_list("name", flat=True)) == ["old"]
        assert Tag.objects.get().taggings.count() == 2


def test_new_people_join_the_company_of_their_domain(alice: Member) -> None:
    with tenant_context(alice.tenant):
        ids = contacts.get_or_create_companies(["Loja Azul"])
        Company.objects.get(pk=ids["Loja Azul"]).domains.create(domain_norm="loja.example")
    bring_in(alice, "Email\nana@loja.example\nrui@example.com\n")
    with tenant_context(alice.tenant):
        assert contacts.find_by_email("ana@loja.example").company.name == "Loja Azul"
        assert contacts.find_by_email("rui@example.com").company is None


def test_fields_of_ones_own(alice: Member, ana: Contact) -> None:
    with tenant_context(alice.tenant):
        for kind, label in (("number", "Points"), ("date", "Since"), ("choice", "Tier")):
            choices = ["Gold", "Silver"] if kind == "choice" else ()
            defining.create(entity="contact", kind=kind, label=label, choices=choices, by=alice.user)
    content = (
        'Email,Points,Since,Tier,Shoe size\nana@example.com,"1.234,5",31/12/2024,gold,41\n'
        "rui@example.com,many,,Lead,42\n"
    )
    run = begin(alice, content)
    run = check(alice, run, **{"column-4": "+field"}, decimal=",")
    assert verdicts(run) == {"new": 1, "update": 1}
    told = {column for _line, column, _reason in problems(alice, run)}
    assert told == {"Points", "Tier"}
    run = start(alice, run)
    assert landed(run) == {"new": 1, "update": 1}
    with tenant_context(alice.tenant):
        assert CustomField.objects.get(label="Shoe size").kind == "text"
        found = fields.values("contact", [ana.pk])[ana.pk]
        assert found == {"points": 1234.5, "since": "2024-12-31", "tier": "gold", "shoe_size": "41"}
        change = ContactChange.objects.get(contact=ana, source_type="import")
        assert change.changes["f:points"] == [None, 1234.5]


def test_a_new_field_is_of_the_kind_that_was_chosen(alice: Member) -> None:
    content = "Email,Shoe size,Spent,Member\nana@example.com,41.5,12.50 PLN,yes\n"
    bring_in(alice, content, **{"column-1": "+field:number", "column-2": "+field:money", "column-3": "+field:boolean"})
    with tenant_context(alice.tenant):
        ana = contacts.find_by_email("ana@example.com")
        assert ana is not None
        assert fields.values("contact", [ana.pk])[ana.pk] == {
            "shoe_size": 41.5,
            "spent": {"amount": 1250, "currency": "PLN"},
            "member": True,
        }


def test_columns_are_remembered_for_the_next_file(alice: Member) -> None:
    content = "Mail,Wie,Wo\nana@example.com,Ana,Porto\n"
    run = check(alice, begin(alice, content), **{"column-1": "name", "column-2": "city", "policy-2": "overwrite"})
    assert run.state == "checked"
    later = begin(alice, content.replace("ana", "rui"), name="later.csv")
    assert later.mapping == run.mapping
    assert later.options["policies"] == {"city": "overwrite"}
    assert alice.get("import_run", later.pk).status_code == 200


def test_a_new_file_has_no_tag_of_the_last_one(alice: Member) -> None:
    check(alice, begin(alice, KNOWN), tag="fair")
    assert not begin(alice, KNOWN.replace("ana", "rui"), name="later.csv").options.get("tag")
    assert fresh(alice, begin(alice, "Email\nx@example.com\n")).options["tag"] == ""
