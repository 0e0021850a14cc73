"""Segments through the API: lists by hand, who was in when, who came and left and why."""

from __future__ import annotations

import pytest
from django.utils import timezone

from contacts.segments import services
from ecrm.jobs.outbox import drain
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program, make_program
from tests.cast import Member

PORTUGAL = {"all": [{"criterion": "country", "operator": "any_of", "value": ["PT"]}]}


def work(tenant: Tenant) -> None:
    with tenant_context(tenant):
        drain()


@pytest.fixture
def moved(shop: Program, acme: Tenant) -> dict[str, str]:
    """Ana moved to Portugal, Bo left it: their ids and the segment's, and an instant between."""
    ana = shop.post("/contacts", {"name": "Ana", "country": "PL"}).json()["id"]
    bo = shop.post("/contacts", {"name": "Bo", "country": "PT"}).json()["id"]
    segment = shop.post("/segments", {"name": "Portugal", "rule": PORTUGAL}).json()["id"]
    work(acme)
    between = timezone.now()
    for contact, country in ((ana, "PT"), (bo, "PL")):
        shop.patch(f"/contacts/{contact}", {"country": country})
    with tenant_context(acme):
        services.refresh_dirty()
    return {"ana": ana, "bo": bo, "segment": segment, "between": between.isoformat().replace("+00:00", "Z")}


def test_who_is_in_and_who_was(shop: Program, moved: dict[str, str]) -> None:
    path = f"/segments/{moved['segment']}/members"
    assert [each["name"] for each in shop.get(path).json()["items"]] == ["Ana"]
    then = shop.get(f"{path}?at={moved['between']}").json()["items"]
    assert [each["name"] for each in then] == ["Bo"]
    assert shop.get(f"{path}?at=2020-01-01T00:00:00Z").json()["items"] == []


def test_a_segment_is_renamed_without_its_rule(shop: Program, moved: dict[str, str]) -> None:
    renamed = shop.patch(f"/segments/{moved['segment']}", {"name": "Lusitania"})
    assert (renamed.status_code, renamed.json()["name"], renamed.json()["rule"]) == (200, "Lusitania", PORTUGAL)


def test_who_came_and_left_and_why(shop: Program, moved: dict[str, str]) -> None:
    path = f"/segments/{moved['segment']}/history"
    came = shop.get(f"{path}?since={moved['between']}").json()["items"]
    assert [(each["name"], each["left_at"]) for each in came] == [("Ana", None)]
    assert "Portugal" in came[0]["entered_because"]
    (left,) = shop.get(f"{path}?side=left").json()["items"]
    assert (left["contact_id"], "Portugal" in left["left_because"]) == (moved["bo"], True)
    assert [each["name"] for each in shop.get(f"{path}?until={moved['between']}").json()["items"]] == ["Bo"]
    told = shop.get(f"/segments/{moved['segment']}/explain/{moved['bo']}").json()
    assert (told["is_in"], told["last_stay"]["left_because"]) == (False, left["left_because"])


def test_how_it_grew(shop: Program, moved: dict[str, str]) -> None:
    told = shop.get(f"/segments/{moved['segment']}/growth").json()
    assert (told["members_before"], told["members_after"], told["entered"], told["left"]) == (0, 1, 2, 1)
    assert sum(each["entered"] for each in told["reasons"]) == 2
    before = shop.get(f"/segments/{moved['segment']}/growth?first=2020-01-01&last=2020-01-31").json()
    assert (before["first"], before["entered"], before["members_after"]) == ("2020-01-01", 0, 0)
    wrong = shop.get(f"/segments/{moved['segment']}/growth?first=2020-02-01&last=2020-01-31")
    assert wrong.json()["errors"][0]["field"] == "first"


def test_lists_by_hand(shop: Program, acme: Tenant) -> None:
    ana, bo = (shop.post("/contacts", {"name": name}).json()["id"] for name in ("Ana", "Bo"))
    made = shop.post("/segments/static", {"name": "Guests", "contact_ids": [ana, "999999"]})
    assert (made.status_code, made.json()["kind"]) == (201, "static"), made.content
    path = f"/segments/{made.json()['id']}"
    work(acme)
    assert [each["name"] for each in shop.get(f"{path}/members").json()["items"]] == ["Ana"]
    assert shop.post(f"{path}/people", {"add": [ana, bo], "remove": [ana]}).json() == {"added": 1, "removed": 1}
    work(acme)
    assert [each["name"] for each in shop.get(f"{path}/members").json()["items"]] == ["Bo"]
    ruled = shop.post("/segments", {"name": "Portugal", "rule": PORTUGAL}).json()["id"]
    assert shop.post(f"/segments/{ruled}/people", {"add": [ana]}).status_code == 409
    assert shop.patch(path, {"rule": PORTUGAL}).status_code == 422


def test_out_of_use_and_back(shop: Program) -> None:
    segment = shop.post("/segments", {"name": "Portugal", "rule": PORTUGAL}).json()["id"]
    shop.delete(f"/segments/{segment}")
    for _time in range(2):
        assert shop.post(f"/segments/{segment}/restore").json()["archived_at"] is None


