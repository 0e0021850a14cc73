"""The settings page of fields: adding, changing, ordering, deleting and bringing back."""

from __future__ import annotations

from typing import Any

import pytest

from contacts import fields
from contacts.fields import defining
from contacts.models import CustomField, SavedView, Segment
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add
from tests.contacts.fields.conftest import make


def labels(tenant: Tenant, entity: str = "contact") -> list[str]:
    with tenant_context(tenant):
        return [field.label for field in fields.of(entity)]


def a_field(tenant: Tenant, kind: str = "text", label: str = "Tier", **given: Any) -> CustomField:
    with tenant_context(tenant):
        return make(kind, label, **given)


def test_a_field_is_added_and_named(acme: Tenant, alice: Member) -> None:
    answer = alice.post("create_field", form={"label": "Favourite shop", "kind": "text"})

    assert answer.status_code == 302
    page = alice.get("field_list").content.decode()
    assert "Favourite shop" in page
    assert "favourite_shop" in page


def test_a_list_needs_entries(acme: Tenant, alice: Member) -> None:
    answer = alice.post("create_field", form={"label": "Tier", "kind": "choice", "choices": " \n"})

    assert answer.status_code == 422
    assert labels(acme) == []


def test_entries_come_one_a_line(acme: Tenant, alice: Member) -> None:
    alice.post("create_field", form={"label": "Tier", "kind": "choice", "choices": "Gold\n Silver \ngold"})

    with tenant_context(acme):
        (field,) = fields.of("contact")
        assert [choice.label for choice in field.choices.order_by("position")] == ["Gold", "Silver"]


def test_two_fields_never_share_a_name(acme: Tenant, alice: Member) -> None:
    a_field(acme, label="Loja")

    answer = alice.post("create_field", form={"label": "LOJA", "kind": "text"})

    assert answer.status_code == 422
    assert "There is a field of this name already." in answer.content.decode()


def test_companies_have_their_own(acme: Tenant, alice: Member) -> None:
    address = alice.url("create_field") + "?of=company"
    alice.client.post(address, {"label": "Sector", "kind": "text", "required_at": ["always"]})

    assert (labels(acme), labels(acme, "company")) == ([], ["Sector"])


def test_fields_are_put_in_order(acme: Tenant, alice: Member) -> None:
    first, _second, third = (a_field(acme, label=label) for label in ("One", "Two", "Three"))

    alice.post("move_field", third.pk, form={"to": "up"})
    assert labels(acme) == ["One", "Three", "Two"]
    alice.post("move_field", first.pk, form={"to": "up"})
    assert labels(acme) == ["One", "Three", "Two"]
    part = alice.post("move_field", first.pk, form={"to": "down"}, htmx=True)
    assert labels(acme) == ["Three", "One", "Two"]
    assert part.status_code == 200
    assert b"<main" not in part.content


def test_deleting_warns_first_and_can_be_undone(acme: Tenant, alice: Member) -> None:
    field = a_field(acme, key="tier")
    ana = add(acme, name="Ana")
    with tenant_context(acme):
        fields.write("contact", {ana.pk: {"tier": "A"}}, by=alice.user)
        rule = {"all": [{"none": [{"criterion": "field:tier", "operator": "known"}]}]}
        Segment.objects.create(name="Without a tier", rule=rule)
        SavedView.objects.create(name="Best first", audience="everyone", query="sort=-f%3Atier")
        SavedView.objects.create(name="By tier", audience="everyone", query="where=field%3Atier.known")
        SavedView.objects.create(name="My secret", owner=alice.user, query="columns=name%2Cf%3Atier")
        SavedView.objects.create(name="By another", audience="everyone", query="where=field%3Atiers.known")

    warning = alice.get("delete_field", field.pk).content.decode()
    assert "1 contact has a value" in warning
    assert "Without a tier" in warning
    assert "Best first" in warning
    assert "By tier" in warning
    assert "Private view" in warning
    assert "My secret" not in warning
    assert "By another" not in warning
    assert labels(acme) == ["Tier"]

    alice.post("delete_field", field.pk)
    assert labels(acme) == []
    assert alice.post("delete_field", field.pk).status_code == 404

    alice.post("restore_field", field.pk)
    assert labels(acme) == ["Tier"]
    with tenant_context(acme):
        assert fields.values("contact", [ana.pk]) == {ana.pk: {"tier": "A"}}


def test_entries_are_renamed_added_ordered_and_retired(acme: Tenant, alice: Member) -> None:
    field = a_field(acme, "choice", key="tier")
    ana = add(acme, name="Ana")
    with tenant_context(acme):
        fields.write("contact", {ana.pk: {"tier": "silver"}}, by=alice.user)
        gold, silver, bronze = field.choices.order_by("position")
    form = {
        "label": "Tier",
        "more": "Platinum",
        f"label-{gold.pk}": "Golden",
        f"offered-{gold.pk}": "on",
        f"label-{silver.pk}": "Silver",
        f"label-{bronze.pk}": "Bronze",
        f"offered-{bronze.pk}": "on",
        "up": str(bronze.pk),
    }

    alice.post("edit_field", field.pk, form=form)

    with tenant_context(acme):
        found = list(field.choices.order_by("position").values_list("label", "retired_at"))
        assert [label for label, _retired in found] == ["Golden", "Bronze", "Silver", "Platinum"]
        assert [label for label, retired in found if retired] == ["Silver"]
        (field,) = fields.of("contact")
        assert fields.texts("contact", [ana.pk], [field]) == {ana.pk: {"tier": "Silver"}}


def test_only_who_manages_settings_gets_in(acme: Tenant, vera: Member, outsider: Member) -> None:
    field = a_field(acme)

    for name, given in (("field_list", ()), ("create_field", ()), ("edit_field", (field.pk,))):
        assert vera.get(name, *given).status_code == 403
        assert outsider.get(name, *given).status_code == 404


@pytest.mark.usefixtures("in_acme")
def test_a_key_is_made_of_any_alphabet() -> None:
    assert defining.free_key("contact", "Łódź – größe #1") == "lodz_grosse_1"
    assert defining.free_key("contact", "好き") == "field"
    assert defining.free_key("contact", "2nd shop") == "f_2nd_shop"
