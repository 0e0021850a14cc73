"""Yeses without proof: kept, never used, and led to a lawful end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from consent import classes, suppression
from consent.customer_laws import RULES, UNCONFIRMED
from consent.models import ConsentAsk, ConsentClaim, ConsentRecord, ConsentState, CustomerRule, Purpose
from contacts import events
from contacts import services as contacts
from contacts.models import BulkRun, Contact
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member, join, make_user
from tests.imports.files import bring_in, work

FILE = """Email,Name,Country,Stage,Newsletter,Opt-in date,Opt-in origin
may@example.com,May,PT,,yes,2024-03-01,Fair
bare@example.com,Bare,PT,customer,yes,,
dated@example.com,Dated,PL,customer,yes,2023-02-01,
never@example.com,Never,PT,,no,,
quiet@example.com,Quiet,ES,,,,
"""


def stand(member: Member) -> dict[str, list[str]]:
    with tenant_context(member.tenant):
        purpose = Purpose.objects.get(key="newsletter")
        return {
            which.value: sorted(Contact.objects.filter(classes.of(purpose, which)).values_list("name", flat=True))
            for which in classes.ConsentClass
        }


def person(member: Member, name: str) -> Contact:
    with tenant_context(member.tenant):
        found: Contact = Contact.objects.get(name=name)
        return found


def act(member: Member, action: str, *people: Contact, **form: Any) -> Any:
    with tenant_context(member.tenant):
        purpose = Purpose.objects.get(key="newsletter")
    given = {"action": action, "contact": [each.pk for each in people], "purpose": purpose.pk, "sure": "1", **form}
    return member.post("act_on_contacts", form=given)


ATTESTED = {"name": "Alice Souza", "reason": "Paper cards, folder 12", "agreed_on": "2024-05-01"}


@pytest.fixture
def run(alice: Member) -> Any:
    return bring_in(alice, FILE)


def test_everybody_stands_in_one_class(alice: Member, run: Any) -> None:
    assert stand(alice) == {"may": ["May"], "needs": ["Bare", "Dated", "Quiet"], "never": ["Never"]}
    with tenant_context(alice.tenant):
        suppression.suppress(address_norm="may@example.com", reason="manual")
        kept = ConsentClaim.objects.order_by("contact__name").values_list("contact__name", "dated__year", "line")
        assert list(kept) == [("Bare", None, 3), ("Dated", 2023, 4)]
        assert ConsentState.objects.filter(state="granted").count() == 1
    assert stand(alice)["never"] == ["May", "Never"]
    listed = alice.client.get(f"{alice.url('contact_list')}?where=consent_class.needs:newsletter").content.decode()
    assert "dated@example.com" in listed
    assert "never@example.com" not in listed


def test_the_undo_of_an_import_takes_its_claims(alice: Member, run: Any) -> None:
    alice.post("undo_import", run.pk)
    work(alice, run)
    with tenant_context(alice.tenant):
        assert not ConsentClaim.objects.exists()


def test_attesting_keeps_who_why_and_the_file(alice: Member, run: Any) -> None:
    everybody = [person(alice, name) for name in ("Bare", "Dated", "Never", "Quiet", "May")]
    assert act(alice, "attest_consent", *everybody, **ATTESTED).status_code == 302
    assert stand(alice) == {"may": ["Bare", "Dated", "May"], "needs": ["Quiet"], "never": ["Never"]}
    with tenant_context(alice.tenant):
        record = ConsentRecord.objects.get(contact__name="Bare")
        assert record.evidence["attested_by"] == "Alice Souza"
        assert record.evidence["origin"] == "Paper cards, folder 12"
        assert record.evidence["file_sha256"] == run.file.sha256
        assert record.given_at.date().isoformat() == "2024-05-01"
        assert ConsentRecord.objects.get(contact__name="Dated").given_at.year == 2023
        act_run = BulkRun.objects.latest("pk")
    alice.post("undo_bulk_run", act_run.pk)
    assert stand(alice)["needs"] == ["Bare", "Dated", "Quiet"]
    with tenant_context(alice.tenant):
        assert ConsentClaim.objects.filter(settled_at=None).count() == 2


@pytest.mark.parametrize("empty", ["name", "reason", "agreed_on"])
def test_attesting_without_a_word_is_refused(alice: Member, run: Any, empty: str) -> None:
    response = act(alice, "attest_consent", person(alice, "Bare"), **{**ATTESTED, empty: " "})
    assert response.status_code == 422
    assert stand(alice)["may"] == ["May"]


def test_a_sale_counts_where_the_law_says_so(alice: Member, run: Any) -> None:
    with tenant_context(alice.tenant):
        contacts.edit_contact(contact=person(alice, "Quiet"), by=alice.user, stage="customer", country="JP")
    people = [person(alice, name) for name in ("Bare", "Dated", "Quiet", "Never")]
    act(alice, "customer_basis", *people, reason="Bean subscription, shop checkout", was_offered="on")
    assert stand(alice) == {"may": ["Bare", "May"], "needs": ["Dated", "Quiet"], "never": ["Never"]}
    with tenant_context(alice.tenant):
        evidence = ConsentRecord.objects.get(contact__name="Bare").evidence
    assert evidence["basis"] == "customer"
    assert evidence["country"] == "PT"
    refused = act(alice, "customer_basis", person(alice, "Dated"), reason="Beans", was_offered="on")
    page = alice.client.get(refused["Location"]).content.decode()
    assert "Poland asks for consent also from customers" in page


@pytest.mark.parametrize(
    ("country", "words"),
    [("SK", "could not be confirmed"), ("HU", "asks for consent also from customers"), ("JP", "No rule"), ("GR", "")],
)
def test_what_could_not_be_confirmed_is_refused_and_says_so(alice: Member, run: Any, country: str, words: str) -> None:
    bare = person(alice, "Bare")
    with tenant_context(alice.tenant):
        contacts.edit_contact(contact=bare, by=alice.user, country=country)
    answer = act(alice, "customer_basis", bare, reason="Beans", was_offered="on")
    assert ("Bare" in stand(alice)["may"]) is (not words)
    assert words in alice.client.get(answer["Location"]).content.decode()


def rule(country: str, **given: str) -> dict[str, str]:
    return {"country": country, "is_allowed": "yes", "law": "Act 5 § 3", "reason": "Opinion of our lawyer", **given}


def test_a_workspace_sets_its_own_rule_for_a_country(alice: Member, run: Any) -> None:
    dated = person(alice, "Dated")
    assert alice.post("customer_rules", form=rule("PL")).status_code == 302
    page = alice.get("customer_rules").content.decode()
    assert "Opinion of our lawyer" in page
    assert alice.user.name in page
    act(alice, "customer_basis", dated, reason="Beans", was_offered="on")
    assert "Dated" in stand(alice)["may"]
    with tenant_context(alice.tenant):
        evidence = ConsentRecord.objects.filter(contact=dated).latest("pk").evidence
        assert (evidence["law"], evidence["own_rule"]) == ("Act 5 § 3", "Opinion of our lawyer")
        entry = AuditEntry.objects.get(action="customer_rule.set")
        assert (entry.actor_id, entry.reason) == (alice.user.pk, "Opinion of our lawyer")

    alice.post("customer_rules", form=rule("PT", is_allowed="no"))
    answer = act(alice, "customer_basis", person(alice, "Bare"), reason="Beans", was_offered="on")
    assert (
        "This workspace asks customers of Portugal for consent too"
        in alice.client.get(answer["Location"]).content.decode()
    )
    with tenant_context(alice.tenant):
        mine = CustomerRule.objects.get(country="PT")
    for _time in range(2):
        alice.post("remove_customer_rule", mine.pk)
        act(alice, "customer_basis", person(alice, "Bare"), reason="Beans", was_offered="on")
        assert "Bare" in stand(alice)["may"]


def test_the_months_of_an_own_rule_count(alice: Member, run: Any) -> None:
    alice.post("customer_rules", form=rule("PT", months="1"))
    act(alice, "customer_basis", person(alice, "Bare"), reason="Beans", was_offered="on")
    assert "Bare" in stand(alice)["needs"], "a customer by their stage alone has no day of a sale"


@pytest.mark.parametrize("empty", ["country", "law", "reason"])
def test_an_own_rule_says_on_what_it_rests(alice: Member, acme: Tenant, empty: str) -> None:
    assert alice.post("customer_rules", form={**rule("PL"), empty: ""}).status_code == 422
    with tenant_context(acme):
        assert not CustomerRule.objects.exists()


def test_who_decides_on_countries(acme: Tenant, alice: Member, mara: Member, charlie: Member, vera: Member) -> None:
    privacy = join(make_user("Pia"), acme, "privacy")
    assert privacy.post("customer_rules", form=rule("PL")).status_code == 302
    assert mara.post("customer_rules", form=rule("HU")).status_code == 403
    assert vera.get("customer_rules").status_code == 403
    assert charlie.get("customer_rules").context["own"] == []
    with tenant_context(acme):
        mine = CustomerRule.objects.get()
    assert charlie.post("remove_customer_rule", mine.pk).status_code == 404
    assert mara.post("remove_customer_rule", mine.pk).status_code == 403


def test_the_page_on_countries_says_what_the_code_does() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "consent-countries.md").read_text()
    rows = {
        cells[1].strip()[-3:-1]: cells[2].strip() for line in page.splitlines() if len(cells := line.split("|")) > 3
    }
    said = {country: law for country, law in rows.items() if country.isupper()}
    assert said == {**{country: rule.law for country, rule in RULES.items()}, **UNCONFIRMED}
    assert not RULES.keys() & UNCONFIRMED.keys()


def test_an_order_long_ago_is_too_old_in_ireland(alice: Member, run: Any) -> None:
    from datetime import UTC, datetime, timedelta

    bare = person(alice, "Bare")
    with tenant_context(alice.tenant):
        contacts.edit_contact(contact=bare, by=alice.user, country="IE")
        events.record("order.placed", contact=bare, at=datetime.now(UTC) - timedelta(days=500))
    act(alice, "customer_basis", bare, reason="Beans", was_offered="on")
    assert "Bare" in stand(alice)["needs"]
    with tenant_context(alice.tenant):
        events.record("order.placed", contact=bare, at=datetime.now(UTC) - timedelta(days=5))
    act(alice, "customer_basis", bare, reason="Beans", was_offered="on")
    assert "Bare" in stand(alice)["may"]


def test_whoever_is_to_be_asked_shows_it_until_they_answer(alice: Member, run: Any) -> None:
    bare = person(alice, "Bare")
    act(alice, "ask_consent", bare, person(alice, "Never"))
    with tenant_context(alice.tenant):
        assert [mark.contact_id for mark in ConsentAsk.objects.all()] == [bare.pk]
    page = alice.get("contact_page", bare.pk).content.decode()
    assert "ask on next contact" in page
    assert "a yes without proof is kept" in page
    act(alice, "attest_consent", bare, **ATTESTED)
    assert "ask on next contact" not in alice.get("contact_page", bare.pk).content.decode()


def test_no_step_is_open_to_who_may_not_record(vera: Member, alice: Member, run: Any) -> None:
    response = act(vera, "attest_consent", person(alice, "Bare"), **ATTESTED)
    assert response.status_code in (302, 403)
    assert stand(alice)["may"] == ["May"]