def test_a_rule_is_counted_without_keeping_it(shop: Program) -> None:
    for country in ("PT", "PT", "PL"):
        shop.post("/contacts", {"name": "P", "country": country})
    told = shop.post("/segments/count", {"rule": PORTUGAL}).json()
    assert (told["everybody"], told["total"]) == (3, 2)
    assert told["drop_off"] == [{"place": "0", "left": 2}]
    assert shop.get("/segments").json()["items"] == []
    assert shop.post("/segments/count", {"rule": {"some": []}}).status_code == 422


def test_people_need_the_right_to_read_people(alice: Member, moved: dict[str, str]) -> None:
    narrow = make_program(alice, "segments:read", "segments:write")
    for rest in ("members", "history", f"explain/{moved['ana']}"):
        assert narrow.get(f"/segments/{moved['segment']}/{rest}").status_code == 403
    assert narrow.post("/segments/static", {"name": "X"}).status_code == 403
    assert narrow.get(f"/segments/{moved['segment']}/growth").status_code == 200


def test_the_segment_of_a_name_is_made_once(shop: Program) -> None:
    made = shop.post("/segments/upsert", {"name": "Portugal", "rule": PORTUGAL, "description": "All of it"})
    assert made.status_code == 201
    again = shop.post("/segments/upsert", {"name": " Portugal ", "rule": PORTUGAL})
    assert (again.status_code, again.json()) == (200, made.json())
    spain = {"all": [{"criterion": "country", "operator": "any_of", "value": ["ES"]}]}
    changed = shop.post("/segments/upsert", {"name": "Portugal", "rule": spain}).json()
    assert (changed["id"], changed["rule"], changed["description"]) == (made.json()["id"], spain, "All of it")
    assert [each["id"] for each in shop.get("/segments?name=Portugal").json()["items"]] == [changed["id"]]
    assert shop.get("/segments?name=Spain").json()["items"] == []
    shop.post("/segments/static", {"name": "By hand"})
    assert shop.post("/segments/upsert", {"name": "By hand", "rule": spain}).status_code == 422


UNKNOWN = {"criterion": "shoe_size", "operator": "is", "value": 43}


@pytest.mark.parametrize(
    ("rule", "pointers"),
    [
        ({"all": [PORTUGAL["all"][0], {"any": [UNKNOWN]}, {"none": []}]}, ["/rule/all/1/any/0", "/rule/all/2"]),
        ({"any": [UNKNOWN, PORTUGAL["all"][0]]}, ["/rule/any/0"]),
        (UNKNOWN, ["/rule"]),
        ({"criterion": "country", "operator": "any_of"}, ["/rule"]),
        ({"any": [{"all": [{"criterion": "segment", "operator": "in", "value": [999999]}]}]}, ["/rule/any/0/all/0"]),
    ],
)
def test_what_is_wrong_with_a_rule_is_pointed_at(rule: object, pointers: list[str], shop: Program) -> None:
    for path, method in (("/segments", shop.post), ("/segments/upsert", shop.post), ("/contacts/search", shop.post)):
        body = {"rule": rule} if "search" in path else {"name": "X", "rule": rule}
        told = method(path, body)
        assert told.status_code == 422, (path, told.content)
        if "search" not in path or "999999" not in str(rule):
            assert [error["pointer"] for error in told.json()["errors"]] == pointers
        assert "any/0:" not in told.json()["detail"]


def test_only_what_is_in_a_body_is_pointed_at(shop: Program) -> None:
    told = shop.post("/contacts", {"name": "Ana", "emails": [{"address": "nonsense"}]}).json()
    assert [error["pointer"] for error in told["errors"]] == ["/emails/0/address"]
    asked = shop.get("/contacts?where=shoe_size.is:43").json()
    assert [error["pointer"] for error in asked["errors"]] == [""]


def test_what_segments_share(shop: Program, moved: dict[str, str], acme: Tenant) -> None:
    shop.patch(f"/contacts/{moved['bo']}", {"country": "PT"})
    both = shop.post("/segments/static", {"name": "Guests", "contact_ids": [moved["ana"]]}).json()["id"]
    work(acme)
    with tenant_context(acme):
        services.refresh_dirty()
    told = shop.get(f"/segments/{both}/overlap").json()
    assert told == [{"segment_id": moved["segment"], "name": "Portugal", "both": 1, "only_here": 0}]


def test_what_a_rule_asks_already_holds_up_no_other_change(shop: Program, acme: Tenant) -> None:
    old = {"criterion": "email", "operator": "domain", "value": ["localhost"]}
    with tenant_context(acme):
        segment = services.create_segment(name="Old", rule={"all": [old]}, by=None)
    more = {"all": [old, *PORTUGAL["all"]]}
    assert shop.patch(f"/segments/{segment.pk}", {"rule": more}).json()["rule"] == more
    worse = {"all": [{**old, "value": ["localhost", "acme"]}, *PORTUGAL["all"]]}
    assert shop.patch(f"/segments/{segment.pk}", {"rule": worse}).json()["errors"][0]["pointer"] == "/rule/all/0"
    assert shop.post("/segments", {"name": "New", "rule": more}).status_code == 422
