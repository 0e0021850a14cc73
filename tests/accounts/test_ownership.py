"""Leaving, handing over, and ending one's account."""

from __future__ import annotations

import pytest
from django.test import Client

from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.accounts.conftest import LOGIN, PASSWORD, confirm_password, signed_in, verified
from tests.cast import Member, join, make_user
from tests.factories import TeamMemberFactory


def confirmed(member: Member) -> Member:
    """Signed in through the page, password just confirmed."""
    verified(member.user)
    member.client = signed_in(member.user)
    confirm_password(member.client)
    return member


def roles(member: Member) -> list[str]:
    return member.tenant.memberships.get(user=member.user).roles


def test_a_member_leaves_and_is_out(bob: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        TeamMemberFactory(user=bob.user)
    assert bob.post("leave_workspace").url == "/"
    assert bob.get("role_table").status_code == 404
    with tenant_context(acme):
        assert AuditEntry.objects.filter(action="member.left", actor_id=bob.user.pk).exists()
        from ecrm.tenancy.models import TeamMember

        assert not TeamMember.objects.filter(user=bob.user).exists()


def test_the_last_owner_cannot_leave(alice: Member) -> None:
    assert "only owner" in alice.get("leave_workspace").content.decode()
    alice.post("leave_workspace")
    assert roles(alice) == ["owner"]


def test_one_of_two_owners_can(alice: Member, acme: Tenant) -> None:
    join(make_user("Olga"), acme, "owner")
    alice.post("leave_workspace")
    assert acme.memberships.filter(roles__contains=["owner"]).count() == 1


def test_handing_over_asks_for_the_password_first(alice: Member, bob: Member) -> None:
    membership = bob.tenant.memberships.get(user=bob.user)
    assert alice.post("hand_over", form={"to": membership.pk}).url.startswith("/accounts/reauthenticate/?next=")
    assert roles(bob) == ["support"]


def test_handing_over_makes_one_owner_and_one_admin(alice: Member, bob: Member, acme: Tenant) -> None:
    confirmed(alice)
    membership = acme.memberships.get(user=bob.user)
    for _click in range(2):
        alice.post("hand_over", form={"to": membership.pk})
    assert roles(bob) == ["owner", "support"]
    assert roles(alice) == ["admin"]
    with tenant_context(acme):
        assert AuditEntry.objects.filter(action="tenant.handed_over").count() == 1


def test_it_goes_to_members_of_this_workspace_only(alice: Member, charlie: Member) -> None:
    confirmed(alice)
    theirs = charlie.tenant.memberships.get(user=charlie.user)
    assert alice.post("hand_over", form={"to": theirs.pk}).status_code == 422
    assert roles(alice) == ["owner"]


def test_an_admin_owns_nothing(alice: Member, acme: Tenant) -> None:
    admin = join(make_user("Adam"), acme, "admin")
    for name in ("hand_over", "close_workspace"):
        assert admin.get(name).status_code == 403
    assert admin.post("export_workspace").status_code == 403
    assert admin.post("restore_workspace").status_code == 403


def test_an_account_with_a_workspace_of_its_own_stays(alice: Member) -> None:
    confirmed(alice)
    assert "Acme" in alice.client.get("/accounts/delete/").content.decode()
    assert alice.client.post("/accounts/delete/", {"sure": "on"}).status_code == 422
    assert User.objects.filter(email="alice@example.com", is_active=True).exists()


def test_deleting_ones_account_ends_everything_of_it(bob: Member, acme: Tenant) -> None:
    confirmed(bob)
    other = signed_in(bob.user)
    assert bob.client.post("/accounts/delete/", {"sure": "on"}).url == LOGIN
    assert other.get("/accounts/preferences/").status_code == 302
    assert not acme.memberships.filter(user=bob.user).exists()
    gone = User.objects.get(pk=bob.user.pk)
    assert not gone.is_active
    assert "bob" not in f"{gone.email}{gone.name}".lower()
    answer = Client().post(LOGIN, {"login": "bob@example.com", "password": PASSWORD})
    assert answer.status_code == 200
    with tenant_context(acme):
        assert AuditEntry.objects.filter(action="member.left", actor_id=bob.user.pk).exists()


def test_it_is_not_deleted_without_confirming(bob: Member) -> None:
    assert bob.client.post("/accounts/delete/", {"sure": "on"}).url.startswith("/accounts/reauthenticate/")
    confirmed(bob)
    assert bob.client.post("/accounts/delete/", {}).status_code == 422
    assert User.objects.get(pk=bob.user.pk).is_active


@pytest.mark.parametrize(("signup", "is_open"), [("open", True), ("invited", False), ("closed", False)])
def test_sign_up_can_be_switched_off(settings: object, client: Client, db: None, signup: str, is_open: bool) -> None:
    settings.SIGNUP = signup
    page = client.get("/accounts/signup/").content.decode()
    assert ('name="password1"' in page) is is_open
    form = {"name": "Nia New", "email": "new@example.com", "password1": "correct horse battery staple"}
    client.post("/accounts/signup/", form)
    assert User.objects.filter(email="new@example.com").exists() is is_open


def test_by_invitation_the_invited_may_sign_up(settings: object, client: Client, alice: Member) -> None:
    from ecrm.tenancy import services

    settings.SIGNUP = "invited"
    with tenant_context(alice.tenant):
        _invitation, secret = services.invite(
            tenant=alice.tenant, email="new@example.com", roles=["viewer"], by=alice.user
        )
    way = f"/accounts/signup/?next=/invitations/{secret}/"
    assert 'name="password1"' in client.get(way).content.decode()
    assert 'name="password1"' not in client.get("/accounts/signup/?next=/invitations/forged/").content.decode()
    settings.SIGNUP = "closed"
    assert 'name="password1"' not in client.get(way).content.decode()


def test_an_invitation_of_somebody_with_an_account_always_works(settings: object, alice: Member) -> None:
    from ecrm.tenancy import services

    settings.SIGNUP = "closed"
    dora = Member(make_user("Dora"), alice.tenant)
    with tenant_context(alice.tenant):
        _invitation, secret = services.invite(
            tenant=alice.tenant, email=dora.user.email, roles=["viewer"], by=alice.user
        )
    assert dora.client.post(f"/invitations/{secret}/").url == "/acme/"
    assert dora.client.get("/tenants/new/").status_code == 403
    assert alice.client.get("/tenants/new/").status_code == 200
