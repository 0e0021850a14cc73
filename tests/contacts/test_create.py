"""Adding a person: by the service, and by the form."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from contacts import services
from contacts.models import Contact
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add, form_of, told


def test_a_person_gets_everything_given(in_acme: Tenant, owner: User) -> None:
    contact = services.create_contact(
        by=owner,
        given_name="Inês",
        family_name="Prata",
        emails=["Ines.Prata@Correio.example", "second@correio.example"],
        phones=["912 345 678"],
        company="Oficina da  Luz",
        tags=["VIP", "Candles"],
        country="pt",
    )

    contact.refresh_from_db()
    assert str(contact) == "Inês Prata"
    assert [(e.address_norm, e.is_primary) for e in contact.emails.order_by("id")] == [
        ("ines.prata@correio.example", True),
        ("second@correio.example", False),
    ]
    assert contact.phones.get().number == "+351912345678"
    assert contact.company.name == "Oficina da Luz" or contact.company.name == "Oficina da  Luz"
    assert sorted(contact.taggings.values_list("tag__name", flat=True)) == ["Candles", "VIP"]
    assert contact.country == "PT"


def test_the_history_and_the_audit_begin_with_it(in_acme: Tenant, owner: User) -> None:
    a_year_ago = timezone.now() - timedelta(days=365)
    contact = services.create_contact(by=owner, at=a_year_ago, name="Ana", source="Fair")

    assert told(contact) == ["contact.created"]
    assert contact.created_at == a_year_ago
    entry = AuditEntry.objects.get(action="contact.created")
    assert (entry.actor_id, entry.subject_id, entry.at) == (owner.pk, contact.pk, a_year_ago)


def test_a_number_without_country_code_is_the_workspaces(in_acme: Tenant, owner: User) -> None:
    here = services.create_contact(by=owner, name="Here", phones=["912 345 678"])
    there = services.create_contact(by=owner, name="There", phones=["512 345 678"], country="PL")

    assert (here.phones.get().number, there.phones.get().number) == ("+351912345678", "+48512345678")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"emails": ["no at sign"]}, "emails"),
        ({"emails": ["a@b@c.example"]}, "emails"),
        ({"phones": ["call me"]}, "phones"),
        ({"phones": ["12"]}, "phones"),
        ({"name": "x" * 201}, "name"),
        ({"stage": "king"}, "stage"),
        ({"company": "x" * 201}, "company"),
        ({"tags": ["x" * 61]}, "tags"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    in_acme: Tenant, owner: User, given: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        services.create_contact(by=owner, **{"name": "Ana", **given})

    assert list(refused.value.message_dict) == [field]


def test_an_address_belongs_to_one_person(in_acme: Tenant, owner: User, ines: Contact) -> None:
    with pytest.raises(ValidationError) as refused:
        services.create_contact(by=owner, name="Other", emails=["INES.PRATA@correio.example"])

    error = refused.value.error_dict["emails"][0]
    assert (error.code, error.params["contact_id"]) == ("taken", ines.pk)


def test_another_workspace_may_know_the_same_person(globex: Tenant, ines: Contact) -> None:
    twin = add(globex, name="Inês Prata", emails=["ines.prata@correio.example"])

    with tenant_context(globex):
        assert services.find_by_email("ines.prata@correio.example") == twin


def test_only_a_member_can_own(in_acme: Tenant, owner: User, charlie: Member) -> None:
    with pytest.raises(ValidationError) as refused:
        services.create_contact(by=owner, name="Ana", owner=charlie.user)

    assert list(refused.value.message_dict) == ["owner"]


def test_the_form_adds_a_person(alice: Member) -> None:
    filled = form_of(
        alice,
        "create_contact",
        **{"given_name": "Ana", "tags": "VIP, Press", "emails-0-address": "ana@correio.example", "company": "Luz"},
    )

    answer = alice.post("create_contact", form=filled)

    with tenant_context(alice.tenant):
        contact = services.find_by_email("ana@correio.example")
    assert contact is not None
    assert answer.status_code == 302
    assert answer.url == alice.url("contact_page", contact.pk)
    page = alice.client.get(answer.url).content.decode()
    assert "Press" in page
    assert "Luz" in page


def test_a_taken_address_is_said_at_the_field_with_the_way_to_its_person(alice: Member, ines: Contact) -> None:
    filled = form_of(alice, "create_contact", **{"name": "Twin", "emails-0-address": "ines.prata@correio.example"})

    answer = alice.post("create_contact", form=filled)

    assert answer.status_code == 422
    error = str(answer.context["editor"].lists["emails"][0].errors["address"])
    assert f'href="{alice.url("contact_page", ines.pk)}"' in error
    assert 'value="Twin"' in answer.content.decode()
    with tenant_context(alice.tenant):
        assert Contact.objects.count() == 1


def test_who_may_not_see_the_other_person_learns_nothing_of_them(sam: Member, alice: Member, ines: Contact) -> None:
    with tenant_context(sam.tenant):
        services.edit_contact(contact=ines, by=alice.user, owner=alice.user)
    filled = form_of(sam, "create_contact", **{"name": "Twin", "emails-0-address": "ines.prata@correio.example"})

    answer = sam.post("create_contact", form=filled)

    assert answer.status_code == 422
    assert "Inês" not in answer.content.decode()
    assert alice.url("contact_page", ines.pk) not in answer.content.decode()


def test_each_mistake_stands_at_its_field(alice: Member) -> None:
    filled = form_of(
        alice, "create_contact", **{"name": "x" * 201, "emails-0-address": "nobody", "phones-0-number": "12"}
    )

    answer = alice.post("create_contact", form=filled)

    assert answer.status_code == 422
    assert "name" in answer.context["editor"].form.errors
    filled["name"] = "Ana"
    for prefix, field in (("emails", "address"), ("phones", "number")):
        answer = alice.post("create_contact", form=filled)
        assert answer.context["editor"].lists[prefix][0].errors[field]
        filled[f"{prefix}-0-{field}"] = ""
    assert alice.post("create_contact", form=filled).status_code == 302


def test_more_rows_can_be_asked_for_without_script(alice: Member) -> None:
    filled = form_of(alice, "create_contact", **{"name": "Ana", "emails-0-address": "one@correio.example"})

    page = alice.post("create_contact", form={**filled, "more": "emails"})

    assert page.status_code == 200
    assert 'name="emails-1-address"' in page.content.decode()
    assert 'value="one@correio.example"' in page.content.decode()
    with tenant_context(alice.tenant):
        assert not Contact.objects.exists()


def test_a_viewer_may_not(vera: Member) -> None:
    assert vera.get("create_contact").status_code == 403
    assert vera.post("create_contact", form={"name": "Ana"}).status_code == 403
    with tenant_context(vera.tenant):
        assert not Contact.objects.exists()
