"""Cases through the API: a chat's program hands one over and hears what became of it."""

from __future__ import annotations

from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.api.conftest import Program


def test_from_opening_to_solving(shop: Program) -> None:
    ana = shop.post("/contacts", {"name": "Ana", "emails": [{"address": "ana@example.com"}]}).json()["id"]
    opened = shop.post(
        "/cases", {"contact_id": ana, "subject": "Broken cup", "text": "It came in two.", "priority": "high"}
    )
    assert opened.status_code == 201
    case = opened.json()
    assert (case["state"], case["priority"], case["contact_id"]) == ("new", "high", ana)
    assert shop.post(f"/cases/{case['id']}/messages", {"text": "We are sorry."}).status_code == 201
    assert shop.post(f"/cases/{case['id']}/messages", {"text": "Third this week.", "kind": "note"}).status_code == 201
    said = shop.get(f"/cases/{case['id']}/messages").json()["items"]
    assert [(each["kind"], each["text"]) for each in said] == [
        ("message", "It came in two."),
        ("answer", "We are sorry."),
        ("note", "Third this week."),
    ]
    assert shop.get(f"/cases/{case['id']}").json()["state"] == "on_customer"
    for _time in range(2):
        assert shop.post(f"/cases/{case['id']}/solve").json()["state"] == "solved"
    assert [each["id"] for each in shop.get("/cases?state=solved").json()["items"]] == [case["id"]]
    assert shop.get(f"/cases?contact_id={ana}&state=new").json()["items"] == []


def test_other_tenants_cases_lead_nowhere(shop: Program, globex: Tenant) -> None:
    with tenant_context(globex):
        case = make.CaseFactory()
    assert shop.get(f"/cases/{case.pk}").status_code == 404
    assert shop.post(f"/cases/{case.pk}/messages", {"text": "Hello"}).status_code == 404
