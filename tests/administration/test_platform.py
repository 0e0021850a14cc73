"""The platform's admin: for staff with a second factor, and on record with those concerned."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core import mail
from django.test import Client

from ecrm.administration.models import PlatformEntry
from ecrm.administration.platform_site import platform_site
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from ecrm.tenancy.scoping import TenantModel
from tests.administration.tables import no_inlines
from tests.cast import Member, make_user

TABLES = sorted(platform_site._registry, key=lambda model: model._meta.label)
OURS = ("ecrm.", "contacts", "consent", "campaigns", "cases", "sales", "analytics")
# Shared tables of ours that the platform does not show, and why.
NOT_SHOWN: dict[str, str] = {}


def listing(model: Any) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_every_shared_table_is_there() -> None:
    shared = {
        model._meta.label
        for model in apps.get_models()
        if model.__module__.startswith(OURS) and not issubclass(model, TenantModel)
    }
    assert shared - {model._meta.label for model in TABLES} == set(NOT_SHOWN)


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.label)
def test_its_list_answers_staff_alone(model: Any, rita: Member, alice: Member) -> None:
    assert rita.client.get(listing(model)).status_code == 200
    assert alice.client.get(listing(model)).status_code == 404
    signed_out = Client().get(listing(model))
    assert signed_out.url.startswith("/accounts/login/")


def test_a_tenant_is_made_with_its_owner(rita: Member, alice: Member) -> None:
    form = {"name": "Initech", "slug": "initech", "currency": "EUR", "time_zone": "UTC", "owner": alice.user.pk}
    assert rita.client.post("/admin/tenancy/tenant/add/", form).status_code == 302
    tenant = Tenant.objects.get(slug="initech")
    assert Member(alice.user, tenant).get("contact_list").status_code == 200
    assert Member(rita.user, tenant).get("contact_list").status_code == 404
    assert PlatformEntry.objects.get(action="tenant.created").concerned_id == tenant.pk


def test_owners_are_looked_up_and_never_listed(rita: Member, alice: Member, bob: Member) -> None:
    assert "bob@example.com" not in rita.client.get("/admin/tenancy/tenant/add/").content.decode()
    query = {"app_label": "tenancy", "model_name": "membership", "field_name": "user", "term": "bob"}
    found = rita.client.get("/admin/autocomplete/", query).json()["results"]
    assert [entry["text"] for entry in found] == ["Bob"]
    assert alice.client.get("/admin/autocomplete/", query).status_code == 404


def test_a_new_address_is_confirmed_and_on_record(rita: Member, acme: Tenant) -> None:
    path = f"/admin/tenancy/tenant/{acme.pk}/change/"
    form = {"name": "Acme", "slug": "acme2", **no_inlines("memberships")}
    assert "is_sure" in rita.client.post(path, form).context["adminform"].form.errors
    assert rita.client.post(path, {**form, "is_sure": "on"}).status_code == 302
    acme.refresh_from_db()
    assert acme.slug == "acme2"
    with tenant_context(acme):
        assert AuditEntry.objects.get(action="tenant.changed", actor_id=rita.user.pk).fields == ["slug"]


def test_a_user_is_switched_off_for_a_reason(rita: Member, bob: Member, acme: Tenant) -> None:
    path = f"/admin/tenancy/user/{bob.user.pk}/deactivate/"
    assert rita.client.post(path, {"reason": ""}).status_code == 422
    assert bob.get("contact_list").status_code == 200
    assert rita.client.post(path, {"reason": "Left the company"}).status_code == 302
    assert bob.get("contact_list").status_code == 302
    with tenant_context(acme):
        assert AuditEntry.objects.get(action="user.deactivated").reason == "Left the company"
    rita.client.post(f"/admin/tenancy/user/{rita.user.pk}/deactivate/", {"reason": "Me"})
    assert User.objects.get(pk=rita.user.pk).is_active


def test_a_lost_second_factor_is_reset_and_told(
    rita: Member,
    bob: Member,
    acme: Tenant,
    django_capture_on_commit_callbacks: Any,
) -> None:
    Authenticator.objects.create(user=bob.user, type=Authenticator.Type.TOTP, data={})
    with django_capture_on_commit_callbacks(execute=True):
        rita.client.post(f"/admin/tenancy/user/{bob.user.pk}/reset-second-factor/", {"reason": "Lost phone"})
    assert not Authenticator.objects.filter(user=bob.user).exists()
    assert [message.to for message in mail.outbox] == [["bob@example.com"]]
    with tenant_context(acme):
        assert AuditEntry.objects.get(action="user.second_factor_reset").reason == "Lost phone"


def test_who_is_staff_is_for_superusers_to_say(rita: Member, bob: Member) -> None:
    form = {"name": "Bob", "is_staff": "on", **no_inlines("memberships", "emailaddress_set", "authenticator_set")}
    rita.client.post(f"/admin/tenancy/user/{bob.user.pk}/change/", form)
    assert not User.objects.get(pk=bob.user.pk).is_staff


def test_nobody_is_deleted_here(rita: Member, acme: Tenant, bob: Member) -> None:
    for path in (f"tenant/{acme.pk}", f"user/{bob.user.pk}"):
        assert rita.client.post(f"/admin/tenancy/{path}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.django_db(databases=["default", "dispatch"])
def test_the_health_page_tells_what_runs(rita: Member, alice: Member) -> None:
    page = rita.client.get("/admin/health/")
    assert page.status_code == 200
    assert {finding.label: finding.is_good for finding in page.context["findings"]}["Broker"]
    assert alice.client.get("/admin/health/").status_code == 404


def test_queries_do_not_grow_with_tenants(rita: Member, acme: Tenant) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.cast import make_tenant

    def asked(path: str) -> int:
        rita.client.get(path)
        with CaptureQueriesContext(connection) as captured:
            rita.client.get(path)
        return len(captured)

    paths = ("/admin/tenancy/tenant/", "/admin/tenancy/user/", "/admin/tenancy/membership/")
    few = [asked(path) for path in paths]
    for number in range(5):
        make_tenant(f"tenant{number}", make_user(f"Owner{number}"))
    assert [asked(path) for path in paths] == few
