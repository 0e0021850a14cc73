"""Custom fields in the form and on the page of a contact."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import fields
from contacts.models import Company, Contact, ContactChange, CustomField
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role
from tests.cast import Member
from tests.contacts.conftest import add, form_of, told
from tests.contacts.fields.conftest import make


@pytest.fixture
def ana(acme: Tenant) -> Contact:
    return add(acme, name="Ana", emails=["ana@example.com"])


def held(contact: Contact) -> dict[str, Any]:
    with tenant_context(contact.tenant_id):
        return fields.values("contact", [contact.pk]).get(contact.pk, {})


def define(tenant: Tenant, kind: str, label: str = "", **given: Any) -> CustomField:
    with tenant_context(tenant):
        return make(kind, label, **given)


def test_every_kind_is_filled_in_by_the_form(acme: Tenant, alice: Member) -> None:
    for kind in CustomField.Kind.values:
        define(acme, kind, key=kind)
    rui = add(acme, name="Rui", emails=["rui@example.com"])
    with tenant_context(acme):
        globo = Company.objects.create(name="Globo", name_norm="globo")
    sent = {
        "f:text": "Likes tea",
        "f:number": "1,234.5",
        "f:money": "1,200.50",
        "f:date": "2026-03-12",
        "f:datetime": "2026-07-12T10:00",
        "f:boolean": "no",
        "f:choice": "silver",
        "f:choices": ["bronze", "gold"],
        "f:link": "example.com/ana",
        "f:person": "rui@example.com",
        "f:company": "globo",
    }

    answer = alice.post("create_contact", form=form_of(alice, "create_contact", name="Ana", **sent))

    assert answer.status_code == 302
    with tenant_context(acme):
        made = Contact.objects.get(name="Ana")
    assert held(made) == {
        "text": "Likes tea",
        "number": 1234.5,
        "money": {"amount": 120050, "currency": "EUR"},
        "date": "2026-03-12",
        "datetime": "2026-07-12T09:00:00+00:00",
        "boolean": False,
        "choice": "silver",
        "choices": ["gold", "bronze"],
        "link": "https://example.com/ana",
        "person": rui.pk,
        "company": globo.pk,
    }
    page = alice.get("contact_page", made.pk).content.decode()
    for words in ("Likes tea", "1,234.5", "€1,200.50", "12 Mar 2026", "Silver", "Gold, Bronze", ">Rui<", ">Globo<"):
        assert words in page, words


def test_saving_an_untouched_form_changes_nothing(acme: Tenant, alice: Member, ana: Contact) -> None:
    for kind in CustomField.Kind.values:
        define(acme, kind, key=kind)
    values = {
        "text": "two\nlines",
        "number": 0.123456789,
        "money": {"amount": 5, "currency": "PLN"},
        "datetime": "2026-07-12T09:00:30+00:00",
        "boolean": True,
        "choices": ["bronze"],
        "person": ana.pk,
    }
    with tenant_context(acme):
        fields.write("contact", {ana.pk: values}, by=None)
        before = ContactChange.objects.count()

    answer = alice.post("edit_contact", ana.pk, form=form_of(alice, "edit_contact", ana.pk))

    assert answer.status_code == 302
    assert held(ana) == values
    with tenant_context(acme):
        assert ContactChange.objects.count() == before


def test_a_form_that_is_wrong_says_where_and_keeps_what_was_written(acme: Tenant, alice: Member, ana: Contact) -> None:
    define(acme, "number", "Points", key="points")
    define(acme, "person", "Advisor", key="advisor")
    form = form_of(alice, "edit_contact", ana.pk, **{"f:points": "many", "f:advisor": "nobody@example.com"})

    answer = alice.post("edit_contact", ana.pk, form=form)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "“many” is not a number." in page
    assert "There is no contact “nobody@example.com”" in page
    assert 'value="many"' in page
    assert held(ana) == {}


def test_a_field_needed_at_a_stage_holds_the_form_up_there(acme: Tenant, alice: Member, ana: Contact) -> None:
    define(acme, "text", "Tax number", key="tax", required_at=["customer"])

    refused = alice.post("edit_contact", ana.pk, form=form_of(alice, "edit_contact", ana.pk, stage="customer"))
    assert refused.status_code == 422
    assert "“Tax number” is needed at the stage Customer." in refused.content.decode()

    assert (
        alice.post("edit_contact", ana.pk, form=form_of(alice, "edit_contact", ana.pk, name="Anna")).status_code == 302
    )
    filled = form_of(alice, "edit_contact", ana.pk, stage="customer", **{"f:tax": "PT 123"})
    assert alice.post("edit_contact", ana.pk, form=filled).status_code == 302
    assert held(ana) == {"tax": "PT 123"}
    emptied = form_of(alice, "edit_contact", ana.pk, **{"f:tax": ""})
    assert alice.post("edit_contact", ana.pk, form=emptied).status_code == 422


def test_what_was_empty_before_is_hinted_at_and_holds_nobody_up(acme: Tenant, alice: Member, ana: Contact) -> None:
    with tenant_context(acme):
        Contact.objects.filter(pk=ana.pk).update(stage="customer")
    define(acme, "text", "Tax number", key="tax", required_at=["customer"])
    assert "Needed at the stage Customer. Still empty." in alice.get("edit_contact", ana.pk).content.decode()
    mended = form_of(alice, "edit_contact", ana.pk, city="Porto")
    assert alice.post("edit_contact", ana.pk, form=mended).status_code == 302
    away = form_of(alice, "edit_contact", ana.pk, stage="lapsed")
    assert alice.post("edit_contact", ana.pk, form=away).status_code == 302
    back = form_of(alice, "edit_contact", ana.pk, stage="customer")
    assert alice.post("edit_contact", ana.pk, form=back).status_code == 422, "moving there asks for it"


def test_one_save_is_one_change_of_all_that_differs(acme: Tenant, alice: Member, ana: Contact) -> None:
    define(acme, "text", "Tier", key="tier")
    with tenant_context(acme):
        before = ContactChange.objects.count()

    alice.post("edit_contact", ana.pk, form=form_of(alice, "edit_contact", ana.pk, city="Porto", **{"f:tier": "A"}))

    with tenant_context(acme):
        (change,) = ContactChange.objects.order_by("id")[before:]
        assert change.changes == {"city": ["", "Porto"], "f:tier": [None, "A"]}
    assert told(ana).count("contact.changed") == 1


def test_a_hidden_field_is_not_there_for_others(acme: Tenant, alice: Member, bob: Member, ana: Contact) -> None:
    define(acme, "text", "Salary", key="salary", visible_to=[Role.SALES], required_at=["lead"])
    with tenant_context(acme):
        fields.write("contact", {ana.pk: {"salary": "much too little"}}, by=None)

    assert "much too little" in alice.get("contact_page", ana.pk).content.decode()
    assert "much too little" not in bob.get("contact_page", ana.pk).content.decode()
    assert "Salary" not in bob.get("edit_contact", ana.pk).content.decode()
    form = form_of(bob, "edit_contact", ana.pk, name="Anna", **{"f:salary": "plenty"})
    assert bob.post("edit_contact", ana.pk, form=form).status_code == 302
    assert held(ana) == {"salary": "much too little"}


def test_a_retired_entry_stays_where_it_was_chosen(acme: Tenant, alice: Member, ana: Contact) -> None:
    field = define(acme, "choice", "Tier", key="tier")
    with tenant_context(acme):
        fields.write("contact", {ana.pk: {"tier": "gold"}}, by=None)
        field.choices.filter(key="gold").update(retired_at=ana.created_at)

    assert (
        alice.post("edit_contact", ana.pk, form=form_of(alice, "edit_contact", ana.pk, city="Porto")).status_code == 302
    )
    assert held(ana) == {"tier": "gold"}
    assert "Gold" not in alice.get("create_contact").content.decode()


def test_who_may_not_see_a_person_does_not_read_their_name(acme: Tenant, alice: Member, sam: Member) -> None:
    define(acme, "person", "Advisor", key="advisor")
    secret = add(acme, name="Secret Person", owner=alice.user)
    ana = add(acme, name="Ana", owner=sam.user)
    with tenant_context(acme):
        fields.write("contact", {ana.pk: {"advisor": secret.pk}}, by=None)

    assert "Secret Person" in alice.get("contact_page", ana.pk).content.decode()
    assert "Secret Person" not in sam.get("contact_page", ana.pk).content.decode()
    assert "Secret Person" not in sam.get("edit_contact", ana.pk).content.decode()


def test_two_hundred_fields_cost_no_more_questions_than_one(acme: Tenant, alice: Member, ana: Contact) -> None:
    def cost(name: str) -> int:
        alice.get(name, ana.pk)
        with CaptureQueriesContext(connection) as queries:
            assert alice.get(name, ana.pk).status_code == 200
        return len(queries)

    without = cost("contact_page")
    with tenant_context(acme):
        for kind in CustomField.Kind.values:
            make(kind, f"First {kind}", key=f"{kind}_1")
        fields.write("contact", {ana.pk: {"text_1": "x", "person_1": ana.pk}}, by=None)
    few = cost("contact_page"), cost("edit_contact")
    with tenant_context(acme):
        made = [make(kind, f"{kind} {number}") for number in range(18) for kind in CustomField.Kind.values]
        texts = {field.key: "x" for field in made if field.kind == "text"}
        fields.write("contact", {ana.pk: texts | {f.key: ana.pk for f in made if f.kind == "person"}}, by=None)

    assert (cost("contact_page"), cost("edit_contact")) == few
    assert few[0] <= without + 1


def test_names_are_suggested_of_those_one_sees(acme: Tenant, alice: Member, sam: Member) -> None:
    add(acme, name="Secret Silva", emails=["secret@example.com"], owner=alice.user)
    add(acme, name="Open Silva", emails=["open@example.com"])
    with tenant_context(acme):
        Company.objects.create(name="Silva & Filhos", name_norm="silva & filhos")

    def suggested(member: Member, kind: str) -> str:
        return member.get("suggest_names", query={"kind": kind, "f:advisor": "silva"}).content.decode()

    assert "Secret Silva &lt;secret@example.com&gt;" in suggested(alice, "person")
    assert "Secret Silva" not in suggested(sam, "person")
    assert "Open Silva" in suggested(sam, "person")
    assert "Silva &amp; Filhos" in suggested(sam, "company")
