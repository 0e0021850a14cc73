"""The cast of every test. Acme: Alice (owner), Mara (marketer), Bob (support), Vera (viewer).
Globex: Charlie, its owner and everybody else's outsider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpResponse
from django.test import Client

from ecrm.tenancy import services
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Membership, Tenant, User
from ecrm.tenancy.roles import Role
from ecrm.tenancy.session_store import SessionStore
from ecrm.tenancy.urls import tenant_url
from tests import furnished


class Member:
    """A signed-in person in one tenant. ``get`` and ``post`` take URL names of the tenant's pages."""

    def __init__(self, user: User, tenant: Tenant) -> None:
        self.user = user
        self.tenant = tenant
        self.client = Client()
        sign_in(self.client, user)

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return tenant_url(self.tenant, name, *args, **kwargs)

    def get(self, name: str, *args: Any, query: dict[str, Any] | None = None, htmx: bool = False) -> HttpResponse:
        return self.client.get(self.url(name, *args), query, headers=self._headers(htmx))

    def post(self, name: str, *args: Any, form: dict[str, Any] | None = None, htmx: bool = False) -> HttpResponse:
        return self.client.post(self.url(name, *args), form or {}, headers=self._headers(htmx))

    def _headers(self, htmx: bool) -> dict[str, str]:
        return {"HX-Request": "true"} if htmx else {}


def sign_in(client: Client, user: User) -> None:
    """What ``force_login`` leaves behind, without the twenty questions it asks for a session begun anonymously."""
    session = SessionStore()
    session[SESSION_KEY] = user._meta.pk.value_to_string(user)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key


def make_user(name: str) -> User:
    return User.objects.create_user(f"{name.lower()}@example.com", "correct horse battery", name=name)


def make_tenant(slug: str, owner: User, **fields: Any) -> Tenant:
    return services.create_tenant(by=owner, slug=slug, name=slug.capitalize(), **fields)


def join(user: User, tenant: Tenant, *roles: str) -> Member:
    Membership.objects.create(user=user, tenant=tenant, roles=list(roles))
    return Member(user, tenant)


@pytest.fixture
def acme(db: None) -> Tenant:
    return furnished.make_tenant(
        by=make_user("Alice"),
        slug="acme",
        name="Acme",
        currency="EUR",
        country="PT",
        time_zone="Europe/Lisbon",
        languages=["en", "pt"],
        postal_address="Rua das Flores 12, Porto",
        sender_name="Acme",
        sender_email="hello@acme.example",
    )


@pytest.fixture
def globex(db: None) -> Tenant:
    return furnished.make_tenant(
        by=make_user("Charlie"), slug="globex", name="Globex", currency="PLN", country="PL", languages=["pl", "en"]
    )


@pytest.fixture
def alice(acme: Tenant) -> Member:
    return Member(User.objects.get(email="alice@example.com"), acme)


@pytest.fixture
def bob(acme: Tenant) -> Member:
    return join(make_user("Bob"), acme, Role.SUPPORT)


@pytest.fixture
def mara(acme: Tenant) -> Member:
    return join(make_user("Mara"), acme, Role.MARKETER)


@pytest.fixture
def vera(acme: Tenant) -> Member:
    return join(make_user("Vera"), acme, Role.VIEWER)


@pytest.fixture
def charlie(globex: Tenant) -> Member:
    return Member(User.objects.get(email="charlie@example.com"), globex)


@pytest.fixture
def outsider(charlie: Member, acme: Tenant) -> Member:
    """Charlie, knocking at Acme's pages."""
    return Member(charlie.user, acme)


@pytest.fixture
def in_acme(acme: Tenant) -> Iterator[Tenant]:
    """The test's own body runs as Acme; requests open their own context."""
    with tenant_context(acme):
        yield acme


@pytest.fixture
def in_globex(globex: Tenant) -> Iterator[Tenant]:
    with tenant_context(globex):
        yield globex
