"""Passkeys in a real browser with an authenticator of its own, under the strict policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from playwright.sync_api import Browser, Page

from ecrm.tenancy.models import User
from tests.accounts.conftest import PASSWORD, verified
from tests.cast import make_user
from tests.chromium import tab

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def dora(transactional_db: None) -> User:
    return verified(make_user("Dora"))


@contextmanager
def browser_with_authenticator(chromium: Browser, live_server: Any) -> Iterator[Page]:
    # Passkeys belong to a name: "localhost" is one, an address in digits is none.
    with tab(chromium, live_server.url.replace("127.0.0.1", "localhost")) as page:
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield page


def sign_in_by_password(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(user.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page, name: str) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    if "reauthenticate" in page.url:
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make passkey").click()
    page.wait_for_url(re.compile("recovery-codes|2fa/$"))


def test_a_passkey_is_made_named_used_and_removed(
    chromium: Browser, live_server: Any, settings: Any, dora: User
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with browser_with_authenticator(chromium, live_server) as page:
        sign_in_by_password(page, dora)
        add_passkey(page, "Work laptop")
        assert any("passkey was added" in message.subject for message in mail.outbox)

        page.goto("/accounts/2fa/")
        page.get_by_role("link", name="Rename").click()
        page.get_by_label("Name").fill("Desk")
        page.get_by_role("button", name="Save name").click()
        page.goto("/accounts/2fa/")
        assert page.get_by_text("Desk", exact=True).first.is_visible()

        page.context.clear_cookies()
        page.goto("/accounts/login/?next=/accounts/sessions/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(re.compile(r":\d+/accounts/sessions/$"))
        assert page.get_by_text("This one").is_visible()

        page.goto("/accounts/2fa/")
        page.get_by_role("link", name="Remove").click()
        page.wait_for_load_state()
        if "reauthenticate" in page.url:
            page.get_by_role("link", name="Use a security key").click()
            page.get_by_role("button", name="Use passkey").click()
        page.get_by_role("button", name="Remove passkey").click()
        page.wait_for_load_state()
    assert not Authenticator.objects.filter(user=dora, type=Authenticator.Type.WEBAUTHN).exists()


def test_a_passkey_is_the_second_step_after_a_password(
    chromium: Browser, live_server: Any, settings: Any, dora: User
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with browser_with_authenticator(chromium, live_server) as page:
        sign_in_by_password(page, dora)
        add_passkey(page, "Work laptop")
        page.context.clear_cookies()
        sign_in_by_password(page, dora)
        page.get_by_role("button", name="Use passkey").click()
        page.wait_for_url(re.compile(r":\d+/$"))
        page.goto("/accounts/sessions/")
        assert page.get_by_text("This one").is_visible()


def test_a_browser_without_the_passkey_says_so_and_leaves_other_ways(
    chromium: Browser, live_server: Any, settings: Any, dora: User
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with browser_with_authenticator(chromium, live_server) as page:
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.get_by_text("That did not work").wait_for()
        assert page.get_by_label("Email").is_enabled()
