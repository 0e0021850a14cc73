"""Where one is signed in, and how to end it."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client

from ecrm.tenancy.devices import device_words
from ecrm.tenancy.models import User
from tests.accounts.conftest import FIREFOX, IPHONE, LOGIN, signed_in
from tests.cast import make_user

SESSIONS = "/accounts/sessions/"


def is_signed_in(client: Client) -> bool:
    return client.get(SESSIONS).status_code == 200


def test_every_browser_is_listed_this_one_first(dora: User) -> None:
    signed_in(dora, browser=IPHONE)
    page = signed_in(dora).get(SESSIONS).content.decode()
    assert page.index("Firefox on Linux") < page.index("This one") < page.index("Safari on iPhone")


def test_ending_one_signs_it_out_at_once(dora: User) -> None:
    phone, laptop = signed_in(dora, browser=IPHONE), signed_in(dora)
    theirs = UserSession.objects.get(session_key=phone.session.session_key)
    for _click in range(2):
        assert laptop.post(f"{SESSIONS}{theirs.pk}/end/").status_code == 302
    assert not is_signed_in(phone)
    assert is_signed_in(laptop)


def test_signing_out_everywhere_else_keeps_this_one(dora: User) -> None:
    others = [signed_in(dora, browser=IPHONE), signed_in(dora)]
    here = signed_in(dora)
    here.post(f"{SESSIONS}end-others/")
    assert is_signed_in(here)
    assert not any(is_signed_in(other) for other in others)


def test_nobody_ends_another_persons_session(dora: User) -> None:
    eve = signed_in(make_user_verified("Eve"))
    mine = signed_in(dora)
    theirs = UserSession.objects.get(session_key=mine.session.session_key)
    eve.post(f"{SESSIONS}{theirs.pk}/end/")
    eve.post(f"{SESSIONS}end-others/")
    assert is_signed_in(mine)


def test_a_session_that_ended_by_itself_is_not_listed(dora: User) -> None:
    phone, laptop = signed_in(dora, browser=IPHONE), signed_in(dora)
    phone.post("/accounts/logout/")
    assert "iPhone" not in laptop.get(SESSIONS).content.decode()


def test_a_browser_never_seen_before_is_told_by_mail_once(dora: User) -> None:
    laptop = signed_in(dora)
    assert [message.subject for message in mail.outbox] == ["New sign-in to your account"]
    assert "Firefox on Linux" in mail.outbox[0].body
    laptop.post("/accounts/logout/")
    signed_in(dora, client=laptop)
    assert len(mail.outbox) == 1
    signed_in(dora, browser=IPHONE)
    assert len(mail.outbox) == 2


def test_a_forged_cookie_hides_no_sign_in(dora: User) -> None:
    client = Client(headers={"User-Agent": FIREFOX})
    client.cookies["known_people"] = f"[{dora.pk}]:x:y"
    signed_in(dora, client=client)
    assert len(mail.outbox) == 1


def test_signed_out_it_asks_to_sign_in(client: Client, db: None) -> None:
    assert client.get(SESSIONS).url.startswith(LOGIN)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("curl/8.5", "A program of another kind"),
        ("", "A program of another kind"),
    ],
)
def test_browsers_in_words(user_agent: str, words: str) -> None:
    assert device_words(user_agent) == words


def make_user_verified(name: str) -> User:
    user = make_user(name)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


def test_a_mail_server_that_is_away_keeps_nobody_out(dora: User, settings: object) -> None:
    settings.EMAIL_BACKEND = "ecrm.mail.backends.RelayBackend"
    settings.RELAY_URL = "smtp://127.0.0.1:1?reconcile=none"
    assert is_signed_in(signed_in(dora))
