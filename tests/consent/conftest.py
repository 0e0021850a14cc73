"""What the consent tests share: a person, the newsletter, and short ways to answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import purposes, services
from consent.models import ConsentRecord, Purpose
from contacts.models import Contact
from contacts.services import create_contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User

NOW = timezone.now().replace(microsecond=0)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def owner(acme: Tenant) -> User:
    return User.objects.get(email="alice@example.com")


@pytest.fixture
def ana(acme: Tenant, owner: User) -> Contact:
    with tenant_context(acme):
        return create_contact(by=owner, name="Ana Prata", emails=["ana.prata@correio.example"], language="pt")


@pytest.fixture
def newsletter(acme: Tenant) -> Purpose:
    with tenant_context(acme):
        found = purposes.by_key(purposes.NEWSLETTER)
    assert found is not None
    return found


@pytest.fixture
def answer(acme: Tenant) -> Callable[..., ConsentRecord]:
    """Records one answer from outside a tenant's context; grants by default, on a form."""

    def give(contact: Contact, purpose: Purpose, action: str = "granted", **fields: Any) -> ConsentRecord:
        with tenant_context(acme):
            given = {"source": "form", "evidence": {"url": "https://acme.example/join"}, **fields}
            return services.record(contact=contact, purpose=purpose, action=action, **given)

    return give
