"""A workspace that asks everybody for a second step of sign-in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member


def give_second_step(user: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})


@pytest.fixture
def asked(acme: Tenant, alice: Member) -> Tenant:
    give_second_step(alice.user)
    assert alice.post("security", form={"grace": "0"}).status_code == 302
    acme.refresh_from_db()
    return acme


def test_members_without_one_are_led_to_set_it_up(asked: Tenant, bob: Member, alice: Member) -> None:
    answer = bob.get("contact_list")
    assert answer.url == "/accounts/second-step/?workspace=acme"
    page = bob.client.get(answer.url).content.decode()
    assert "Acme" in page
    assert "/accounts/2fa/webauthn/add/" in page
    assert bob.post("leave_workspace").status_code == 302
    assert asked.memberships.filter(user=bob.user).exists()
    assert alice.get("contact_list").status_code == 200


def test_with_one_they_are_in_again(asked: Tenant, bob: Member) -> None:
    give_second_step(bob.user)
    assert bob.get("contact_list").status_code == 200
    assert "Go on" in bob.client.get("/accounts/second-step/?workspace=acme").content.decode()


def test_recovery_codes_alone_are_no_second_step(asked: Tenant, bob: Member) -> None:
    Authenticator.objects.create(user=bob.user, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert bob.get("contact_list").status_code == 302


def test_whoever_has_none_cannot_lock_everybody_out(alice: Member, acme: Tenant) -> None:
    response = alice.post("security", form={"grace": "0"})
    assert response.status_code == 422
    assert "first" in response.content.decode()
    acme.refresh_from_db()
    assert acme.second_factor_from is None


def test_there_is_time_to_set_it_up(alice: Member, bob: Member, acme: Tenant) -> None:
    give_second_step(alice.user)
    alice.post("security", form={"grace": "7"})
    page = bob.get("contact_list")
    assert page.status_code == 200
    assert "asks for a second step" in page.content.decode()
    assert "asks for a second step" not in alice.get("contact_list").content.decode()
    Tenant.objects.filter(pk=acme.pk).update(second_factor_from=timezone.now() - timedelta(seconds=1))
    assert bob.get("contact_list").status_code == 302


def test_it_can_be_dropped_and_both_are_on_record(asked: Tenant, alice: Member, bob: Member) -> None:
    for _click in range(2):
        alice.post("security", form={"grace": "off"})
    assert bob.get("contact_list").status_code == 200
    with tenant_context(asked):
        actions = list(AuditEntry.objects.filter(action__startswith="tenant.second").values_list("action", flat=True))
    assert sorted(actions) == ["tenant.second_step_asked", "tenant.second_step_dropped"]


def test_the_list_of_members_says_who_has_one(asked: Tenant, alice: Member, bob: Member) -> None:
    page = alice.get("members").content.decode()
    assert page.count("Second step set up") == 1
    assert page.count("No second step") == 1


def test_other_workspaces_ask_nothing_and_pay_nothing(alice: Member) -> None:
    from django.db import connection

    alice.get("role_table")
    with CaptureQueriesContext(connection) as captured:
        alice.get("role_table")
    assert not [query for query in captured.captured_queries if "mfa_authenticator" in query["sql"]]


def test_only_those_who_change_settings(bob: Member) -> None:
    assert bob.get("security").status_code == 403
    assert bob.post("security", form={"grace": "off"}).status_code == 403


def test_a_stranger_learns_no_name(asked: Tenant, charlie: Member) -> None:
    assert "Acme" not in charlie.client.get("/accounts/second-step/?workspace=acme").content.decode()
