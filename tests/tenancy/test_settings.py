"""The settings: one page that knows all of them, and typed rows for what they say."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.settings_rows import TenantSettings, remembered
from ecrm.ui import settings_pages
from tests.cast import Member


def labels(member: Member, sought: str = "") -> set[str]:
    response = member.get("settings", query={"q": sought})
    return {str(place.page.label) for section in response.context["sections"] for place in section.places}


def test_everybody_sees_what_their_role_may_open(alice: Member, vera: Member) -> None:
    assert "Members and teams" in labels(alice)
    assert "Members and teams" not in labels(vera)
    assert "Your preferences" in labels(vera)


def test_every_page_in_the_list_opens(alice: Member) -> None:
    places = [place for section in alice.get("settings").context["sections"] for place in section.places]
    answers = {place.page.key: alice.client.get(place.url).status_code for place in places}
    # What cannot be taken back asks who is there first.
    assert {key: status for key, status in answers.items() if status not in (200, 302)} == {}


@pytest.mark.parametrize("sought", ["passkey", "PASSKEYS second", "fingerprint-nothing"])
def test_searching_narrows_by_every_word(alice: Member, sought: str) -> None:
    found = labels(alice, sought)
    assert found == set() if "nothing" in sought else "Passkeys and second step" in found


def test_htmx_gets_the_found_part_only(alice: Member) -> None:
    part = alice.get("settings", query={"q": "nothing at all"}, htmx=True).content.decode()
    assert "<html" not in part
    assert "No setting found" in part


def test_the_list_marks_where_one_is(alice: Member) -> None:
    page = alice.get("tenant_settings").content.decode()
    assert 'href="/acme/settings/workspace/" aria-current="page"' in page


def test_pages_have_different_keys_and_places() -> None:
    pages = settings_pages.pages(lambda capability: True)
    assert len({page.url_name for page in pages}) == len(pages)


def stored_settings() -> list[type[TenantSettings]]:
    return [model for model in TenantSettings.__subclasses__() if not model._meta.abstract]


def test_there_are_rows_of_settings() -> None:
    assert stored_settings()


@pytest.mark.parametrize("model", stored_settings(), ids=lambda model: model._meta.label)
def test_a_row_is_there_before_it_is_stored_and_once(model: type[TenantSettings], acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        assert model.of_tenant().pk is None
        model.of_tenant().save()
        assert model.of_tenant().pk is not None
    with tenant_context(globex):
        assert model.of_tenant().pk is None


@pytest.mark.parametrize("model", stored_settings(), ids=lambda model: model._meta.label)
def test_a_request_reads_it_once(model: type[TenantSettings], acme: Tenant, globex: Tenant) -> None:
    with remembered():
        with tenant_context(acme):
            model.of_tenant()
            with CaptureQueriesContext(connection) as captured:
                row = model.of_tenant()
            assert len(captured) == 0
            row.save()
            assert model.of_tenant().pk == row.pk
        with tenant_context(globex):
            assert model.of_tenant().pk is None
