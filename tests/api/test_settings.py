"""The pages where tokens are made and revoked."""

from __future__ import annotations

import re

from ecrm.api.models import ApiToken
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import Program
from tests.cast import Member


def test_a_token_is_shown_once_and_works(alice: Member, acme: Tenant) -> None:
    made = alice.post("new_api_token", form={"name": "Shop", "scopes": ["contacts:read"], "days": "30"})
    secret = re.search(r"ecrm_[\w-]{43}", made.content.decode()).group()
    assert "no-store" in made["Cache-Control"]
    with tenant_context(acme):
        token = ApiToken.objects.get()
    assert Program(acme, token, secret).get("/contacts").status_code == 200
    listed = alice.get("api_tokens").content.decode()
    assert secret not in listed
    assert f"…{secret[-4:]}" in listed


def test_a_form_without_scopes_makes_nothing(alice: Member, acme: Tenant) -> None:
    assert alice.post("new_api_token", form={"name": "Shop", "days": "30"}).status_code == 422
    with tenant_context(acme):
        assert not ApiToken.objects.exists()


def test_revoking_asks_first_and_is_final(alice: Member, shop: Program) -> None:
    assert alice.get("revoke_api_token", shop.token.pk).status_code == 200
    assert shop.get("/contacts").status_code == 200
    for _time in range(2):
        assert alice.post("revoke_api_token", shop.token.pk).status_code == 302
    assert shop.get("/contacts").status_code == 401
    assert "Revoked" in alice.get("api_tokens").content.decode()


def test_only_those_who_manage_the_api(mara: Member, shop: Program) -> None:
    assert mara.get("api_tokens").status_code == 403
    assert mara.post("new_api_token", form={"name": "x"}).status_code == 403


def test_the_reference_is_public_and_tells_every_operation(client: object) -> None:
    from django.test import Client

    assert Client().get("/api/v1/").status_code == 200
    described = Client().get("/api/v1/openapi.json?workspace=acme").json()
    assert described["openapi"].startswith("3.1")
    assert described["servers"][0]["variables"]["workspace"]["default"] == "acme"
    assert "/contacts" in described["paths"]
    for methods in described["paths"].values():
        for operation in methods.values():
            assert {"401", "403", "404", "405", "422", "429"} <= set(operation["responses"])
