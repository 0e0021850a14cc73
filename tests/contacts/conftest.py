"""What the tests of contacts share: people made through the services, and what their history says."""

from __future__ import annotations

from typing import Any

import pytest

from contacts import services
from contacts.models import Contact, Event
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from ecrm.tenancy.roles import Role
from tests.cast import Member, join, make_user


@pytest.fixture
def owner(acme: Tenant) -> User:
    return User.objects.get(email="alice@example.com")


@pytest.fixture
def ines(acme: Tenant, owner: User) -> Contact:
    return add(
        acme,
        given_name="Inês",
        family_name="Prata",
        emails=["ines.prata@correio.example"],
        phones=["+351 912 345 678"],
        tags=["VIP"],
        country="PT",
        by=owner,
    )


@pytest.fixture
def sam(acme: Tenant) -> Member:
    """Sells, and so sees only their own and their team's people."""
    return join(make_user("Sam"), acme, Role.SALES)


def add(tenant: Tenant, *, by: User | None = None, **fields: Any) -> Contact:
    with tenant_context(tenant):
        return services.create_contact(by=by, **fields)


def told(contact: Contact) -> list[str]:
    """Names of the person's events, oldest first."""
    with tenant_context(contact.tenant_id):
        events = Event.objects.filter(contact_id=contact.pk).order_by("occurred_at", "id")
        return list(events.values_list("name", flat=True))


def fresh(contact: Contact) -> Contact:
    with tenant_context(contact.tenant_id):
        return Contact.objects.select_related("company").get(pk=contact.pk)


def form_of(member: Member, url_name: str, /, *args: Any, **changes: Any) -> dict[str, Any]:
    """The form of a page as a browser would send it, with some fields filled in differently."""
    page = member.get(url_name, *args)
    assert page.status_code == 200
    editor = page.context["editor"]
    values = {field.html_name: field.value() for form in editor.all_forms for field in form}
    for rows in editor.lists.values():
        values |= {field.html_name: field.value() for field in rows.management_form}
    values["tags_seen"] = editor.tags_seen
    values["expected_updated_at"] = page.context["expected_updated_at"]
    return {name: "" if value is None else value for name, value in (values | changes).items()}
