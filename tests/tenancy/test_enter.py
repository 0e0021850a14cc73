"""Getting to a workspace: by its address, after signing in, or not at all."""

from __future__ import annotations

import pytest
from django.test import Client

from ecrm.tenancy import checks
from ecrm.tenancy.models import Tenant
from tests.cast import Member, join, make_tenant


def test_the_only_workspace_opens_at_once(alice: Member) -> None:
    assert alice.client.get("/").url == "/acme/"


def test_several_are_offered(alice: Member, globex: Tenant) -> None:
    join(alice.user, globex, "viewer")
    page = alice.client.get("/").content.decode()
    assert "/acme/" in page
    assert "/globex/" in page


def test_none_yet_offers_to_make_one(charlie: Member) -> None:
    charlie.user.memberships.all().delete()
    assert b"/tenants/new/" in charlie.client.get("/").content


def test_signed_out_the_answer_is_the_same_for_every_address(acme: Tenant) -> None:
    there, nowhere = Client().get("/acme/members/"), Client().get("/nowhere/members/")
    assert there.url == "/accounts/login/?next=/acme/members/"
    assert nowhere.url == "/accounts/login/?next=/nowhere/members/"


def test_an_outsider_cannot_tell_a_workspace_from_none(outsider: Member) -> None:
    there, nowhere = outsider.client.get("/acme/members/"), outsider.client.get("/nowhere/members/")
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content


def test_a_missing_slash_is_added(alice: Member) -> None:
    assert alice.client.get("/acme").url == "/acme/"


def test_links_inside_carry_the_workspace(alice: Member) -> None:
    assert b'href="/acme/roles/"' in alice.get("members").content


@pytest.mark.parametrize("slug", ["admin", "p", "accounts", "static", "Große", "a b", ""])
def test_reserved_and_odd_addresses_are_refused(alice: Member, slug: str) -> None:
    form = {"name": "!!" if not slug else "Shop", "slug": slug, "currency": "EUR", "time_zone": "UTC"}
    response = alice.client.post("/tenants/new/", form)
    assert response.status_code == 422
    assert not Tenant.objects.filter(slug=slug).exists()


def test_a_new_workspace_is_ready_to_use(alice: Member) -> None:
    form = {"name": "Nova Loja", "slug": "", "currency": "EUR", "time_zone": "Europe/Lisbon"}
    assert alice.client.post("/tenants/new/", form).url == "/nova-loja/"
    assert alice.client.get("/nova-loja/members/").status_code == 200


def test_a_taken_address_says_so_at_its_field(alice: Member, globex: Tenant) -> None:
    form = {"name": "Globex", "slug": "globex", "currency": "EUR", "time_zone": "UTC"}
    response = alice.client.post("/tenants/new/", form)
    assert response.status_code == 422
    assert response.context["form"].errors["slug"]


def test_language_and_zone_are_the_readers_own(alice: Member) -> None:
    alice.user.language = "pl"
    alice.user.save()
    assert 'lang="pl"' in alice.get("members").content.decode()


def test_the_app_role_passes_its_own_check(db: None) -> None:
    assert checks.role_problems() == []


@pytest.mark.django_db(databases=["default", "migrate"])
def test_a_strong_role_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connections

    monkeypatch.setattr(checks, "connection", connections["migrate"])
    with pytest.raises(ImproperlyConfigured, match="BYPASSRLS"):
        checks.refuse_unsafe_role()


def test_a_server_error_takes_everything_back(alice: Member, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecrm.tenancy import services, views

    def invite_and_fall(**kwargs: object) -> None:
        services.invite(**kwargs)
        raise RuntimeError("the mail server is on fire")

    class Broken:
        invite = staticmethod(invite_and_fall)

    monkeypatch.setattr(views, "services", Broken)
    alice.client.raise_request_exception = False
    assert alice.post("invite_member", form={"email": "dora@example.com", "roles": "viewer"}).status_code == 500
    assert not acme.invitations.exists()


def test_make_tenant_needs_no_context(alice: Member) -> None:
    assert make_tenant("third", alice.user).memberships.get().roles == ["owner"]


@pytest.mark.parametrize(
    ("spoken", "zone"),
    [("pt-PT,pt;q=0.9", "Europe/Lisbon"), ("pl", "Europe/Warsaw"), ("en-US,en", "UTC"), ("", "UTC"), ("x<y", "UTC")],
)
def test_a_new_workspace_is_offered_the_clock_of_its_maker(alice: Member, spoken: str, zone: str) -> None:
    form = alice.client.get("/tenants/new/", headers={"Accept-Language": spoken}).context["form"]
    assert form["time_zone"].value() == zone


def test_the_clock_somebody_chose_for_themselves_comes_first(alice: Member) -> None:
    alice.user.time_zone = "Asia/Tokyo"
    alice.user.save(update_fields=["time_zone"])
    form = alice.client.get("/tenants/new/", headers={"Accept-Language": "pt-PT"}).context["form"]
    assert form["time_zone"].value() == "Asia/Tokyo"
