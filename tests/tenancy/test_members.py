"""Inviting, joining, changing roles, leaving."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from ecrm.audit.models import AuditEntry
from ecrm.tenancy import services
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Membership, Tenant, User
from tests.cast import Member, make_user


def invite(alice: Member, email: str = "dora@example.com", role: str = "support") -> str:
    """Returns the path in the invitation mail."""
    assert alice.post("invite_member", form={"email": email, "roles": role}).status_code == 302
    return re.search(r"/invitations/[^\s]+", mail.outbox[-1].body).group()


def actions(tenant: Tenant) -> list[str]:
    with tenant_context(tenant):
        return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_an_invitation_is_mailed_and_joins_once(alice: Member, acme: Tenant) -> None:
    dora = Member(make_user("Dora"), acme)
    path = invite(alice)
    assert "Acme" in dora.client.get(path).content.decode()
    assert not acme.memberships.filter(user=dora.user).exists()
    assert dora.client.post(path).url == "/acme/"
    assert acme.memberships.get(user=dora.user).roles == ["support"]
    assert dora.client.post(path).status_code == 404
    assert actions(acme)[-2:] == ["invitation.sent", "member.joined"]


def test_where_no_mail_leaves_the_link_is_shown_once(alice: Member, acme: Tenant, settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.RELAY_URL = "ecrm.mail.backends.RelayBackend", "smtp://127.0.0.1:1?timeout=1"
    page = alice.post("invite_member", form={"email": "dora@example.com", "roles": ["support"]}).content.decode()
    found = re.search(r'value="[^"]+(/invitations/[^"]+)"', page)
    assert found
    dora = Member(make_user("Dora"), acme)
    assert dora.client.post(found[1]).url == "/acme/"
    assert "/invitations/" not in alice.get("members").content.decode()


def test_who_has_no_name_yet_is_asked_for_it(alice: Member, acme: Tenant) -> None:
    dora = Member(make_user("Dora"), acme)
    User.objects.filter(pk=dora.user.pk).update(name="")
    path = invite(alice)
    assert 'name="name"' in dora.client.get(path).content.decode()
    assert dora.client.post(path, {"name": ""}).status_code == 422
    assert not acme.memberships.filter(user=dora.user).exists()
    assert dora.client.post(path, {"name": "Dora Duarte"}).url == "/acme/"
    assert "Dora Duarte" in alice.get("members").content.decode()


def test_it_opens_for_its_own_address_only(alice: Member, charlie: Member, acme: Tenant) -> None:
    charlie.client.post(invite(alice))
    assert not acme.memberships.filter(user=charlie.user).exists()


def test_it_expires(alice: Member, acme: Tenant) -> None:
    path = invite(alice)
    acme.invitations.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Member(make_user("Dora"), acme).client.get(path).status_code == 404


def test_it_can_be_revoked_twice(alice: Member, acme: Tenant) -> None:
    path = invite(alice)
    for _click in range(2):
        alice.post("revoke_invitation", acme.invitations.get().pk)
    assert Member(make_user("Dora"), acme).client.post(path).status_code == 404
    assert actions(acme).count("invitation.revoked") == 1


def test_a_second_invitation_closes_the_first(alice: Member, acme: Tenant) -> None:
    first, second = invite(alice), invite(alice)
    dora = Member(make_user("Dora"), acme)
    assert dora.client.get(first).status_code == 404
    assert dora.client.get(second).status_code == 200


def test_signed_out_it_leads_to_signing_in_first(alice: Member, client: object) -> None:
    path = invite(alice)
    assert client.get(path).url.startswith("/accounts/login/?next=/invitations/")


def test_the_secret_is_kept_as_a_hash_only(alice: Member, acme: Tenant) -> None:
    secret = invite(alice).split("/")[2]
    stored = bytes(acme.invitations.get().token_hash)
    assert secret.encode() not in stored
    assert len(stored) == 32


def test_a_member_is_not_invited_again(alice: Member, bob: Member) -> None:
    response = alice.post("invite_member", form={"email": bob.user.email.upper(), "roles": "viewer"})
    assert response.status_code == 422
    assert mail.outbox == []


def test_roles_add_up(alice: Member, bob: Member, acme: Tenant) -> None:
    membership = acme.memberships.get(user=bob.user)
    alice.post("change_roles", membership.pk, form={"roles": ["support", "marketer"]})
    assert acme.memberships.get(user=bob.user).may("campaigns.send")


def test_the_last_owner_stays(alice: Member, acme: Tenant) -> None:
    membership = acme.memberships.get(user=alice.user)
    assert alice.post("change_roles", membership.pk, form={"roles": ["viewer"]}).status_code == 422
    alice.post("remove_member", membership.pk)
    assert acme.memberships.get(user=alice.user).roles == ["owner"]


def test_an_admin_cannot_make_or_remove_owners(alice: Member, bob: Member, acme: Tenant) -> None:
    theirs, mine = acme.memberships.get(user=alice.user), acme.memberships.get(user=bob.user)
    mine.roles = ["admin"]
    mine.save()
    assert bob.post("change_roles", mine.pk, form={"roles": ["owner"]}).status_code == 422
    bob.post("remove_member", theirs.pk)
    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_removing_ends_access_at_once(alice: Member, bob: Member, acme: Tenant) -> None:
    alice.post("remove_member", acme.memberships.get(user=bob.user).pk)
    assert bob.get("role_table").status_code == 404


def test_members_are_managed_by_those_who_may(vera: Member) -> None:
    assert vera.get("members").status_code == 403


def test_the_role_table_shows_what_the_code_asks(vera: Member) -> None:
    assert "Send campaigns" in vera.get("role_table").content.decode()


def test_two_owners_cannot_remove_each_other(alice: Member, bob: Member, acme: Tenant) -> None:
    mine, theirs = acme.memberships.get(user=alice.user), acme.memberships.get(user=bob.user)
    theirs.roles = ["owner"]
    theirs.save()
    with tenant_context(acme):
        services.remove_member(membership=theirs, by=mine)
        with pytest.raises(Exception, match="owner"):
            services.remove_member(membership=mine, by=mine)
