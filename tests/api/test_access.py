"""Who gets in, and what they hear who do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from ecrm.api import services
from ecrm.api.models import ApiToken
from ecrm.api.scopes import Scope
from ecrm.tenancy import hold
from ecrm.tenancy import services as tenancy
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.api.conftest import ALL, Program
from tests.cast import Member

Programs = Callable[..., Program]


def test_everything_without_a_good_token_is_the_same_401(shop: Program, acme: Tenant, globex: Tenant) -> None:
    good = {"Authorization": f"Bearer {shop.secret}"}
    cases: list[tuple[str, dict[str, str]]] = [
        ("/acme/api/v1/contacts", {}),
        ("/acme/api/v1/contacts", {"Authorization": "Bearer ecrm_wrong"}),
        ("/acme/api/v1/contacts", {"Authorization": f"Basic {shop.secret}"}),
        ("/globex/api/v1/contacts", good),
        ("/no-such-shop/api/v1/contacts", good),
        ("/no-such-shop/api/v1/nothing", {}),
    ]
    answers = {Client().get(path, headers=headers).content for path, headers in cases}
    codes = {Client().get(path, headers=headers).status_code for path, headers in cases}
    assert codes == {401}
    assert len(answers) == 1
    assert Client().get(cases[0][0])["WWW-Authenticate"] == "Bearer"


def test_a_session_is_no_key(alice: Member) -> None:
    assert alice.client.get("/acme/api/v1/contacts").status_code == 401


def test_a_token_needs_no_session_and_gets_none(shop: Program) -> None:
    told = shop.get("/contacts")
    assert told.status_code == 200
    assert not told.cookies


@pytest.mark.parametrize("address", ["expired", "revoked", "left"])
def test_a_token_dies(
    shop: Program, acme: Tenant, alice: Member, mara: Member, program_of: Programs, address: str
) -> None:
    hers = program_of(mara, "contacts:read", expires_at=timezone.now() + timedelta(days=1))
    assert hers.get("/contacts").status_code == 200
    if address == "expired":
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            assert hers.get("/contacts").status_code == 401
        return
    with tenant_context(acme):
        if address == "revoked":
            assert services.revoke_token(token=hers.token, by=alice.user)
            assert not services.revoke_token(token=hers.token, by=alice.user)
        else:
            membership = acme.memberships.get(user=mara.user)
            tenancy.remove_member(membership=membership, by=acme.memberships.get(user=alice.user))
    assert hers.get("/contacts").status_code == 401


def test_a_closed_workspace_answers_nobody(shop: Program, acme: Tenant, alice: Member) -> None:
    with tenant_context(acme):
        hold.close_tenant(tenant=acme, typed_slug="acme", by=alice.user)
    assert shop.get("/contacts").status_code == 401
    assert shop.post("/events", {"name": "wishlist.item_added"}).status_code == 401


def test_a_token_may_no_more_than_its_maker(acme: Tenant, bob: Member, program_of: Programs) -> None:
    hers = program_of(bob, "contacts:read", "contacts:write")
    assert hers.post("/contacts", {"name": "Ana"}).status_code == 201
    acme.memberships.filter(user=bob.user).update(roles=["viewer"])
    assert hers.post("/contacts", {"name": "Bo"}).status_code == 403
    assert hers.get("/contacts").status_code == 200


def test_nobody_makes_a_token_for_more_than_they_may(acme: Tenant, vera: Member, program_of: Programs) -> None:
    with pytest.raises(ValidationError):
        program_of(vera, "contacts:write")
    with pytest.raises(ValidationError):
        program_of(vera, "everything")


def operations() -> list[tuple[str, str, Scope]]:
    """(method, path, scope) of every operation, from the routers themselves."""
    from ecrm.api.root import api

    found = []
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            for operation in view.operations:
                found += [
                    (method, bound.prefix + path, operation.auth_callbacks[0].scope) for method in operation.methods
                ]
    return found


@pytest.mark.parametrize(("method", "path", "scope"), operations(), ids=str)
def test_every_operation_asks_for_its_scope(
    alice: Member, program_of: Programs, method: str, path: str, scope: Scope
) -> None:
    import re

    path = re.sub(r"\{[^}]+\}", "1", path)
    others = program_of(alice, *(set(ALL) - {scope.value}))
    told = others.ask(method, f"/{path.lstrip('/')}", {} if method != "GET" else None)
    assert told.status_code == 403, told.content
    assert told["Content-Type"] == "application/problem+json"
    assert scope.value in told.json()["detail"]


def test_every_address_has_an_operation_that_asks() -> None:
    assert len(get_resolver("ecrm.api.urls").url_patterns) == 1
    assert len(operations()) > 15


def test_last_use_is_noted(shop: Program, acme: Tenant) -> None:
    shop.get("/contacts")
    with tenant_context(acme):
        assert ApiToken.objects.get(pk=shop.token.pk).last_used_at is not None


def test_the_secret_is_nowhere(shop: Program, acme: Tenant) -> None:
    with tenant_context(acme):
        row = ApiToken.objects.values().get(pk=shop.token.pk)
    assert shop.secret not in repr(row)
    assert shop.secret.endswith(row["ending"])


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("GET", "/contacts/999999999", None, 404),
        ("GET", "/contacts/99999999999999999999", None, 422),
        ("GET", "/contacts/9223372036854775808", None, 404),
        ("DELETE", "/contacts", None, 405),
        ("POST", "/contacts", {"name": 7}, 422),
    ],
)
def test_errors_are_problems(shop: Program, method: str, path: str, body: Any, status: int) -> None:
    told = shop.ask(method, path, body)
    assert told.status_code == status
    assert told["Content-Type"] == "application/problem+json"
    assert told.json()["status"] == status
    assert told.json()["title"]


def test_other_bodies_are_refused(shop: Program) -> None:
    headers = {"Authorization": f"Bearer {shop.secret}"}
    path = "/acme/api/v1/contacts"
    assert Client().post(path, {"name": "Ana"}, headers=headers).status_code == 415
    broken = Client().post(path, "{", content_type="application/json", headers=headers)
    assert (broken.status_code, broken["Content-Type"]) == (400, "application/problem+json")
    large = Client().post(path, "x" * (2 * 1024 * 1024 + 1), content_type="application/json", headers=headers)
    assert (large.status_code, large["Content-Type"]) == (413, "application/problem+json")


def test_our_own_faults_are_problems_too_and_undone(
    shop: Program, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault after the row was written: the database itself is asked whether it stayed."""
    from contacts.api import reading
    from contacts.models import Contact

    monkeypatch.setattr(reading, "show", lambda people: 1 / 0)
    told = shop.post("/contacts", {"name": "Ana"})
    assert (told.status_code, told["Content-Type"]) == (500, "application/problem+json")
    with tenant_context(acme):
        assert not Contact.objects.exists()


def test_405_says_what_would_do(shop: Program) -> None:
    assert shop.ask("PUT", "/contacts")["Allow"] == "GET, POST"


def test_rates_are_told_and_held(shop: Program, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    with time_machine.travel("2026-03-01T12:00:30Z", tick=False):
        left = [shop.get("/contacts")["RateLimit-Remaining"] for _number in range(3)]
        assert left == ["2", "1", "0"]
        told = shop.get("/contacts")
        assert told.status_code == 429
        assert told["Content-Type"] == "application/problem+json"
        assert told["Retry-After"] == told["RateLimit-Reset"] == "30"
    with time_machine.travel("2026-03-01T12:01:00Z", tick=False):
        assert shop.get("/contacts").status_code == 200
