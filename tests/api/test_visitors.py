"""A shop's server asks for a token, and the browser that shows it is the person's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from analytics.tracking import sites
from contacts.models import Event
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.analytics.tracking.visiting import ORIGIN, Browser, flush
from tests.api.conftest import Program, make_program
from tests.cast import Member

PATH = "/visitors/tokens"


@pytest.fixture
def ana(shop: Program) -> str:
    told = shop.post(
        "/contacts",
        {"name": "Ana", "emails": [{"address": "ana@x.example"}], "identities": [{"namespace": "shop", "id": "C-1"}]},
    )
    assert told.status_code == 201, told.content
    return str(told.json()["id"])


def whose(acme: Tenant, path: str) -> list[int | None]:
    with tenant_context(acme):
        told = Event.objects.filter(name="page.viewed").order_by("id")
        return [event.contact_id for event in told if event.properties["path"] == path]


def browser_of(tenant: Tenant) -> Browser:
    with tenant_context(tenant):
        return Browser(sites.create_site(name="Shop", origins=[ORIGIN], by=None))


def test_whoever_signs_in_is_recognised(shop: Program, acme: Tenant, ana: str) -> None:
    named = [{"contact_id": ana}, {"email": "ANA@x.example"}, {"identity": {"namespace": "shop", "id": "C-1"}}]
    for person in named:
        told = shop.post(PATH, {"person": person})
        assert told.status_code == 201
        browser = browser_of(acme)
        browser.view("/in", i=told.json()["token"])
        flush()
    assert whose(acme, "/in") == [int(ana)] * len(named)
    ends = datetime.fromisoformat(told.json()["expires_at"])
    assert timezone.now() < ends <= timezone.now() + timedelta(hours=1)


def test_a_token_shown_again_by_another_browser_names_nobody(shop: Program, acme: Tenant, ana: str) -> None:
    token = shop.post(PATH, {"person": {"contact_id": ana}}).json()["token"]
    first, second = browser_of(acme), browser_of(acme)
    first.view("/own", i=token)
    flush()
    second.view("/stolen", i=token)
    first.view("/again", i=token)
    flush()
    assert whose(acme, "/own") == whose(acme, "/again") == [int(ana)]
    assert whose(acme, "/stolen") == [None]


def test_a_token_changed_or_of_another_workspace_names_nobody(
    shop: Program, acme: Tenant, charlie: Member, ana: str
) -> None:
    token = shop.post(PATH, {"person": {"contact_id": ana}}).json()["token"]
    theirs = make_program(charlie)
    other = theirs.post("/contacts", {"name": "Cy"}).json()["id"]
    foreign = theirs.post(PATH, {"person": {"contact_id": other}}).json()["token"]
    for wrong in (foreign, token[:-1] + ("A" if token[-1] != "A" else "B"), token.swapcase(), "x" * 60):
        browser_of(acme).view("/forged", i=wrong)
    flush()
    assert whose(acme, "/forged") == [None] * 4


def test_nobody_known_is_404(shop: Program, charlie: Member, ana: str) -> None:
    strangers = [
        {"contact_id": "999999"},
        {"email": "nobody@x.example"},
        {"identity": {"namespace": "shop", "id": "C-2"}},
    ]
    assert {shop.post(PATH, {"person": person}).status_code for person in strangers} == {404}
    assert make_program(charlie).post(PATH, {"person": {"contact_id": ana}}).status_code == 404
    shop.post(f"/contacts/{ana}/bin")
    assert shop.post(PATH, {"person": {"contact_id": ana}}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"person": {}}, {"person": {"visitor": "a"}}, {"person": None}])
def test_it_must_be_said_who(shop: Program, body: object) -> None:
    assert shop.post(PATH, body).status_code == 422


def test_it_needs_a_right_of_its_own(alice: Member, ana: str) -> None:
    other = make_program(alice, "contacts:read", "contacts:write", "events:write")
    assert other.post(PATH, {"person": {"contact_id": ana}}).status_code == 403
    own = make_program(alice, "visitors:write")
    assert own.post(PATH, {"person": {"contact_id": ana}}).status_code == 201
    assert own.get(f"/contacts/{ana}").status_code == 403
