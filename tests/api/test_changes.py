"""What programs change besides people, and how they learn of what has changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from consent import purposes
from contacts.models import Contact, Segment
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.api.conftest import Program, make_program
from tests.cast import Member

PORTUGAL = {"all": [{"criterion": "country", "operator": "any_of", "value": ["PT"]}]}
POLAND = {"all": [{"criterion": "country", "operator": "any_of", "value": ["PL"]}]}


def since(days: float) -> str:
    return (timezone.now() - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def names(program: Program, path: str) -> list[str]:
    answer = program.get(path)
    assert answer.status_code == 200, answer.content
    return [each["name"] for each in answer.json()["items"]]


def test_only_what_has_changed_since(shop: Program, acme: Tenant) -> None:
    ids = {name: shop.post("/contacts", {"name": name}).json()["id"] for name in ("Ana", "Bo", "Cy")}
    with tenant_context(acme):
        for days, name in ((9, "Ana"), (6, "Bo"), (3, "Cy")):
            Contact.objects.filter(pk=ids[name]).update(updated_at=timezone.now() - timedelta(days=days))
    assert names(shop, f"/contacts?updated_since={since(7)}&order=updated") == ["Bo", "Cy"]
    shop.patch(f"/contacts/{ids['Ana']}", {"city": "Porto"})
    assert names(shop, f"/contacts?updated_since={since(5)}&order=updated") == ["Cy", "Ana"]
    assert shop.get("/contacts?updated_since=yesterday").status_code == 422


def test_who_went_into_the_bin_since(shop: Program) -> None:
    ana = shop.post("/contacts", {"name": "Ana"}).json()["id"]
    for _time in range(2):
        assert shop.delete(f"/contacts/{ana}").status_code == 204
    assert names(shop, "/contacts") == []
    assert names(shop, f"/contacts?bin=in&updated_since={since(1)}") == ["Ana"]
    assert names(shop, f"/contacts?bin=in&updated_since={since(-1)}") == []
    assert shop.post(f"/contacts/{ana}/restore").status_code == 200


def test_a_segment_is_made_changed_and_archived(shop: Program) -> None:
    made = shop.post("/segments", {"name": "South", "rule": PORTUGAL})
    assert made.status_code == 201, made.content
    place = f"/segments/{made.json()['id']}"
    changed = shop.patch(place, {"rule": POLAND, "name": "East"}).json()
    assert (changed["name"], changed["rule"]["all"][0]["value"]) == ("East", ["PL"])
    assert shop.patch(place, {"description": "Ours"}).json()["name"] == "East"
    assert names(shop, f"/segments?updated_since={since(1)}") == ["East"]
    assert names(shop, f"/segments?updated_since={since(-1)}") == []
    for _time in range(2):
        assert shop.delete(place).status_code == 204
    assert names(shop, "/segments") == []
    assert shop.patch(place, {"name": "West"}).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [{"rule": {}}, {"rule": {"all": [{"criterion": "shoe"}]}}, {"name": " "}, {"colour": "red"}],
    ids=str,
)
def test_a_segment_that_cannot_be_is_refused(shop: Program, acme: Tenant, wrong: dict[str, object]) -> None:
    place = f"/segments/{shop.post('/segments', {'name': 'South', 'rule': PORTUGAL}).json()['id']}"
    assert shop.patch(place, wrong).status_code == 422
    assert shop.post("/segments", {"name": "Other", "rule": PORTUGAL, **wrong}).status_code == 422
    with tenant_context(acme):
        assert Segment.objects.count() == 1


def test_a_draft_is_changed_and_deleted(shop: Program, acme: Tenant) -> None:
    with tenant_context(acme):
        campaign = make.CampaignFactory()
        segment = make.SegmentFactory()
    place = f"/campaigns/{campaign.pk}"
    changed = shop.patch(place, {"name": "Autumn", "segment_id": str(segment.pk), "purpose": purposes.NEWSLETTER})
    assert changed.status_code == 200, changed.content
    told = changed.json()
    assert (told["name"], told["segment_id"], told["purpose"]) == ("Autumn", str(segment.pk), purposes.NEWSLETTER)
    assert shop.patch(place, {"segment_id": "999999"}).status_code == 422
    assert shop.patch(place, {"purpose": "nothing"}).status_code == 422
    assert names(shop, f"/campaigns?updated_since={since(1)}") == ["Autumn"]
    assert shop.delete(place).status_code == 204
    assert shop.delete(place).status_code == 404


def test_what_was_sent_stays_as_it_was(shop: Program, acme: Tenant) -> None:
    with tenant_context(acme):
        campaign = make.CampaignFactory()
        Campaign.objects.filter(pk=campaign.pk).update(state="sent")
    place = f"/campaigns/{campaign.pk}"
    assert shop.patch(place, {"name": "Winter"}).status_code == 409
    assert shop.delete(place).status_code == 409
    assert shop.get(place).json()["name"] == campaign.name


def test_reading_is_not_writing(alice: Member, acme: Tenant) -> None:
    reader = make_program(alice, "segments:read", "campaigns:read", "contacts:read")
    with tenant_context(acme):
        places = [
            f"/segments/{make.SegmentFactory().pk}",
            f"/campaigns/{make.CampaignFactory().pk}",
            f"/contacts/{make.ContactFactory().pk}",
        ]
    assert {reader.delete(place).status_code for place in places} == {403}
    assert {reader.patch(place, {"name": "X"}).status_code for place in places} == {403}
    assert {reader.get(place).status_code for place in places} == {200}


def test_other_tenants_rows_cannot_be_changed(charlie: Member, acme: Tenant) -> None:
    theirs = make_program(charlie)
    with tenant_context(acme):
        places = [f"/segments/{make.SegmentFactory().pk}", f"/campaigns/{make.CampaignFactory().pk}"]
    assert {theirs.delete(place).status_code for place in places} == {404}
