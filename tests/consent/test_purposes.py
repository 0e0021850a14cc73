"""Purposes, their texts, and wordings that are never edited."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from consent import purposes, rules, services
from consent.models import Notice, Purpose
from contacts.models import Contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member


def test_a_new_tenant_has_its_purposes_in_its_languages(acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        assert set(Purpose.objects.values_list("key", flat=True)) == {"newsletter", "tracking", "service"}
        assert set(Notice.objects.values_list("language", flat=True)) == {"en", "pt"}
        assert next(each.name for each in purposes.catalogue(["pt"])) == "Newsletter e ofertas por email"
    with tenant_context(globex):
        assert set(Notice.objects.values_list("language", flat=True)) == {"pl", "en"}


def test_tracking_is_off_until_somebody_agrees(in_acme: Tenant, ana: Contact) -> None:
    tracking = Purpose.objects.get(key="tracking")
    assert not rules.may(ana, tracking).allowed


@pytest.fixture
def form() -> dict[str, str]:
    return {
        "key": "sms-offers",
        "channel": "sms",
        "basis": "consent",
        "is_marketing": "on",
        "name_en": "Offers by SMS",
        "notice_en": "Send me offers by SMS.",
    }


def test_alice_creates_a_purpose(alice: Member, acme: Tenant, form: dict[str, str]) -> None:
    answer = alice.post("create_purpose", form=form)
    with tenant_context(acme):
        created = Purpose.objects.get(key="sms-offers")
        assert answer["Location"] == alice.url("purpose", created.pk)
        assert Notice.objects.get(purpose=created).sha256 == purposes.digest("Send me offers by SMS.")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"key": "newsletter"}, "key"),
        ({"key": "Not A Slug"}, "key"),
        ({"basis": "interest"}, "basis"),
        ({"name_en": ""}, "name_en"),
        ({"channel": "pigeon"}, "channel"),
        ({"name_en": "x" * 121}, "name_en"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    alice: Member, acme: Tenant, form: dict[str, str], wrong: dict[str, str], field: str
) -> None:
    answer = alice.post("create_purpose", form={**form, **wrong})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    with tenant_context(acme):
        assert Purpose.objects.count() == 3


def test_a_change_of_wording_is_a_new_version(alice: Member, acme: Tenant, newsletter: Purpose) -> None:
    with tenant_context(acme):
        old = list(Notice.objects.filter(purpose=newsletter).values_list("text", flat=True))
    wording = {"notice_en": "Write to me twice a year.", "notice_pt": "Escrevam-me duas vezes por ano."}
    assert alice.post("publish_notice", newsletter.pk, form=wording).status_code == 302

    with tenant_context(acme):
        kept = Notice.objects.filter(purpose=newsletter, version=1).values_list("text", flat=True)
        assert set(kept) == set(old)
        assert purposes.current_notices(["pt"])[newsletter.pk].text == "Escrevam-me duas vezes por ano."
        assert purposes.current_notices(["pt"])[newsletter.pk].version == 2


def test_publishing_the_same_words_twice_makes_one_version(alice: Member, acme: Tenant, newsletter: Purpose) -> None:
    for _ in range(2):
        alice.post("publish_notice", newsletter.pk, form={"notice_en": "Write to me twice a year."})
    with tenant_context(acme):
        assert Notice.objects.filter(purpose=newsletter).order_by("-version")[0].version == 2


def test_a_reader_gets_the_newest_version_even_in_another_language(in_acme: Tenant, newsletter: Purpose) -> None:
    purposes.publish_notice(purpose=newsletter, texts={"en": "Write to me twice a year."}, by=None)
    found = purposes.current_notices(["pt", "en"])[newsletter.pk]
    assert (found.version, found.language) == (2, "en")


def test_an_empty_wording_is_refused(alice: Member, newsletter: Purpose) -> None:
    assert alice.post("publish_notice", newsletter.pk, form={"notice_en": " "}).status_code == 422


def test_texts_are_edited_per_language(alice: Member, acme: Tenant, newsletter: Purpose) -> None:
    texts = {"name_en": "Letters", "description_en": "", "name_pt": "", "description_pt": ""}
    assert alice.post("edit_purpose_texts", newsletter.pk, form=texts).status_code == 302
    with tenant_context(acme):
        assert purposes.wording(newsletter, ["pt"]).name == "Letters"
        with pytest.raises(ValidationError):
            purposes.edit_texts(purpose=newsletter, texts={"en": (" ", "")}, by=None)


def test_an_archived_purpose_is_asked_for_no_more(
    alice: Member, acme: Tenant, ana: Contact, newsletter: Purpose
) -> None:
    with tenant_context(acme):
        services.grant(contact=ana, purpose=newsletter, source="form", evidence={"url": "x"})
    for _ in range(2):
        assert alice.post("archive_purpose", newsletter.pk).status_code == 302
    with tenant_context(acme):
        assert not rules.may(ana, Purpose.objects.get(key="newsletter")).allowed
        assert "newsletter" not in {each.purpose.key for each in purposes.catalogue()}
    alice.post("restore_purpose", newsletter.pk)
    with tenant_context(acme):
        assert rules.may(ana, Purpose.objects.get(key="newsletter")).allowed


VERBS = ["publish_notice", "edit_purpose_texts", "archive_purpose", "restore_purpose"]


@pytest.mark.parametrize("verb", VERBS)
def test_who_may_manage(vera: Member, mara: Member, outsider: Member, newsletter: Purpose, verb: str) -> None:
    form = {"notice_en": "Mine now.", "name_en": "Mine now."}
    assert vera.post(verb, newsletter.pk, form=form).status_code == 403
    assert mara.post(verb, newsletter.pk, form=form).status_code == 403
    assert outsider.post(verb, newsletter.pk, form=form).status_code == 404


def test_another_tenants_purpose_is_not_found(alice: Member, globex: Tenant) -> None:
    with tenant_context(globex):
        theirs = Purpose.objects.get(key="newsletter")
    assert alice.get("purpose", theirs.pk).status_code == 404
    for verb in VERBS:
        assert alice.post(verb, theirs.pk, form={"notice_en": "x", "name_en": "x"}).status_code == 404
