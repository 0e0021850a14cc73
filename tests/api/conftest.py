"""Programs that call the API: one with every scope, made by Alice, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from ecrm.api import grants, services
from ecrm.api.models import ApiToken
from ecrm.api.scopes import Scope
from ecrm.jobs.outbox import drain
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member


class Program:
    """A caller with one token. Paths are below ``/<tenant>/api/v1``."""

    def __init__(self, tenant: Tenant, token: ApiToken, secret: str) -> None:
        self.tenant, self.token, self.secret = tenant, token, secret
        self.client = Client(raise_request_exception=False)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        given = {
            "Authorization": f"Bearer {self.secret}",
            **{name.replace("_", "-"): headers[name] for name in headers},
        }
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method, f"/{self.tenant.slug}/api/v1{path}", headers=given, **content)

    def send(self, path: str, content: str | bytes, *, name: str = "people.csv", **headers: str) -> HttpResponse:
        """A file in the field ``file`` of a form."""
        raw = content.encode() if isinstance(content, str) else content
        given = {"Authorization": f"Bearer {self.secret}", **{key.replace("_", "-"): headers[key] for key in headers}}
        form = {"file": SimpleUploadedFile(name, raw, "application/octet-stream")}
        return self.client.post(f"/{self.tenant.slug}/api/v1{path}", form, headers=given)

    def send_lines(self, path: str, lines: str, **headers: str) -> HttpResponse:
        """JSON lines as the body."""
        given = {"Authorization": f"Bearer {self.secret}", **{key.replace("_", "-"): headers[key] for key in headers}}
        address = f"/{self.tenant.slug}/api/v1{path}"
        return self.client.generic("POST", address, lines, content_type="application/x-ndjson", headers=given)

    def work(self) -> None:
        """What the workers do, all of it."""
        with bind_tenant(self.tenant):
            drain()

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.ask("POST", path, body, **headers)

    def patch(self, path: str, body: Any) -> HttpResponse:
        return self.ask("PATCH", path, body)

    def delete(self, path: str) -> HttpResponse:
        return self.ask("DELETE", path)


def make_program(member: Member, *scopes: str, **fields: Any) -> Program:
    membership = member.tenant.memberships.select_related("user").get(user=member.user)
    with tenant_context(member.tenant):
        token, secret = services.make_token(name="Shop", scopes=scopes or ALL, by=membership, **fields)
    return Program(member.tenant, token, secret)


ALL = tuple(Scope.values)


@pytest.fixture(autouse=True)
def _trusts_nobody_yet() -> None:
    grants.forget_trusted()


@pytest.fixture
def shop(alice: Member) -> Program:
    return make_program(alice)


@pytest.fixture
def program_of() -> Callable[..., Program]:
    return make_program


@pytest.fixture
def owner(acme: Tenant) -> User:
    return acme.memberships.get().user
