"""Sign-in the way a person does it: pages, mails, second step, and no word about who exists."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client

from ecrm.tenancy.models import User
from tests.cast import Member, make_user

PASSWORD = "correct horse battery"
LOGIN, CODE = "/accounts/login/", "/accounts/login/code/"


@pytest.fixture
def dora(db: None) -> User:
    """Has an account and a verified address, but no workspace."""
    user = make_user("Dora")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


def code_in_last_mail() -> str:
    found = re.search(r"^([A-Z0-9]{3,}-?[A-Z0-9]{3,})$", mail.outbox[-1].body, re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found.group(1)


def app_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_password_opens_the_door(client: Client, dora: User) -> None:
    page = client.post(LOGIN, {"login": dora.email, "password": PASSWORD}, follow=True)
    assert "You belong to no workspace yet" in page.text


@pytest.mark.parametrize(("signup", "is_offered"), [("open", True), ("invited", False)])
def test_the_first_page_offers_only_what_may_be_done(
    client: Client, dora: User, settings: object, signup: str, is_offered: bool
) -> None:
    settings.SIGNUP = signup
    client.force_login(dora)
    page = client.get("/").text
    assert ('href="/tenants/new/"' in page) is is_offered
    assert ("Make one for your shop" in page) is is_offered


def test_a_wrong_password_is_said_at_the_form(client: Client, dora: User) -> None:
    page = client.post(LOGIN, {"login": dora.email, "password": "wrong"})
    assert 'role="alert"' in page.text
    assert "_auth_user_id" not in client.session


def test_a_mailed_code_opens_the_door(client: Client, dora: User) -> None:
    page = client.post(CODE, {"email": dora.email}, follow=True)
    assert "Enter the code" in page.text
    client.post("/accounts/login/code/confirm/", {"code": code_in_last_mail()})
    assert client.session["_auth_user_id"] == str(dora.pk)


@pytest.mark.parametrize(
    ("address", "fields"),
    [(CODE, {}), ("/accounts/password/reset/", {}), ("/accounts/signup/", {"name": "Eve", "password1": PASSWORD})],
)
def test_known_and_unknown_addresses_get_the_same_answer(dora: User, address: str, fields: dict[str, str]) -> None:
    pages = []
    for email in (dora.email, "nobody@example.com"):
        page = Client().post(address, {"email": email, **fields}, follow=True)
        text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"', "", page.text)
        pages.append((page.status_code, page.redirect_chain, text.replace(email, "the address")))
    assert pages[0] == pages[1]
    assert len(mail.outbox) == 2


def test_signing_up_asks_for_the_mailed_code(client: Client, db: None) -> None:
    form = {"name": "Eve Evans", "email": "eve@example.com", "password1": PASSWORD}
    page = client.post("/accounts/signup/", form, follow=True)
    assert "Enter the code" in page.text
    client.post("/accounts/confirm-email/", {"code": code_in_last_mail()})
    eve = User.objects.get(email="eve@example.com")
    assert eve.emailaddress_set.get().verified
    assert str(eve) == "Eve Evans"


def test_signing_up_asks_for_a_name(client: Client, db: None) -> None:
    page = client.post("/accounts/signup/", {"name": " ", "email": "eve@example.com", "password1": PASSWORD})
    assert 'aria-invalid="true"' in page.text
    assert not User.objects.filter(email="eve@example.com").exists()


def test_a_reset_link_sets_a_new_password(client: Client, dora: User) -> None:
    client.post("/accounts/password/reset/", {"email": dora.email})
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body)
    assert link
    page = client.get(link.group(1), follow=True)
    assert "Set a new password" in page.text
    client.post(page.redirect_chain[-1][0], {"password1": "another fine battery", "password2": "another fine battery"})
    page = client.post(LOGIN, {"login": dora.email, "password": "another fine battery"}, follow=True)
    assert "You belong to no workspace yet" in page.text


def test_a_used_reset_link_says_that_it_has_ended(client: Client, db: None) -> None:
    assert "This link has ended" in client.get("/accounts/password/reset/key/1-set-password/").text


def test_the_second_step_from_set_up_to_sign_in(client: Client, dora: User) -> None:
    client.force_login(dora)
    client.post(LOGIN, {"login": dora.email, "password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/", follow=True)
    if "Confirm that it is you" in page.text:
        page = client.post(page.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)
    secret = page.context["form"].secret
    assert secret in page.text
    page = client.post("/accounts/2fa/totp/activate/", {"code": app_code(secret)}, follow=True)
    assert "code" in page.text
    for address in ("/accounts/2fa/", "/accounts/2fa/recovery-codes/", "/accounts/2fa/totp/deactivate/"):
        assert client.get(address).status_code == 200

    other = Client()
    page = other.post(LOGIN, {"login": dora.email, "password": PASSWORD}, follow=True)
    assert "Second step" in page.text
    assert "_auth_user_id" not in other.session
    recovery = re.findall(r"^([a-z0-9]{8,})$", client.get("/accounts/2fa/recovery-codes/").text, re.MULTILINE)
    codes = recovery or re.findall(r">([a-z0-9]{6,}\n)", client.get("/accounts/2fa/recovery-codes/").text)
    assert codes
    other.post("/accounts/2fa/authenticate/", {"code": codes[0].strip()})
    assert other.session["_auth_user_id"] == str(dora.pk)


@pytest.mark.parametrize(
    "address",
    ["/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/logout/", "/accounts/preferences/"],
)
def test_a_persons_own_pages_show_the_account_rail(alice: Member, address: str) -> None:
    page = alice.client.get(address)
    assert page.status_code == 200
    if "logout" not in address:
        assert f'href="{address}" aria-current="page"' in page.text


def test_too_many_attempts_are_held_back_with_a_page_of_ours(client: Client, dora: User) -> None:
    answers = [client.post(LOGIN, {"login": dora.email, "password": "wrong"}) for _ in range(40)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert "Too many attempts" in answers[-1].text


@pytest.mark.parametrize("language", ["pl", "pt"])
def test_the_language_chosen_before_sign_in_is_kept(client: Client, db: None, language: str) -> None:
    client.post("/i18n/setlang/", {"language": language, "next": LOGIN})
    assert f'<html lang="{language}"' in client.get(LOGIN).text
