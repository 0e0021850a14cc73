"""People who sign in the way people do."""

from __future__ import annotations

import pytest
from django.test import Client

from ecrm.tenancy.models import User
from tests.cast import make_user

PASSWORD = "correct horse battery"
LOGIN = "/accounts/login/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


@pytest.fixture
def dora(db: None) -> User:
    """Has an account and a verified address, but no workspace."""
    return verified(make_user("Dora"))


def verified(user: User) -> User:
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


def signed_in(user: User, *, browser: str = FIREFOX, client: Client | None = None) -> Client:
    """Through the page, as a person does it: what counts as having confirmed the password just now."""
    client = client or Client(headers={"User-Agent": browser})
    answer = client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def confirm_password(client: Client) -> None:
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
