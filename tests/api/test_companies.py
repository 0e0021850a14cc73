"""Companies, tags and custom fields through the API."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import services
from contacts.companies.merge.services import merge_companies
from contacts.models import CompanyChange
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program, make_program
from tests.cast import Member
from tests.contacts.fields.conftest import make as make_field

VERDE = {"name": "Verde Lda", "domains": ["https://www.Verde.example/about"], "city": "Porto", "country": "PT"}


def test_a_company_from_its_making_to_the_bin_and_back(shop: Program) -> None:
    told = shop.post("/companies", VERDE)
    assert told.status_code == 201, told.content
    verde = told.json()
    assert verde["domains"] == ["verde.example"]
    assert shop.get(f"/companies/{verde['id']}").json() == verde
    changed = shop.patch(f"/companies/{verde['id']}", {"city": "Braga"}).json()
    assert (changed["city"], changed["country"], changed["domains"]) == ("Braga", "PT", ["verde.example"])
    for _time in range(2):
        assert shop.delete(f"/companies/{verde['id']}").status_code == 204
    assert shop.patch(f"/companies/{verde['id']}", {"city": "Faro"}).status_code == 409
    assert shop.get("/companies").json()["items"] == []
    assert [each["id"] for each in shop.get("/companies?bin=in").json()["items"]] == [verde["id"]]
    assert shop.post(f"/companies/{verde['id']}/restore").json()["binned_at"] is None


def test_what_is_taken_is_a_conflict_told_by_field(shop: Program) -> None:
    shop.post("/companies", VERDE)
    told = shop.post("/companies", {"name": "VERDE  lda"})
    assert (told.status_code, told.json()["errors"][0]["field"]) == (409, "name")
    told = shop.post("/companies", {"name": "Other", "domains": ["verde.example"]})
    assert (told.status_code, told.json()["errors"][0]["field"]) == (409, "domains")
    assert shop.post("/companies", {"name": "Free", "domains": ["gmail.com"]}).status_code == 422
    assert shop.post("/companies", {"city": "Porto"}).json()["errors"][0]["field"] == "name"


def test_upserts_find_by_domain_then_by_name(shop: Program) -> None:
    assert shop.post("/companies/upsert", VERDE).status_code == 201
    told = shop.post("/companies/upsert", {"domains": ["verde.example", "verde.pt"], "name": "Verde SA"})
    assert (told.status_code, told.json()["name"]) == (200, "Verde SA")
    assert told.json()["domains"] == ["verde.example", "verde.pt"]
    told = shop.post("/companies/upsert", {"name": "verde sa", "phone": "12"})
    assert (told.status_code, told.json()["phone"], told.json()["city"]) == (200, "12", "Porto")
    rows = [{"name": "Verde SA", "city": "Faro"}, {"name": "Azul"}, {"name": "Bad", "domains": ["no domain"]}]
    bulk = shop.post("/companies/bulk", {"items": rows}).json()
    assert [row["result"] for row in bulk["rows"]] == ["updated", "created", "refused"]
    assert [each["name"] for each in shop.get("/companies").json()["items"]] == ["Azul", "Verde SA"]
    assert [each["name"] for each in shop.get("/companies?q=faro").json()["items"]] == ["Verde SA"]
    assert [each["name"] for each in shop.get("/companies?domain=VERDE.pt").json()["items"]] == ["Verde SA"]


def test_an_upsert_by_a_name_lost_by_a_merge_finds_nobody_in_the_bin(shop: Program, acme: Tenant) -> None:
    with tenant_context(acme):
        kept, gone = (services.create_company(name=name, by=None) for name in ("Verde SA", "Verde Lda"))
        merge_companies(winner=kept, loser=gone, by=None)
    assert shop.post("/companies/upsert", {"name": "Verde Lda", "city": "Faro"}).json()["id"] == str(kept.pk)
    with tenant_context(acme):
        services.bin_company(company=kept, by=None)
    assert shop.post("/companies/upsert", {"name": "Verde Lda"}).status_code == 201


def test_companies_have_owners_who_are_seen_by_few(
    acme: Tenant, alice: Member, globex: Tenant, charlie: Member
) -> None:
    from tests.cast import join, make_user

    seller = make_program(join(make_user("Sam"), acme, "sales"), "contacts:read", "contacts:write")
    hers = make_program(alice).post("/companies", {**VERDE, "owner_id": str(alice.user.pk)}).json()["id"]
    assert seller.get(f"/companies/{hers}").status_code == 404
    assert seller.post("/companies/upsert", {"name": "Verde Lda"}).status_code == 409
    assert make_program(charlie).get(f"/companies/{hers}").status_code == 404


def test_tags_have_one_spelling(shop: Program) -> None:
    made = shop.post("/tags", {"name": "Café"})
    assert made.status_code == 201
    tag = made.json()
    assert shop.post("/tags", {"name": "cafe"}).json() == tag
    ana = shop.post("/contacts", {"name": "Ana", "tags": ["CAFE"]}).json()
    assert shop.get(f"/tags/{tag['id']}").json()["contact_count"] == 1
    assert shop.patch(f"/tags/{tag['id']}", {"name": "Coffee"}).json()["name"] == "Coffee"
    assert shop.get(f"/contacts/{ana['id']}").json()["tags"] == ["Coffee"]
    shop.post("/tags", {"name": "Tea"})
    assert shop.patch(f"/tags/{tag['id']}", {"name": "TEA"}).status_code == 409
    rule = {"criterion": "tag", "operator": "any_of", "value": [int(tag["id"])]}
    segment = shop.post("/segments", {"name": "Drinkers", "rule": {"all": [rule]}}).json()
    assert shop.delete(f"/tags/{tag['id']}").status_code == 409
    shop.delete(f"/segments/{segment['id']}")
    assert shop.delete(f"/tags/{tag['id']}").status_code == 204
    assert shop.get(f"/contacts/{ana['id']}").json()["tags"] == []
    assert [each["name"] for each in shop.get("/tags").json()["items"]] == ["Tea"]


def test_a_field_from_its_making_to_its_end(shop: Program) -> None:
    told = shop.post(
        "/custom-fields", {"entity": "contact", "kind": "choice", "label": "Tier", "choices": ["Gold", "Silver"]}
    )
    assert told.status_code == 201, told.content
    field = told.json()
    assert (field["key"], [one["key"] for one in field["choices"]]) == ("tier", ["gold", "silver"])
    ana = shop.post("/contacts", {"name": "Ana", "custom_fields": {"tier": "gold"}}).json()["id"]
    changed = shop.patch(
        f"/custom-fields/{field['id']}",
        {"label": "Level", "choices": [{"key": "gold", "label": "Golden"}, {"label": "Bronze"}]},
    )
    assert changed.status_code == 200, changed.content
    assert [one["label"] for one in changed.json()["choices"]] == ["Golden", "Bronze"]
    assert shop.get(f"/contacts/{ana}").json()["custom_fields"] == {"tier": "gold"}
    for _time in range(2):
        assert shop.delete(f"/custom-fields/{field['id']}").status_code == 204
    assert shop.get("/custom-fields").json() == []
    assert shop.patch(f"/custom-fields/{field['id']}", {"label": "X"}).status_code == 409
    assert [each["id"] for each in shop.get("/custom-fields?state=deleted").json()] == [field["id"]]
    assert shop.post(f"/custom-fields/{field['id']}/restore").json()["deleted_at"] is None
    assert shop.get(f"/contacts/{ana}").json()["custom_fields"] == {"tier": "gold"}


def test_fields_of_companies(shop: Program) -> None:
    shop.post("/custom-fields", {"entity": "company", "kind": "number", "label": "Staff", "required_at": ["always"]})
    told = shop.post("/companies", VERDE)
    assert (told.status_code, told.json()["errors"][0]["field"]) == (422, "custom_fields.staff")
    made = shop.post("/companies", {**VERDE, "custom_fields": {"staff": 12}}).json()
    assert made["custom_fields"] == {"staff": 12}
    assert shop.patch(f"/companies/{made['id']}", {"custom_fields": {"staff": None}}).status_code == 422
    mistaken = {"entity": "contact", "kind": "text", "label": "X", "required_at": ["always"]}
    assert shop.post("/custom-fields", mistaken).json()["errors"][0]["field"] == "required_at"


def test_fields_are_made_by_those_who_change_settings(bob: Member) -> None:
    assert make_program(bob, "contacts:read").get("/custom-fields").status_code == 200
    hers = make_program(bob, "contacts:read")
    told = hers.post("/custom-fields", {"entity": "contact", "kind": "text", "label": "X"})
    assert told.status_code == 403


def test_many_at_once_is_what_one_after_the_other_would_be(shop: Program, acme: Tenant) -> None:
    verde = shop.post("/companies", VERDE).json()["id"]
    azul = shop.post("/companies", {"name": "Azul"}).json()["id"]
    gone = shop.post("/companies", {"name": "Gone"}).json()["id"]
    shop.delete(f"/companies/{gone}")
    rows = [
        {"name": "Novo", "domains": ["novo.example"], "city": "Faro"},
        {"domains": ["verde.example", "verde.pt"], "phone": "12"},
        {"id": azul, "name": "Azul SA"},
        {"name": "Twice", "city": "One"},
        {"name": "twice", "city": "Two"},
        {"name": "Bad", "domains": ["gmail.com"]},
        {"id": gone, "city": "Faro"},
        {"id": "999999", "city": "Faro"},
        {"city": "Nowhere"},
        {"name": "Taken", "domains": ["novo.example"]},
    ]
    told = shop.post("/companies/bulk", {"items": rows}).json()["rows"]
    results = [row["result"] for row in told]
    assert results == [*["created", "updated", "updated", "created", "updated"], *["refused"] * 4, "updated"]
    assert told[9]["id"] == told[0]["id"], "a domain of the same request"
    assert [row["status"] for row in told[5:9]] == [422, 409, 404, 422]
    kept = shop.get(f"/companies/{verde}").json()
    assert (kept["phone"], kept["city"], kept["domains"]) == ("12", "Porto", ["verde.example", "verde.pt"])
    assert shop.get(f"/companies/{told[3]['id']}").json()["city"] == "Two"
    found = shop.get("/companies?q=azul").json()["items"]
    assert [each["name"] for each in found] == ["Azul SA"]
    again = shop.post("/companies/bulk", {"items": rows[1:3]}).json()["rows"]
    assert [row["result"] for row in again] == ["unchanged"] * 2
    with tenant_context(acme):
        named = CompanyChange.objects.filter(company=int(told[3]["id"]), changes__has_key="name").order_by("id")
        assert [(one.source_type, one.changes["name"]) for one in named] == [
            ("api", ["", "Twice"]),
            ("api", ["Twice", "twice"]),
        ]
        audited = AuditEntry.objects.filter(subject_id=int(azul), subject_type="contacts.company")
        assert audited.order_by("id").values_list("action", flat=True)[1] == "company.changed"


def test_many_companies_cost_as_many_statements_as_a_few(shop: Program, acme: Tenant) -> None:
    with tenant_context(acme):
        make_field("text", key="sector", entity="company")
    costs = []
    for count in (1, 5, 50):  # the first also warms up
        rows = [
            {
                "name": f"Firm {count} {number}",
                "domains": [f"f{count}-{number}.example"],
                "custom_fields": {"sector": "x"},
            }
            for number in range(count)
        ]
        for changes in ({}, {"city": "Porto", "custom_fields": {"sector": "y"}}):
            given = [{**row, **changes} for row in rows]
            with CaptureQueriesContext(connection) as queries:
                assert shop.post("/companies/bulk", {"items": given}).json()["refused"] == 0
            costs.append(len(queries))
    assert costs[2:4] == costs[4:]


def test_who_writes_from_its_domains_is_brought_in(shop: Program) -> None:
    shop.post("/contacts", {"emails": [{"address": "ana@verde.example"}]})
    shop.post("/contacts", {"emails": [{"address": "rui@verde.example"}], "company": "Elsewhere"})
    company = shop.post("/companies", {"name": "Verde", "domains": ["verde.example"]}).json()["id"]
    assert shop.get(f"/contacts?company_id={company}").json()["items"] == []
    assert shop.post(f"/companies/{company}/bring-in").json() == {"joined": 1}
    (ana,) = shop.get(f"/contacts?company_id={company}").json()["items"]
    assert ana["emails"][0]["address"] == "ana@verde.example"
    assert shop.post(f"/companies/{company}/bring-in").json() == {"joined": 0}
    assert shop.delete(f"/companies/{company}").status_code == 204
    assert shop.post(f"/companies/{company}/bring-in").status_code == 409
    assert shop.post("/companies", {"name": "Free", "domains": ["gmail.com"]}).status_code == 422
