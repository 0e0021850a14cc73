"""Many people in one request: each row has its own fate."""

from __future__ import annotations

from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program, make_program
from tests.cast import Member


def test_rows_are_created_changed_and_refused_on_their_own(shop: Program, acme: Tenant) -> None:
    bo = shop.post("/contacts", {"name": "Bo", "tags": ["old"]}).json()["id"]
    rows = [
        {"emails": [{"address": "ana@example.com"}], "name": "Ana"},
        {"emails": [{"address": "ana@example.com"}], "city": "Porto"},
        {"id": bo, "tags": ["new"]},
        {"name": "Cy", "emails": [{"address": "cy@under_score.example"}]},
        {"id": "999999", "name": "Nobody"},
        {"name": "Dee", "identities": [{"namespace": "shop", "id": "guest"}]},
    ]
    told = shop.post("/contacts/bulk", {"items": rows})
    assert told.status_code == 200, told.content
    answer = told.json()
    assert [row["result"] for row in answer["rows"]] == ["created", "updated", "updated", *["refused"] * 3]
    assert [row["status"] for row in answer["rows"]] == [201, 200, 200, 422, 404, 422]
    assert answer["refused"] == 3
    assert answer["rows"][3]["errors"][0]["field"] == "emails"
    ana = shop.get(f"/contacts/{answer['rows'][0]['id']}").json()
    assert (ana["name"], ana["city"]) == ("Ana", "Porto")
    assert shop.get(f"/contacts/{bo}").json()["tags"] == ["new"]
    with tenant_context(acme):
        assert set(Contact.objects.values_list("name", flat=True)) == {"Ana", "Bo"}


def test_the_same_rows_again_change_nothing(shop: Program) -> None:
    rows = {
        "items": [
            {"identities": [{"namespace": "shop", "id": f"C-{number}"}], "name": f"P{number}"} for number in range(3)
        ]
    }
    first, second = (shop.post("/contacts/bulk", rows).json()["rows"] for _time in range(2))
    assert [row["id"] for row in first] == [row["id"] for row in second]
    assert len(shop.get("/contacts").json()["items"]) == 3
    names = [each["name"] for each in shop.get(f"/contacts/{first[0]['id']}/events").json()["items"]]
    assert names == ["contact.created"]


def test_a_row_that_does_not_fit_refuses_the_request(shop: Program) -> None:
    told = shop.post("/contacts/bulk", {"items": [{"name": "Ana"}, {"name": 7}]})
    assert told.status_code == 422
    assert told.json()["errors"][0]["field"] == "items.1.name"
    assert shop.get("/contacts").json()["items"] == []
    assert shop.post("/contacts/bulk", {"items": [{"name": "X"}] * 1001}).status_code == 422


def test_tags_bin_and_back(shop: Program) -> None:
    ids = [shop.post("/contacts", {"name": name}).json()["id"] for name in ("Ana", "Bo")]
    asked = [*ids, "999999"]
    told = shop.post("/contacts/bulk/tags", {"ids": asked, "add": ["vip"]}).json()
    assert [row["result"] for row in told["rows"]] == ["tagged", "tagged", "refused"]
    assert shop.get("/contacts?tag=vip&order=name").json()["items"][1]["name"] == "Bo"
    for expected in ("deleted", "unchanged"):
        told = shop.post("/contacts/bulk/delete", {"ids": asked}).json()
        assert [row["result"] for row in told["rows"]] == [expected, expected, "refused"]
    for expected in ("restored", "unchanged"):
        told = shop.post("/contacts/bulk/restore", {"ids": asked}).json()
        assert [row["result"] for row in told["rows"]] == [expected, expected, "refused"]


def test_people_out_of_sight_are_not_there(acme: Tenant, alice: Member) -> None:
    from tests.cast import join, make_user

    seller = make_program(join(make_user("Sam"), acme, "sales"), "contacts:read", "contacts:write")
    hers = make_program(alice).post("/contacts", {"name": "Ana", "owner_id": str(alice.user.pk)}).json()["id"]
    told = seller.post("/contacts/bulk/tags", {"ids": [hers], "add": ["mine"]}).json()
    assert told["refused"] == 1
    told = seller.post("/contacts/bulk", {"items": [{"id": hers, "name": "Mine"}]}).json()
    assert told["rows"][0]["status"] == 404
    assert make_program(alice).get(f"/contacts/{hers}").json()["tags"] == []


def test_binning_many_is_a_right_of_its_own(acme: Tenant, bob: Member) -> None:
    from ecrm.tenancy.roles import Capability

    assert not acme.memberships.get(user=bob.user).may(Capability.CONTACTS_BULK_DELETE)
    hers = make_program(bob, "contacts:read", "contacts:write")
    ana = hers.post("/contacts", {"name": "Ana"}).json()["id"]
    assert hers.post("/contacts/bulk/delete", {"ids": [ana]}).status_code == 403


def test_how_other_systems_name_people(shop: Program) -> None:
    ana = shop.post("/contacts", {"name": "Ana"}).json()["id"]
    bo = shop.post("/contacts", {"name": "Bo"}).json()["id"]
    for _time in range(2):
        told = shop.post(f"/contacts/{ana}/identities", {"namespace": "shop", "id": "C/1"})
        assert told.json() == [{"namespace": "shop", "id": "C/1"}]
    assert shop.post(f"/contacts/{bo}/identities", {"namespace": "shop", "id": "C/1"}).status_code == 409
    assert shop.post(f"/contacts/{bo}/identities", {"namespace": "shop", "id": "null"}).status_code == 422
    listed = shop.get("/identities?namespace=shop").json()["items"]
    assert listed == [{"namespace": "shop", "id": "C/1", "contact_id": ana}]
    for _time in range(2):
        assert shop.delete(f"/contacts/{ana}/identities?namespace=shop&id=C/1").status_code == 204
    assert shop.get("/identities").json()["items"] == []
