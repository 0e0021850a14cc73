"""Session, user and membership come in one question, and are what they would be in three."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ecrm.tenancy.models import Tenant, User
from tests.cast import Member, join

pytestmark = pytest.mark.django_db


def sign_in_questions(member: Member) -> list[str]:
    """What a second look at a page asks about who is asking."""
    member.get("contact_list")
    with CaptureQueriesContext(connection) as captured:
        assert member.get("contact_list").status_code == 200
    tables = ("django_session", "tenancy_user", "tenancy_membership")
    asked = [query["sql"] for query in captured.captured_queries if query["sql"].lstrip().startswith("SELECT")]
    return [sql for sql in asked if any(f"FROM {table}" in sql.replace('"', "") for table in tables)]


def test_who_asks_is_one_question(alice: Member) -> None:
    (asked,) = sign_in_questions(alice)
    assert "django_session" in asked


def test_a_session_nobody_has_listed_yet_is_good(alice: Member, settings: Any) -> None:
    alice.get("contact_list")
    UserSession.objects.all().delete()
    assert alice.get("contact_list").status_code == 200


def test_a_listed_session_is_not_believed_over_the_session_itself(alice: Member, acme: Tenant, mara: Member) -> None:
    """The list says that Mara's browser were Alice's: Mara stays Mara, with Mara's rights."""
    mara.get("contact_list")
    UserSession.objects.filter(session_key=mara.client.session.session_key).update(user=alice.user)
    response = mara.get("contact_list")
    assert response.wsgi_request.user == mara.user
    assert response.wsgi_request.membership.user_id == mara.user.pk
    assert response.wsgi_request.membership.roles == ["marketer"]


def test_an_ended_or_expired_session_opens_nothing(alice: Member) -> None:
    assert alice.get("contact_list").status_code == 200
    Session.objects.update(expire_date=timezone.now())
    assert alice.get("contact_list").status_code == 302


def test_a_changed_password_ends_it(alice: Member) -> None:
    alice.get("contact_list")
    user = User.objects.get(pk=alice.user.pk)
    user.set_password("another-long-password")
    user.save()
    assert alice.get("contact_list").status_code == 302


def test_who_left_is_out_with_the_next_page(alice: Member, bob: Member, acme: Tenant) -> None:
    bob.get("contact_list")
    bob.user.memberships.all().delete()
    assert bob.get("contact_list").status_code == 404


@pytest.mark.parametrize("key", ["", "x", "a\x00b" * 4, "'; drop table tenancy_user; --", "é" * 32])
def test_a_made_up_key_is_nobody(alice: Member, key: str) -> None:
    alice.client.cookies["sessionid"] = key
    assert alice.get("contact_list").status_code == 302


def test_each_workspace_has_its_own_membership(alice: Member, globex: Tenant) -> None:
    other = join(alice.user, globex, "viewer")
    other.client = alice.client
    assert alice.get("contact_list").wsgi_request.membership.roles == ["owner"]
    assert other.get("contact_list").wsgi_request.membership.roles == ["viewer"]
