"""How other systems name a person, and what they send when they know nobody."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from contacts import services
from contacts.identities import is_junk
from contacts.ingest import raw
from contacts.ingest.raw import RawEvent
from contacts.models import Contact, ContactChange, Identity
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add


@pytest.mark.parametrize(
    "value",
    [
        *("null", "NULL", "(null)", "None", "undefined", "guest", "Guest ", "<guest>", "0", "000", "-1", "N/A"),
        *("[object Object]", "anonymous", "00000000-0000-0000-0000-000000000000", "---", "", " ", "?", "xxxx"),
        *("{{ customer.id }}", "${customerId}", "%CUSTOMER_ID%", "*|UNIQID|*", "NaN", "false"),
    ],
)
def test_what_stands_for_nobody(value: str) -> None:
    assert is_junk(value)


@pytest.mark.parametrize("value", ["1", "10", "C-1001", "guest-17", "0042", "null-op", "Ω7", "a", "user-1", "x1xx"])
def test_what_stands_for_somebody(value: str) -> None:
    assert not is_junk(value)


def test_no_door_lets_junk_in(in_acme: Tenant, owner: User, ines: Contact) -> None:
    with pytest.raises(ValidationError) as refused:
        services.add_identity(contact=ines, namespace="shop", external_id="undefined", by=owner)
    assert refused.value.error_dict["identities"][0].code == "junk"
    with pytest.raises(ValidationError):
        services.link_identities(contact=ines, identities=[("shop", "C-1"), ("shop", "0")], by=owner)
    assert not Identity.objects.exists()
    assert "nobody" in raw.check(RawEvent("order.placed", person={"identity": ["shop", "guest"]}))


def test_a_page_adds_and_removes_one(alice: Member, acme: Tenant, ines: Contact) -> None:
    alice.post("change_identities", ines.pk, form={"act": "add", "namespace": "shop", "external_id": " C-77 "})

    with tenant_context(acme):
        assert services.find_by_identity("shop", "C-77") == ines
        assert ContactChange.objects.get().changes == {"identities": [[], [["shop", "C-77"]]]}
    assert "C-77" in alice.get("contact_page", ines.pk).content.decode()
    assert "C-77" in str(alice.get("contact_list", query={"q": "C-77"}).content.decode())

    for _twice in range(2):
        alice.post("change_identities", ines.pk, form={"act": "remove", "namespace": "shop", "external_id": "C-77"})
    with tenant_context(acme):
        assert services.find_by_identity("shop", "C-77") is None


def test_a_page_says_why_junk_is_refused(alice: Member, ines: Contact) -> None:
    alice.post("change_identities", ines.pk, form={"act": "add", "namespace": "shop", "external_id": "null"})

    assert "it is no identity" in alice.get("contact_page", ines.pk).content.decode()


def test_an_identity_is_one_persons(acme: Tenant, owner: User, ines: Contact) -> None:
    other = add(acme, name="Rui")
    with tenant_context(acme):
        services.add_identity(contact=ines, namespace="shop", external_id="C-1", by=owner)
        with pytest.raises(ValidationError) as refused:
            services.add_identity(contact=other, namespace="shop", external_id="C-1", by=owner)
    assert refused.value.error_dict["identities"][0].params["contact_id"] == ines.pk


def test_who_may(vera: Member, charlie: Member, ines: Contact) -> None:
    posted = {"act": "add", "namespace": "shop", "external_id": "C-1"}
    assert vera.post("change_identities", ines.pk, form=posted).status_code == 403
    assert charlie.post("change_identities", ines.pk, form=posted).status_code == 404
