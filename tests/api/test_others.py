"""Segments, consent and campaigns through the API."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.models import Campaign
from consent import purposes
from contacts.segments import services as segments
from ecrm.jobs.outbox import drain
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests import factories as make
from tests.api.conftest import Program, make_program
from tests.cast import Member


@pytest.fixture
def segment_id(shop: Program, acme: Tenant, owner: User) -> str:
    shop.post("/contacts", {"name": "Ana", "country": "PT"})
    shop.post("/contacts", {"name": "Bo", "country": "PL"})
    with tenant_context(acme):
        segment = segments.create_segment(name="Portugal", rule=rule(), by=owner)
        drain()
        return str(segment.pk)


def rule() -> Any:
    """The country condition as the product itself writes it."""
    from contacts.segments import tree

    return tree.as_json(tree.parse({"all": [{"criterion": "country", "operator": "any_of", "value": ["PT"]}]}))


def test_segments_and_their_members(shop: Program, segment_id: str) -> None:
    listed = shop.get("/segments").json()["items"]
    assert [(each["id"], each["name"], each["member_count"]) for each in listed] == [(segment_id, "Portugal", 1)]
    members = shop.get(f"/segments/{segment_id}/members").json()["items"]
    assert [each["name"] for each in members] == ["Ana"]
    assert [each["name"] for each in shop.get(f"/contacts?segment_id={segment_id}").json()["items"]] == ["Ana"]
    assert shop.get(f"/segments/{segment_id}").json()["rule"] == rule()


def test_why_somebody_is_in_or_out(shop: Program, segment_id: str) -> None:
    found = {}
    for person in shop.get("/contacts").json()["items"]:
        found[person["name"]] = shop.get(f"/segments/{segment_id}/explain/{person['id']}").json()
    assert (found["Ana"]["is_in"], found["Bo"]["is_in"]) == (True, False)
    (condition,) = found["Bo"]["finding"]["parts"]
    assert not condition["holds"]
    assert condition["sentence"]


def test_members_need_the_right_to_read_people(alice: Member, segment_id: str) -> None:
    narrow = make_program(alice, "segments:read")
    assert narrow.get("/segments").status_code == 200
    assert narrow.get(f"/segments/{segment_id}/members").status_code == 403


def test_consent_is_recorded_with_its_evidence(shop: Program, acme: Tenant) -> None:
    ana = shop.post("/contacts", {"name": "Ana"}).json()["id"]
    key = purposes.NEWSLETTER
    assert key in {each["key"] for each in shop.get("/purposes").json()["items"]}
    assert standing(shop, ana, key) == (False, "never_asked")
    evidence = {"origin": "Checkout, box ticked", "url": "https://shop.example/checkout", "ip": "203.0.113.9"}
    told = shop.post("/consent", {"contact_id": ana, "purpose": key, "decision": "granted", "evidence": evidence})
    assert told.status_code == 201
    assert told.json()["source"] == "api"
    assert told.json()["evidence"] == {**evidence, "token": shop.token.pk}
    assert standing(shop, ana, key) == (True, "granted")
    shop.post(
        "/consent", {"contact_id": ana, "purpose": key, "decision": "withdrawn", "evidence": {"origin": "By phone"}}
    )
    assert standing(shop, ana, key) == (False, "withdrawn")
    rows = shop.get(f"/consent?contact_id={ana}&purpose={key}").json()["items"]
    assert [each["decision"] for each in rows] == ["withdrawn", "granted"]


def standing(shop: Program, contact_id: str, key: str) -> tuple[bool, str]:
    items = shop.get(f"/consent/standing/{contact_id}").json()["items"]
    return next((each["allowed"], each["reason"]) for each in items if each["purpose"] == key)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"evidence": {}}, 422),
        ({"evidence": {"origin": ""}}, 422),
        ({"purpose": "nothing"}, 404),
        ({"contact_id": "999999"}, 404),
        ({"given_at": "2999-01-01T00:00:00Z"}, 422),
        ({"notice_version": 99}, 422),
        ({"decision": "maybe"}, 422),
    ],
    ids=str,
)
def test_consent_that_proves_nothing_is_refused(shop: Program, wrong: dict[str, Any], status: int) -> None:
    ana = shop.post("/contacts", {"name": "Ana"}).json()["id"]
    answer = {"contact_id": ana, "purpose": purposes.NEWSLETTER, "decision": "granted", "evidence": {"origin": "Form"}}
    assert shop.post("/consent", {**answer, **wrong}).status_code == status
    assert shop.get("/consent").json()["items"] == []


def test_campaigns_and_their_results(shop: Program, acme: Tenant) -> None:
    with tenant_context(acme):
        outcome = make.OutcomeFactory()
        campaign: Campaign = outcome.campaign
    listed = shop.get("/campaigns").json()["items"]
    assert [each["id"] for each in listed] == [str(campaign.pk)]
    assert shop.get("/campaigns?state=sent").json()["items"] == []
    assert shop.get(f"/campaigns/{campaign.pk}").json()["name"] == campaign.name
    results = shop.get(f"/campaigns/{campaign.pk}/results").json()
    assert results["clicked"] == 0
    assert results["left_out"] == []


def test_other_tenants_ids_lead_nowhere(shop: Program, globex: Tenant) -> None:
    with tenant_context(globex):
        ids = {
            f"/contacts/{make.ContactFactory().pk}",
            f"/segments/{make.SegmentFactory().pk}",
            f"/campaigns/{make.CampaignFactory().pk}",
            f"/campaigns/{make.CampaignFactory().pk}/results",
            f"/consent/standing/{make.ContactFactory().pk}",
        }
        record = make.ConsentRecordFactory()
    assert {shop.get(path).status_code for path in ids} == {404}
    assert shop.get(f"/consent?contact_id={record.contact_id}").json()["items"] == []
