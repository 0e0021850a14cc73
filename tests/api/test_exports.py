"""Exports through the API: started, followed, fetched."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ecrm.audit.models import AuditEntry
from ecrm.jobs.models import Job
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.api.conftest import Program, make_program
from tests.cast import Member


@pytest.fixture
def _people(shop: Program) -> None:
    for name, country in (("Ana", "PT"), ("Bo", "PL")):
        shop.post("/contacts", {"name": name, "country": country, "emails": [{"address": f"{name}@example.com"}]})


def fetched(shop: Program, **asked: object) -> bytes:
    told = shop.post("/exports", asked)
    assert told.status_code == 202, told.content
    path = f"/exports/{told.json()['id']}"
    assert shop.get(f"{path}/file").status_code == 409
    shop.work()
    found = shop.get(path).json()
    assert (found["state"], found["format"], found["done"]) == ("done", asked["format"], found["total"])
    answer = shop.get(f"{path}/file")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    assert len(content) == found["file"]["size"]
    return content


@pytest.mark.usefixtures("_people")
def test_whom_a_condition_finds_as_a_table(shop: Program, acme: Tenant) -> None:
    content = fetched(shop, format="csv", where=["country.any_of:PT,"])
    (ana,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert (ana["Full name"], ana["Email"]) == ("Ana", "Ana@example.com")
    with tenant_context(acme):
        actions = AuditEntry.objects.filter(token_id=shop.token.pk).values_list("action", flat=True)
        assert {"contact.export_begun", "file.downloaded"} <= set(actions)


@pytest.mark.usefixtures("_people")
def test_everybody_as_lines_comes_back_as_an_import(shop: Program) -> None:
    lines = fetched(shop, format="jsonl").decode()
    assert [json.loads(line)["name"] for line in lines.splitlines()] == ["Ana", "Bo"]
    told = shop.send_lines("/imports", lines)
    shop.post(f"/imports/{told.json()['id']}/check", {})
    shop.work()
    counts = shop.get(f"/imports/{told.json()['id']}").json()["checked"]
    assert (counts["new"], counts["update"], counts["same"]) == (0, 0, 2)


@pytest.mark.usefixtures("_people")
def test_members_of_a_segment(shop: Program) -> None:
    rule = {"criterion": "country", "operator": "any_of", "value": ["PL"]}
    segment = shop.post("/segments", {"name": "Poland", "rule": {"all": [rule]}}).json()["id"]
    shop.work()
    assert b"Bo@example.com" in fetched(shop, format="vcf", segment_id=segment)


def test_what_cannot_be_exported(shop: Program, alice: Member) -> None:
    assert shop.post("/exports", {"format": "pdf"}).status_code == 422
    told = shop.post("/exports", {"format": "csv", "where": ["colour.any_of:red,"]})
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "where.0")
    told = shop.post(
        "/exports", {"format": "csv", "where": [f"country.any_of:{'PT,' * 40}", f"country.none_of:{'PL,' * 90}"]}
    )
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "where")
    assert shop.post("/exports", {"format": "csv", "segment_id": "999999"}).status_code == 422
    narrow = make_program(alice, "exports:write")
    segment = shop.post("/segments", {"name": "All", "rule": {"all": []}}).json()["id"]
    assert narrow.post("/exports", {"format": "csv", "segment_id": segment}).status_code == 403


def test_an_export_is_stopped_before_it_is_written(shop: Program) -> None:
    export = shop.post("/exports", {"format": "csv"}).json()["id"]
    for _time in range(2):
        assert shop.post(f"/exports/{export}/cancel").status_code == 200
    shop.work()
    told = shop.get(f"/exports/{export}").json()
    assert (told["state"], told["file"]) == ("cancelled", None)


def test_only_exports_of_people_and_ones_own(shop: Program, acme: Tenant, alice: Member, bob: Member) -> None:
    export = shop.post("/exports", {"format": "csv"}).json()["id"]
    with tenant_context(acme):
        other = make.JobFactory(kind="export", url="/acme/settings/audit/", requested_by=alice.user)
        assert Job.objects.count() == 2
        membership = acme.memberships.get(user=bob.user)
        membership.roles = ["admin"]
        membership.save()
    assert [each["id"] for each in shop.get("/exports").json()["items"]] == [export]
    assert shop.get(f"/exports/{other.pk}").status_code == 404
    assert make_program(bob).get(f"/exports/{export}").status_code == 404
