"""A thousand rows in one request end as a thousand requests would: same answers, same people, same traces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contacts.models import Contact, ContactChange, DirtyContact, Event
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program, make_program
from tests.cast import Member, make_tenant, make_user

PHONES = ("912 345 678", "+351 912 345 678", "+48221234567", "12345")
TAGS = ("t0", "t1", "t2")
LOCAL = {"id", "created_at", "updated_at", "last_active_at", "binned_at"}

emails = st.lists(
    st.builds(
        lambda name, kind: {"address": name, "kind": kind},
        st.sampled_from(
            ["a@one.example", "B@One.example", "b@one.example", "c@verde.example", "d@gmail.com", "e@x_y.example"]
        ),
        st.sampled_from(["work", "other"]),
    ),
    max_size=2,
)
rows = st.fixed_dictionaries(
    {},
    optional={
        "emails": emails,
        "identities": st.lists(
            st.sampled_from([{"namespace": "shop", "id": word} for word in ("1", "2", " 2", "guest")]), max_size=2
        ),
        "phones": st.lists(
            st.sampled_from(
                [{"number": word} for word in ("912 345 678", "+351 912 345 678", "+48221234567", "12345")]
            ),
            max_size=2,
        ),
        "addresses": st.lists(st.sampled_from([{"city": "Porto"}, {"city": "Faro", "latitude": 37.0}]), max_size=2),
        "name": st.sampled_from(["Ana Silva", ""]),
        "given_name": st.sampled_from(["Ana", "Bo"]),
        "family_name": st.sampled_from(["Silva", ""]),
        "stage": st.sampled_from(["lead", "customer"]),
        "company": st.sampled_from(["Verde", "verde ", "Azul", ""]),
        "country": st.sampled_from(["PT", "PL", ""]),
        "tags": st.lists(st.sampled_from(["vip", "VIP", "wine"]), max_size=2),
        "custom_fields": st.sampled_from([{"tier": "gold"}, {"tier": None}, {"none_such": "x"}, {}]),
        "owner_id": st.sampled_from([None, "999999"]),
    },
)
# Who a row names by id: one of those there from the start, somebody in the bin, nobody, or no one by id.
requests = st.lists(st.tuples(rows, st.sampled_from([None, None, None, 0, 1, 2, 3])), min_size=1, max_size=8)


class House:
    """A tenant with its program and the people there from the start."""

    def __init__(self, member: Member) -> None:
        self.tenant, self.shop = member.tenant, make_program(member)
        self.shop.post("/companies", {"name": "Verde", "domains": ["verde.example"]})
        self.shop.post("/tags", {"name": "vip"})  # of a new tag in two spellings, either may stay
        self.shop.post("/custom-fields", {"entity": "contact", "kind": "text", "label": "Tier"})
        needed = {"entity": "contact", "kind": "text", "label": "Why", "required_at": ["customer"]}
        self.shop.post("/custom-fields", needed)
        people = [self.shop.post("/contacts", {"name": name}).json()["id"] for name in ("Cy", "Dee", "Eve")]
        self.shop.delete(f"/contacts/{people[2]}")
        self.people = [*people, "999999"]

    def with_id(self, row: dict[str, Any], number: int | None) -> dict[str, Any]:
        return row if number is None else {**row, "id": self.people[number]}

    def alone(self, row: dict[str, Any]) -> tuple[Any, ...]:
        given = {key: value for key, value in row.items() if key != "id"}
        if "id" in row:
            told = self.shop.patch(f"/contacts/{row['id']}", given)
        else:
            told = self.shop.post("/contacts/upsert", given)
        answer = told.json()
        return told.status_code, answer.get("id"), answer.get("errors", []), answer.get("detail", "")

    def state(self) -> list[Any]:
        told = [
            self.shop.get(f"/contacts?order=created&limit=200&bin={side}").json()["items"] for side in ("out", "in")
        ]
        # Who was written together comes before who was in doubt: ids say nothing.
        return sorted((self._whole(each) for side in told for each in side), key=repr)

    def _whole(self, person: dict[str, Any]) -> Any:
        own = {key: value for key, value in person.items() if key not in LOCAL}
        own["company"] = own["company"] and own["company"]["name"]
        with tenant_context(self.tenant):
            events = Event.objects.filter(contact_id=person["id"]).values_list("name", flat=True)
            changes = ContactChange.objects.filter(contact=person["id"])
            audit = AuditEntry.objects.filter(subject_type="contacts.contact", subject_id=person["id"])
            marks = DirtyContact.objects.filter(contact_id=person["id"]).values_list("reason", flat=True)
            traces = [
                sorted(events),
                sorted((change.source_type, sorted(_plain(change.changes))) for change in changes),
                sorted(audit.values_list("action", "fields")),
                set(" ".join(marks).split()),
                Contact.objects.values_list("search_text", "sort_key").get(pk=person["id"]),
            ]
        return own, traces


def _plain(changes: dict[str, Any]) -> list[str]:
    """Companies are known by ids, which differ between tenants."""
    return [key if key == "company" else f"{key} {value}" for key, value in changes.items()]


@pytest.mark.django_db
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(asked=st.lists(requests, min_size=1, max_size=2))
def test_together_is_as_one_after_the_other(asked: Any, houses: tuple[House, House]) -> None:
    many, one = houses
    for request in asked:
        told = many.shop.post("/contacts/bulk", {"items": [many.with_id(*row) for row in request]}).json()["rows"]
        alone = [one.alone(one.with_id(*row)) for row in request]
        for row, (status, _id, errors, _detail) in zip(told, alone, strict=True):
            assert (row["status"], row["errors"]) == (status, errors)
        refused = [(row["detail"], detail) for row, (*_told, detail) in zip(told, alone, strict=True) if row["detail"]]
        assert all(left == right for left, right in refused)
        assert _order(row["id"] for row in told) == _order(pk for _status, pk, *_said in alone)
    assert many.state() == one.state()


def _order(ids: Iterable[str | None]) -> list[int]:
    """Who is the same as whom."""
    seen: dict[str, int] = {}
    return [seen.setdefault(pk, len(seen)) for pk in ids if pk]


@pytest.fixture
def houses(db: None) -> tuple[House, House]:
    """Two of a kind."""
    return house_of("Nora"), house_of("Olga")


def house_of(name: str) -> House:
    user = make_user(name)
    return House(Member(user, make_tenant(name.lower(), user, country="PT")))


def test_a_hundred_rows_cost_what_ten_do(shop: Program, acme: Tenant) -> None:
    def asked(count: int, city: str) -> dict[str, Any]:
        return {
            "items": [
                {
                    "emails": [{"address": f"p{number}@{count}.example"}],
                    "identities": [{"namespace": "shop", "id": f"{count}-{number}"}],
                    "phones": [{"number": f"+351 912 345 {number:03}"}],
                    "company": f"Firm {count} {number % 5}",
                    "tags": ["vip", TAGS[number % 3]],
                    "city": city,
                }
                for number in range(count)
            ]
        }

    shop.post("/contacts/bulk", {"items": [{"emails": [{"address": "first@example.org"}], "tags": ["vip", *TAGS]}]})
    costs = []
    for city in ("Porto", "Faro", "Faro"):
        for count in (10, 100):
            with CaptureQueriesContext(connection) as queries:
                told = shop.post("/contacts/bulk", asked(count, city))
            assert told.json()["refused"] == 0
            costs.append(len(queries))
    assert costs[0::2] == costs[1::2]


def test_what_changed_nothing_is_told_so(shop: Program) -> None:
    row = {"emails": [{"address": "ana@example.com"}], "name": "Ana", "tags": ["vip"]}
    again = [
        shop.post("/contacts/bulk", {"items": [each]}).json()["rows"][0]
        for each in (row, row, {**row, "tags": ["wine"]})
    ]
    assert [each["result"] for each in again] == ["created", "unchanged", "updated"]
    bo = shop.post("/contacts", {"name": "Bo"}).json()["id"]
    twice = [{"id": bo, "city": "Faro"}, {"id": bo, "city": "Faro"}]
    told = shop.post("/contacts/bulk", {"items": twice}).json()["rows"]
    assert [each["result"] for each in told] == ["updated", "unchanged"]
