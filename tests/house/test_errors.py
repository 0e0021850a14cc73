"""Pages for when something goes wrong: they say what to do next, and work when little else does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError
from django.test import Client

from tests.cast import Member

HTML = {"Accept": "text/html"}


@contextmanager
def no_database() -> Iterator[None]:
    from django.db import connections

    def refuse(*args: object) -> object:
        raise AssertionError("an error page asked the database")

    with connections["default"].execute_wrapper(refuse):
        yield


def test_a_missing_page_leads_on(alice: Member, client: Client) -> None:
    inside = alice.client.get("/acme/nowhere/").content.decode()
    assert 'href="/acme/"' in inside
    signed_out = client.get("/invitations/none/x/").content.decode()
    assert 'href="/accounts/login/"' in signed_out


def test_a_role_that_may_not_is_told_whom_to_ask(vera: Member) -> None:
    response = vera.get("members")
    assert response.status_code == 403
    assert 'href="/acme/roles/"' in response.content.decode()


def test_a_button_s_address_opened_as_a_page(alice: Member) -> None:
    response = alice.client.get(alice.url("invite_member"), headers=HTML)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "Nothing was changed" in response.content.decode()


def test_a_fault_shows_a_number_that_the_log_knows(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ecrm.tenancy.views.sections", fall)
    alice.client.raise_request_exception = False
    response = alice.get("settings")
    assert response.status_code == 500
    assert response["X-Request-ID"] in response.content.decode()


def test_a_database_that_is_away_is_no_fault_of_ours(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("ecrm.tenancy.views.sections", away)
    alice.client.raise_request_exception = False
    response = alice.get("settings")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0


def test_the_page_of_a_fault_needs_no_database(rf: object, db: None) -> None:
    from ecrm import errors

    with no_database():
        assert errors.server_error(rf.get("/")).status_code == 500


def test_the_reader_s_language_is_kept(alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.user.language = "pl"
    alice.user.save()

    def fall(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ecrm.tenancy.views.sections", fall)
    alice.client.raise_request_exception = False
    assert 'lang="pl"' in alice.get("settings").content.decode()
