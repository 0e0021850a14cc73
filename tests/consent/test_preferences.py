"""The preference page: no account, no side effects of looking, proof of every choice."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from consent import public, purposes, rules
from consent.models import ConsentRecord, Purpose
from contacts.models import Contact
from contacts.services import bin_contact, create_contact
from ecrm.tenancy import tokens
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User

Answer = Callable[..., ConsentRecord]


@pytest.fixture
def visitor(db: None) -> Client:
    return Client()


@pytest.fixture
def path(acme: Tenant, ana: Contact) -> str:
    with tenant_context(acme):
        return public.preferences_path(ana.pk)


def fields(page: HttpResponse) -> dict[str, list[str]]:
    """What a browser would send back untouched."""
    html = page.content.decode()
    shown = re.findall(r'name="shown" value="([^"]+)"', html)
    switches = re.findall(r'<input class="switch"[^>]*value="(\d+)"[^>]*?( checked)?>', html)
    return {"shown": shown, "yes": [value for value, checked in switches if checked]}


def verdict(tenant: Tenant, contact: Contact, purpose: Purpose) -> rules.Verdict:
    with tenant_context(tenant):
        return rules.may(contact, purpose)


def records(tenant: Tenant) -> list[ConsentRecord]:
    with tenant_context(tenant):
        return list(ConsentRecord.objects.select_related("notice").order_by("id"))


def test_looking_changes_nothing(visitor: Client, path: str, acme: Tenant) -> None:
    for method in (visitor.get, visitor.head, visitor.get):
        assert method(path).status_code == 200
    assert records(acme) == []


def test_switching_on_records_the_wording_and_the_circumstances(
    visitor: Client, path: str, acme: Tenant, ana: Contact, newsletter: Purpose
) -> None:
    form = fields(visitor.get(path))
    answer = visitor.post(
        path, {**form, "yes": [str(newsletter.pk)]}, REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Firefox"
    )

    assert answer.status_code == 302
    (record,) = records(acme)
    assert (record.action, record.source, record.contact_id) == ("granted", "preferences", ana.pk)
    assert record.notice is not None
    assert (record.notice.language, record.evidence["notice_version"]) == ("pt", 1)
    assert record.evidence["wording_sha256"] == purposes.digest(record.notice.text)
    assert (record.evidence["ip"], record.evidence["user_agent"]) == ("203.0.113.9", "Firefox")
    assert verdict(acme, ana, newsletter).allowed


def test_the_page_says_what_was_saved(visitor: Client, path: str, newsletter: Purpose) -> None:
    form = fields(visitor.get(path))
    page = visitor.post(path + "?language=en", {**form, "yes": [str(newsletter.pk)]}, follow=True)
    assert "Your choices are saved." in page.content.decode()
    assert fields(page)["yes"] == [str(newsletter.pk)]


def test_a_second_click_is_harmless(visitor: Client, path: str, acme: Tenant, newsletter: Purpose) -> None:
    form = {**fields(visitor.get(path)), "yes": [str(newsletter.pk)]}
    visitor.post(path, form)
    visitor.post(path, form)
    assert len(records(acme)) == 1


def test_an_untouched_switch_says_nothing(
    visitor: Client, path: str, acme: Tenant, ana: Contact, newsletter: Purpose, answer: Answer
) -> None:
    """An old tab, saved after a later unsubscribe, must not bring the consent back."""
    answer(ana, newsletter)
    old_tab = fields(visitor.get(path))
    answer(ana, newsletter, "withdrawn")
    visitor.post(path, old_tab)
    assert not verdict(acme, ana, newsletter).allowed


def test_switching_off_withdraws(
    visitor: Client, path: str, acme: Tenant, ana: Contact, newsletter: Purpose, answer: Answer
) -> None:
    answer(ana, newsletter)
    visitor.post(path, {**fields(visitor.get(path)), "yes": []})
    assert verdict(acme, ana, newsletter).reason == "withdrawn"


def test_stop_everything_refuses_every_purpose(
    visitor: Client, path: str, acme: Tenant, ana: Contact, newsletter: Purpose, answer: Answer
) -> None:
    answer(ana, newsletter)
    visitor.post(path, {**fields(visitor.get(path)), "all": "off"})

    with tenant_context(acme):
        asked = [purpose for purpose in Purpose.objects.all() if purpose.has_choice]
        assert {rules.may(ana, purpose).reason for purpose in asked} == {"withdrawn"}
        assert rules.may(ana, Purpose.objects.get(key="service")).allowed


def test_a_contract_cannot_be_switched(visitor: Client, path: str, acme: Tenant) -> None:
    with tenant_context(acme):
        service = Purpose.objects.get(key="service")
    page = visitor.get(path)
    assert not any(shown.startswith(f"{service.pk}:") for shown in fields(page)["shown"])
    visitor.post(path, {"shown": [f"{service.pk}:0:1"], "yes": []})
    assert records(acme) == []


@pytest.mark.parametrize("shown", ["", "1", "a:b:c", "1:2:3:4", "9" * 40 + ":0:1", "-1:0:1", "999999:0:0"])
def test_a_made_up_form_changes_nothing(visitor: Client, path: str, acme: Tenant, shown: str) -> None:
    assert visitor.post(path, {"shown": shown, "yes": ["1", "x", "9" * 30]}).status_code == 302
    assert records(acme) == []


def test_the_purposes_of_another_tenant_stay_out_of_reach(
    visitor: Client, path: str, acme: Tenant, globex: Tenant
) -> None:
    with tenant_context(globex):
        theirs = Purpose.objects.get(key="newsletter")
        notice = purposes.current_notices(["pl"])[theirs.pk]
    visitor.post(path, {"shown": [f"{theirs.pk}:{notice.pk}:0"], "yes": [str(theirs.pk)]})
    assert records(acme) == records(globex) == []


def test_a_wording_of_another_purpose_is_not_taken_as_proof(
    visitor: Client, path: str, acme: Tenant, newsletter: Purpose
) -> None:
    with tenant_context(acme):
        tracking = Purpose.objects.get(key="tracking")
        foreign = purposes.current_notices(["en"])[tracking.pk]
    visitor.post(path, {"shown": [f"{newsletter.pk}:{foreign.pk}:0"], "yes": [str(newsletter.pk)]})
    (record,) = records(acme)
    assert record.notice is None


def broken(token: str) -> list[str]:
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    flipped = [raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :] for place in range(len(raw))]
    altered = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in flipped]
    return [*altered, token[:-1], token[:20], token + "A", "x", "%00", "é" * 43]


def test_forged_and_truncated_tokens_are_not_found(visitor: Client, path: str, acme: Tenant, ana: Contact) -> None:
    token = path.rsplit("/", 1)[1]
    for forged in broken(token):
        assert visitor.get(f"/p/preferences/{forged}").status_code == 404, forged
        assert visitor.post(f"/p/preferences/{forged}", {"all": "off"}).status_code == 404
    with tenant_context(acme):
        other_kind = tokens.make("unsubscribe", ana.pk)
        nobody = tokens.make(public.TOKEN_KIND, 10**12)
    assert visitor.get(f"/p/preferences/{other_kind}").status_code == 404
    assert visitor.get(f"/p/preferences/{nobody}").status_code == 404
    assert records(acme) == []


def test_a_missing_csrf_token_is_refused(path: str, acme: Tenant, newsletter: Purpose) -> None:
    strict = Client(enforce_csrf_checks=True)
    form = {"shown": [f"{newsletter.pk}:0:0"], "yes": [str(newsletter.pk)]}
    assert strict.post(path, form).status_code == 403
    assert records(acme) == []


def test_only_the_csrf_cookie_is_set(visitor: Client, path: str) -> None:
    assert set(visitor.get(path).cookies) == {"csrftoken"}


@pytest.mark.parametrize(
    ("contact_language", "browser", "asked", "spoken"),
    [
        ("pt", "en", "", "pt"),
        ("pt-BR", "en", "", "pt"),
        ("", "pt-PT,pt;q=0.9", "", "pt"),
        ("", "pl", "", "en"),
        ("pl", "", "", "en"),
        ("pt", "pt", "en", "en"),
        ("pt", "pt", "<script>", "pt"),
    ],
)
def test_the_page_speaks_the_persons_language(
    visitor: Client, acme: Tenant, owner: User, contact_language: str, browser: str, asked: str, spoken: str
) -> None:
    with tenant_context(acme):
        person = create_contact(by=owner, name="X", emails=["x@correio.example"], language=contact_language)
        path = public.preferences_path(person.pk)
    page = visitor.get(path, {"language": asked}, HTTP_ACCEPT_LANGUAGE=browser).content.decode()
    assert f'<html lang="{spoken}"' in page
    assert ("Newsletter e ofertas" in page) == (spoken == "pt")


@pytest.mark.parametrize(
    ("language", "heading", "button"),
    [
        ("en", "Your preferences", "Save preferences"),
        ("pt", "As suas preferências", "Guardar preferências"),
        ("pl", "Twoje preferencje", "Zapisz preferencje"),
        ("es", "Sus preferencias", "Guardar preferencias"),
        ("fr", "Vos préférences", "Enregistrer les préférences"),
    ],
)
def test_the_page_is_written_in_five_languages(
    visitor: Client, owner: User, language: str, heading: str, button: str
) -> None:
    from tests.cast import make_tenant

    tenant = make_tenant("poly", owner, languages=["en", "pt", "pl", "es", "fr"])
    with tenant_context(tenant):
        person = create_contact(by=owner, name="X", emails=["x@correio.example"], language=language)
        path = public.preferences_path(person.pk)
    page = visitor.get(path).content.decode()
    assert heading in page
    assert button in page


def test_the_address_is_shown_to_its_owner_only(visitor: Client, path: str) -> None:
    page = visitor.get(path).content.decode()
    assert "ana.prata@" not in page
    assert "a•••@" in page


def test_binned_people_can_still_say_no(
    visitor: Client, path: str, acme: Tenant, ana: Contact, newsletter: Purpose, owner: User, answer: Answer
) -> None:
    answer(ana, newsletter)
    with tenant_context(acme):
        bin_contact(contact=ana, by=owner)
    visitor.post(path, {**fields(visitor.get(path)), "all": "off"})
    assert not verdict(acme, ana, newsletter).allowed


def test_the_link_outlives_a_new_name_of_the_tenant(visitor: Client, path: str, acme: Tenant) -> None:
    acme.slug = "acme-new"
    acme.save()
    assert visitor.get(path).status_code == 200


def test_the_person_sees_their_own_record(
    visitor: Client, path: str, ana: Contact, newsletter: Purpose, answer: Answer
) -> None:
    answer(ana, newsletter)
    page = visitor.get(path, {"language": "en"}).content.decode()
    assert "1 decision" in page
    assert "Granted" in page


def test_nothing_is_cached(visitor: Client, path: str) -> None:
    assert "no-store" in visitor.get(path)["Cache-Control"]
