"""Wall 1: every address × method × role. Globex knocks with Acme's ids and gets nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from ecrm.tenancy import services
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Invitation, Membership, Tenant
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.scoping import TenantModel
from tests.architecture.urls import ARGUMENTS, Address, platform_addresses, tenant_addresses
from tests.cast import Member

ADDRESSES = tenant_addresses()
every_address = pytest.mark.parametrize("address", ADDRESSES, ids=str)
METHODS = ("get", "post")
TENANT_MODELS = [model for model in apps.get_models() if issubclass(model, TenantModel)]

# Views that take POST without a CSRF token, and why.
WITHOUT_CSRF = {
    "webhook": "a provider's servers post without a cookie; the secret in the address is the proof",
    "collect": "pages of other origins send visits; no cookie is looked at, the origin is on the site's list",
    "one_click": "RFC 8058: the mail client posts without a cookie; the signed token is the proof",
}
# Fields that name another row in a form's body.
BODY_FIELDS = {
    "contact": "contact_id", "contact_id": "contact_id", "contacts": "contact_id", "ids": "contact_id",
    "segment": "segment_id", "purpose": "purpose_id", "company": "company_id", "tag": "tag_id",
    "campaign": "campaign_id", "file": "file_id", "identity": "segment_id", "users": "contact_id",
}  # fmt: skip


def test_every_parameter_has_a_maker() -> None:
    used = {name for address in ADDRESSES for name in address.parameters}
    assert used - set(ARGUMENTS) == set()


def test_every_view_says_who_may_use_it() -> None:
    silent = [str(address) for address in ADDRESSES if not hasattr(address.view, "capability")]
    assert silent == []
    named = {address.view.capability for address in ADDRESSES} - {None}
    assert named <= set(Capability)


@every_address
def test_an_outsider_finds_nothing(address: Address, acme: Tenant, outsider: Member) -> None:
    arguments = acme_arguments(address, acme)

    def knocks() -> None:
        for method in METHODS:
            assert knock(outsider, address, arguments, method).status_code == 404

    assert_changes_nothing(acme, knocks)


@every_address
def test_foreign_ids_lead_nowhere(address: Address, acme: Tenant, charlie: Member) -> None:
    """Charlie in Globex, where he may do everything, with ids of Acme in path and body."""
    arguments = acme_arguments(address, acme)
    body = {field: ARGUMENTS[maker] for field, maker in BODY_FIELDS.items()}
    with tenant_context(acme):
        body = {field: maker() for field, maker in body.items()}
    before = fingerprint(acme)
    for method in METHODS:
        response = knock(charlie, address, arguments, method, body)
        allowed = {403, 404, 405} if names_a_row(address) else {200, 302, 303, 400, 403, 404, 405, 422}
        assert response.status_code in allowed, (method, response.status_code)
        assert b"Acme" not in content(response)
    assert fingerprint(acme) == before


@every_address
def test_a_role_without_the_capability_is_refused(address: Address, acme: Tenant, bob: Member, vera: Member) -> None:
    arguments = acme_arguments(address, acme)
    memberships = {member: acme.memberships.get(user=member.user) for member in (bob, vera)}
    needed = address.view.capability
    refused = [member for member, membership in memberships.items() if needed and not membership.may(needed)]

    def knocks() -> None:
        for member in refused:
            for method in METHODS:
                assert knock(member, address, arguments, method).status_code == 403

    assert_changes_nothing(acme, knocks)


@every_address
def test_signed_out_requests_say_nothing(address: Address, acme: Tenant) -> None:
    path = Member(acme.memberships.get().user, acme).url(address.name, *acme_arguments(address, acme))
    there, nowhere = Client().get(path), Client().get(path.replace("/acme/", "/no-such-shop/", 1))
    assert there.status_code == nowhere.status_code == 302
    assert there.url.replace("acme", "x") == nowhere.url.replace("no-such-shop", "x")


@every_address
def test_post_needs_a_csrf_token(address: Address, acme: Tenant, alice: Member) -> None:
    alice.client = Client(enforce_csrf_checks=True)
    alice.client.force_login(alice.user)
    arguments = acme_arguments(address, acme)

    def knocks() -> None:
        assert knock(alice, address, arguments, "post").status_code in {403, 405}

    assert_changes_nothing(acme, knocks)


@pytest.mark.parametrize("address", platform_addresses(), ids=str)
def test_public_posts_need_a_csrf_token(address: Address) -> None:
    exempt = getattr(address.view, "csrf_exempt", False)
    assert exempt == (address.name in WITHOUT_CSRF)


def test_csrf_exceptions_are_not_stale() -> None:
    assert set(WITHOUT_CSRF) <= {address.name for address in platform_addresses()}


def names_a_row(address: Address) -> bool:
    return any(parameter.endswith("_id") for parameter in address.parameters)


def acme_arguments(address: Address, acme: Tenant) -> list[Any]:
    with tenant_context(acme):
        if "invitation_id" in address.parameters:
            owner = acme.memberships.order_by("id").first().user
            services.invite(tenant=acme, email="dora@example.com", roles=["viewer"], by=owner)
        if "membership_id" in address.parameters:
            return [acme.memberships.order_by("id").first().pk]
        return [ARGUMENTS[parameter]() for parameter in address.parameters]


def knock(member: Member, address: Address, arguments: list[Any], method: str, body: Any = None) -> HttpResponse:
    return getattr(member.client, method)(member.url(address.name, *arguments), body or {})


def content(response: HttpResponse) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def assert_changes_nothing(tenant: Tenant, act: Callable[[], None]) -> None:
    """Where PostgreSQL has counted no written row, no table needs to be compared; else ``act`` happens again."""
    counted = rows_written()
    with transaction.atomic():
        act()
        if rows_written() == counted:
            return
        transaction.set_rollback(True)
    before = fingerprint(tenant)
    act()
    assert fingerprint(tenant) == before


def rows_written() -> int:
    """By this connection, to any table of a tenant or of its people."""
    watched = [model._meta.db_table for model in (*TENANT_MODELS, Tenant, Membership, Invitation)]
    counts = " + ".join(f"pg_stat_get_xact_tuples_{what}(oid)" for what in ("inserted", "updated", "deleted"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sum({counts}) FROM pg_class WHERE oid = ANY (SELECT unnest(%s::text[])::regclass::oid UNION ALL"
            " SELECT inhrelid FROM pg_inherits)",
            [watched],
        )
        return int(cursor.fetchone()[0])


def fingerprint(tenant: Tenant) -> dict[str, Any]:
    """Count and hash of every tenant table, as that tenant sees it."""
    parts = [
        f"SELECT '{model._meta.label}', count(*), md5(string_agg(row::text, ';' ORDER BY row.id)) "
        f'FROM "{model._meta.db_table}" AS row'
        for model in TENANT_MODELS
    ]
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        rows = {label: (count, digest) for label, count, digest in cursor.fetchall()}
    shared = (
        list(tenant.memberships.values_list("pk", "roles")),
        list(tenant.invitations.values_list("pk", "revoked_at")),
    )
    return {**rows, "shared": shared, "tenant": Tenant.objects.values().get(pk=tenant.pk)}
