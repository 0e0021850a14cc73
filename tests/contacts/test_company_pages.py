"""Companies: their list, their page, joining by domain, the bin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from contacts import company_panels, domains, events, services
from contacts.companies import history
from contacts.companies.forms import values_of
from contacts.companies.merge.services import merge_companies
from contacts.company_panels import CompanyPanel
from contacts.models import Company, CompanyDomain, Contact, ContactChange
from contacts.services import companies_people
from ecrm.audit.models import AuditEntry
from ecrm.jobs.outbox import drain
from ecrm.tenancy.context import bind_tenant, tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cast import Member
from tests.contacts.conftest import add, fresh, told
from tests.imports.files import bring_in, work


@pytest.fixture
def moinho(acme: Tenant, owner: User) -> Company:
    with tenant_context(acme):
        return services.create_company(name="Moinho Novo", domains=["moinho.example"], city="Évora", by=owner)


@pytest.mark.parametrize(
    ("written", "norm"),
    [
        ("Moinho.Example", "moinho.example"),
        ("https://www.moinho.example/sobre?x=1", "moinho.example"),
        ("ana@moinho.example", "moinho.example"),
        ("pão.example", "xn--po-sia.example"),
        ("moinho.example:8080", "moinho.example"),
    ],
)
def test_a_domain_however_it_is_written(written: str, norm: str) -> None:
    assert domains.clean([written, "", norm]) == [norm]


@pytest.mark.parametrize(
    "written", ["moinho", "gmail.com", "www.hotmail.pt", "a b.example", "-x.example", ".", "x" * 260]
)
def test_what_is_no_companys_domain(written: str) -> None:
    with pytest.raises(ValidationError) as refused:
        domains.clean([written])
    assert "domains" in refused.value.error_dict


def test_who_writes_from_its_domain_joins_it(acme: Tenant, moinho: Company) -> None:
    rui = add(acme, name="Rui", emails=["rui@gmail.com", "rui@Moinho.example"])
    eva = add(acme, name="Eva", emails=["eva@moinho.example"], company="Another Lda")
    nel = add(acme, name="Nel", emails=["nel@sub.moinho.example"])

    assert fresh(rui).company_id == moinho.pk
    assert str(fresh(eva).company) == "Another Lda"
    assert fresh(nel).company_id is None
    with tenant_context(acme):
        assert ContactChange.objects.get(contact=rui).source_type == "domain"
        assert services.find_or_create_by_email({"zed@moinho.example": "Zed"}, source="mail")
        assert Contact.objects.get(name="Zed").company_id == moinho.pk
        assert Contact.objects.matching("moinho novo").count() == 2


def test_an_address_added_later_joins_and_a_hand_wins(
    acme: Tenant, owner: User, moinho: Company, ines: Contact
) -> None:
    with tenant_context(acme):
        services.edit_contact(contact=ines, by=owner, emails=["ines@moinho.example"])
        assert Contact.objects.get(pk=ines.pk).company_id == moinho.pk
        services.edit_contact(contact=ines, by=owner, company=None)
        services.edit_contact(contact=ines, by=owner, city="Évora")
        assert Contact.objects.get(pk=ines.pk).company_id is None


def test_who_is_imported_joins_too(alice: Member, acme: Tenant, moinho: Company) -> None:
    bring_in(alice, "Email,Name\nlia@moinho.example,Lia\nzoe@gmail.com,Zoe\n")

    with tenant_context(acme):
        assert Contact.objects.get(name="Lia").company_id == moinho.pk
        assert Contact.objects.get(name="Zoe").company_id is None
        assert [found.name for found in Contact.objects.matching("moinho novo")] == ["Lia"]
        assert not ContactChange.objects.filter(source_type="domain").exists()


def test_free_mail_makes_no_company_even_when_somebody_wrote_it_down(acme: Tenant, moinho: Company) -> None:
    with tenant_context(acme):
        CompanyDomain.objects.create(company=moinho, domain_norm="gmail.com")
    assert fresh(add(acme, name="Rui", emails=["rui@gmail.com"])).company_id is None


def test_those_who_wrote_before_can_be_brought_in(alice: Member, acme: Tenant, moinho: Company) -> None:
    with tenant_context(acme):
        services.edit_company(company=moinho, by=alice.user, domains=[])
    rui = add(acme, name="Rui", emails=["rui@moinho.example"])
    assert fresh(rui).company_id is None
    with tenant_context(acme):
        services.edit_company(company=moinho, by=alice.user, domains=["moinho.example"])

    for _twice in range(2):
        alice.post("bring_in_people", moinho.pk)

    assert fresh(rui).company_id == moinho.pk
    assert told(rui).count("contact.changed") == 1


def test_a_new_domain_says_who_writes_from_it_and_brings_them_in(acme: Tenant, alice: Member, moinho: Company) -> None:
    with tenant_context(acme):
        for name in ("ana", "rui"):
            services.create_contact(by=None, emails=[f"{name}@forno.example"])
        services.create_contact(by=None, emails=["eva@forno.example"], company="Elsewhere")
        services.create_contact(by=None, emails=["zoe@forno.example.com"])
        services.create_contact(by=None, emails=["bin@moinho.example"], company="Moinho Novo")
        form = {**values_of(moinho), "owner": "", "domains": "moinho.example, forno.example"}
    edited = {**form, "expected_updated_at": moinho.updated_at.isoformat()}
    assert alice.post("edit_company", moinho.pk, form=edited).status_code == 302
    page = alice.get("company_page", moinho.pk).content.decode()
    assert "2 people without a company write from its domains." in page
    (act,) = re.findall(r'<form method="post" action="([^"]*)">(?:(?!</form>).)*Bring them in', page, re.DOTALL)
    assert act == alice.url("bring_in_people", moinho.pk)
    alice.post("bring_in_people", moinho.pk)
    with tenant_context(acme):
        joined = Contact.objects.filter(company=moinho).values_list("emails__address", flat=True)
        assert set(joined) == {"ana@forno.example", "rui@forno.example", "bin@moinho.example"}
    with tenant_context(acme):
        version = Company.objects.get(pk=moinho.pk).updated_at.isoformat()
    edited |= {"domains": "moinho.example", "expected_updated_at": version}
    assert alice.post("edit_company", moinho.pk, form=edited).status_code == 302
    page = alice.get("company_page", moinho.pk).content.decode()
    assert "without a company" not in page


def test_who_is_older_than_the_first_batch_is_brought_in_too(
    acme: Tenant, alice: Member, moinho: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companies_people, "BROUGHT_AT_ONCE", 2)
    with tenant_context(acme):
        older = [services.create_contact(by=None, emails=[f"old{n}@forno.example"]) for n in range(5)]
        services.create_contact(by=None, emails=["like@forno.example.com"])
        for n in range(3):
            services.create_contact(by=None, emails=[f"new{n}@forno.example"], company="Elsewhere")
        services.edit_company(company=moinho, by=alice.user, domains=["moinho.example", "forno.example"])
        assert services.count_to_bring_in(moinho).goes_on
    alice.post("bring_in_people", moinho.pk)
    assert "follows within minutes" in alice.get("company_page", moinho.pk).content.decode()
    with bind_tenant(acme):
        drain()
    assert {fresh(one).company_id for one in older} == {moinho.pk}
    assert [told(one).count("contact.changed") for one in older] == [1] * 5
    with tenant_context(acme):
        assert Contact.objects.filter(company=moinho).count() == 5


def test_free_mail_is_no_companys_domain(acme: Tenant, alice: Member, moinho: Company) -> None:
    refused = alice.post("create_company", form={"name": "Forno", "domains": "gmail.com"})
    assert refused.status_code == 422


def test_names_and_domains_are_one_companys(acme: Tenant, owner: User, moinho: Company) -> None:
    with tenant_context(acme):
        for given in ({"name": "MOINHO  novo"}, {"name": "Other", "domains": ["moinho.example"]}):
            with pytest.raises(ValidationError) as refused:
                services.create_company(by=owner, **given)
            (errors,) = refused.value.error_dict.values()
            assert errors[0].params["company_id"] == moinho.pk


def test_a_new_name_is_found_at_once(acme: Tenant, owner: User, moinho: Company) -> None:
    rui = add(acme, name="Rui", emails=["rui@moinho.example"])
    with tenant_context(acme):
        services.edit_company(company=moinho, by=owner, name="Azenha Velha")
        assert list(Contact.objects.matching("azenha")) == [rui]
        assert AuditEntry.objects.get(action="company.changed").fields == ["name"]


def test_the_form_adds_and_changes_one(alice: Member, acme: Tenant) -> None:
    alice.post(
        "create_company", form={"name": "Forno", "domains": "forno.example, www.forno2.example", "country": "PT"}
    )
    with tenant_context(acme):
        forno = Company.objects.get(name="Forno")
        assert sorted(forno.domains.values_list("domain_norm", flat=True)) == ["forno.example", "forno2.example"]

    page = alice.get("edit_company", forno.pk)
    sent = {"name": "Forno", "domains": "forno.example", "expected_updated_at": page.context["expected_updated_at"]}
    assert alice.post("edit_company", forno.pk, form=sent).status_code == 302
    again = alice.post("edit_company", forno.pk, form={**sent, "name": "Fornada"})
    assert again.status_code == 422
    assert "Somebody else saved this company" in again.content.decode()
    with tenant_context(acme):
        assert Company.objects.get(pk=forno.pk).name == "Forno"


def test_a_mistake_stands_at_its_field(alice: Member, moinho: Company) -> None:
    answer = alice.post("create_company", form={"name": "Moinho novo", "domains": "gmail.com"})

    assert answer.status_code == 422
    assert "free-mail" in str(answer.context["form"].errors["domains"])
    answer = alice.post("create_company", form={"name": "Moinho novo"})
    assert str(moinho.pk) in str(answer.context["form"].errors["name"])


@pytest.mark.parametrize("term", ["moinho", "MOINHO.exa", "evora", "novo moinho"])
def test_found_by_name_domain_and_city(alice: Member, moinho: Company, term: str) -> None:
    rows = alice.get("company_list", query={"q": term}).context["rows"]
    assert [row.id for row in rows] == [moinho.pk]
    assert "Moinho Novo" in alice.get("company_list", query={"q": term}, htmx=True).content.decode()


def test_the_list_pages_through_everybody(alice: Member, acme: Tenant) -> None:
    with tenant_context(acme):
        services.get_or_create_companies([f"Company {number:03}" for number in range(120)])
    seen: list[str] = []
    query: dict[str, Any] = {}
    while True:
        page = alice.get("company_list", query=query)
        seen += [row.name for row in page.context["rows"]]
        if not page.context["page"].next:
            break
        query = {"cursor": page.context["page"].next}
    assert seen == [f"Company {number:03}" for number in range(120)]


def test_the_page_tells_what_its_people_did(alice: Member, bob: Member, acme: Tenant, moinho: Company) -> None:
    rui = add(acme, name="Rui", emails=["rui@moinho.example"], by=alice.user)
    eva = add(acme, name="Eva", emails=["eva@moinho.example"])
    add(acme, name="Stranger")

    told_days = alice.get("company_page", moinho.pk).context["told"].days

    people = {item.person_id for day in told_days for item in day.items}
    assert people == {rui.pk, eva.pk}
    assert alice.get("company_page", moinho.pk, htmx=True).content.decode().lstrip().startswith('<div id="timeline">')


def test_a_long_company_reads_the_most_recent_of_its_people(
    alice: Member, acme: Tenant, moinho: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PEOPLE_READ", 3)
    made = [add(acme, name=f"P{number}", emails=[f"p{number}@moinho.example"]) for number in range(5)]

    page = alice.get("company_page", moinho.pk)

    assert page.context["is_long"]
    told_people = {item.person_id for day in page.context["told"].days for item in day.items}
    assert told_people == {person.pk for person in made[-3:]}


def test_sellers_see_their_own_companies_and_people(sam: Member, alice: Member, acme: Tenant, moinho: Company) -> None:
    hers = add(acme, name="Hers", emails=["hers@moinho.example"], owner=alice.user)
    open_one = add(acme, name="Open", emails=["open@moinho.example"])

    page = sam.get("company_page", moinho.pk)
    assert {person.id for person in page.context["people"]} == {open_one.pk}
    assert page.context["row"].people.value == 1
    assert hers.pk not in {item.person_id for day in page.context["told"].days for item in day.items}
    with tenant_context(acme):
        services.edit_company(company=moinho, by=alice.user, owner=alice.user)
    assert sam.get("company_page", moinho.pk).status_code == 404
    assert not sam.get("company_list", query={"q": "moinho"}).context["rows"]
    fact = next(fact for fact in sam.get("contact_page", open_one.pk).context["facts"] if fact.key == "company")
    assert fact.url == ""


def test_the_bin_and_back(alice: Member, acme: Tenant, moinho: Company) -> None:
    rui = add(acme, name="Rui", emails=["rui@moinho.example"])
    for _twice in range(2):
        alice.post("bin_company", moinho.pk)
    assert not alice.get("company_list").context["rows"]
    assert [row.id for row in alice.get("company_list", query={"show": "bin"}).context["rows"]] == [moinho.pk]
    assert fresh(add(acme, name="Eva", emails=["eva@moinho.example"])).company_id is None
    assert fresh(rui).company_id == moinho.pk

    alice.post("restore_company", moinho.pk)
    assert fresh(add(acme, name="Ivo", emails=["ivo@moinho.example"])).company_id == moinho.pk


def test_a_name_given_away_keeps_it_in_the_bin(alice: Member, acme: Tenant, moinho: Company) -> None:
    alice.post("bin_company", moinho.pk)
    with tenant_context(acme):
        services.create_company(name="Moinho novo", by=alice.user, domains=["moinho.example"])

    alice.post("restore_company", moinho.pk)

    with tenant_context(acme):
        assert Company.objects.get(pk=moinho.pk).binned_at is not None


def test_other_rooms_add_panels(alice: Member, moinho: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company_panels, "_panels", {})
    company_panels.register(CompanyPanel("deals", lambda request, company: f"Deals of {company}"))

    assert "Deals of Moinho Novo" in alice.get("company_page", moinho.pk).content.decode()


def test_who_may(vera: Member, charlie: Member, alice: Member, moinho: Company) -> None:
    assert vera.get("company_page", moinho.pk).status_code == 200
    for name in ("edit_company", "bin_company", "restore_company", "bring_in_people"):
        assert vera.post(name, moinho.pk).status_code == 403
        assert charlie.post(name, moinho.pk).status_code == 404
    assert charlie.get("company_page", moinho.pk).status_code == 404


def test_what_its_people_bought_is_added_up(alice: Member, bob: Member, acme: Tenant, moinho: Company) -> None:
    rui, eva = (add(acme, name=name, emails=[f"{name}@moinho.example"]) for name in ("rui", "eva"))
    stranger = add(acme, name="Stranger")
    with tenant_context(acme):
        for person, amount in ((rui, 1_000), (rui, 2_500), (eva, 500), (stranger, 99_900)):
            events.record("order.placed", contact=person, amount=amount, currency="EUR")

    page = alice.get("company_page", moinho.pk)
    hidden = bob.get("company_page", moinho.pk)

    assert [(one.currency, one.orders, one.total) for one in page.context["worth"]] == [("EUR", 3, 4_000)]
    assert "€40" in page.content.decode()
    assert "Lifetime" not in hidden.content.decode()


def test_what_happened_again_and_again_is_one_line(alice: Member, acme: Tenant, moinho: Company) -> None:
    add(acme, name="Rui", emails=["rui@moinho.example"], tags=[f"Tag {number}" for number in range(5)])

    page = alice.get("company_page", moinho.pk)

    sentences = [item.sentence for day in page.context["told"].days for item in day.items]
    assert sum("agged" in sentence for sentence in sentences) == 1


def test_an_import_that_gives_an_address_joins_too_and_takes_it_back(
    alice: Member, acme: Tenant, moinho: Company
) -> None:
    rui = add(acme, name="Rui", phones=["912345678"])
    free = add(acme, name="Zoe", phones=["912345670"])
    placed = add(acme, name="Eva", phones=["912345671"], company="Azul")
    rows = "912345678,rui@moinho.example\n912345670,zoe@gmail.com\n912345671,eva@moinho.example\n"
    run = bring_in(alice, f"Phone,Email\n{rows}", match="phone")
    assert fresh(rui).company_id == moinho.pk
    assert fresh(free).company_id is None
    assert str(fresh(placed).company) == "Azul"
    alice.post("undo_import", run.pk)
    work(alice, run)
    assert fresh(rui).company_id is None


def test_an_import_knows_the_name_of_a_merged_company(alice: Member, acme: Tenant, moinho: Company) -> None:
    with tenant_context(acme):
        old = services.create_company(name="Moinho Velho", by=None)
        merge_companies(winner=moinho, loser=old, by=None)
    run = bring_in(alice, "Email,Name,Company\nlia@x.example,Lia,MOINHO velho\n")
    with tenant_context(acme):
        assert Contact.objects.get(name="Lia").company_id == moinho.pk
    alice.post("undo_import", run.pk)
    work(alice, run)
    with tenant_context(acme):
        assert Company.objects.get(pk=moinho.pk).binned_at is None
