"""Two companies become one: what moves, what an undo gives back, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from consent.moving import companies as moving
from contacts import fields, merged, merging, services
from contacts.companies.merge.services import merge_companies, undo_merge
from contacts.fields.writing import write
from contacts.merge.services import merge_contacts
from contacts.merge.services import undo_merge as undo_merge_of_contacts
from contacts.models import Company, CompanyChange, CompanyDomain, CompanyMerge, Contact, ContactChange, DirtyContact
from ecrm.audit.models import AuditEntry
from ecrm.tenancy.models import Tenant
from tests import factories as make
from tests.contacts.fields.conftest import make as make_field
from tests.merge.test_undo import APPENDED, tables

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
LEDGERS = {"contacts.CompanyMerge", "contacts.CompanyChange", *APPENDED}


@pytest.fixture
def verde(in_acme: Tenant) -> Company:
    return services.create_company(name="Verde SA", domains=["verde.example"], by=None, city="Porto", at=LONG_AGO)


@pytest.fixture
def twin(in_acme: Tenant) -> Company:
    return services.create_company(name="Verde Lda", domains=["verde.pt"], by=None, phone="12", at=LONG_AGO)


def person(name: str, **given: Any) -> Contact:
    return services.create_contact(by=None, name=name, **given)


def company_of(contact: Contact) -> int | None:
    return Contact.objects.get(pk=contact.pk).company_id


def test_people_domains_and_gaps_come_with_it(verde: Company, twin: Company) -> None:
    ana, rui = person("Ana", company="Verde Lda"), person("Rui", emails=["rui@verde.pt"])
    merge = merge_companies(winner=verde, loser=twin, by=None)
    assert {company_of(ana), company_of(rui)} == {verde.pk}
    kept = Company.objects.get(pk=verde.pk)
    assert (kept.name, kept.city, kept.phone) == ("Verde SA", "Porto", "12")
    assert set(CompanyDomain.objects.filter(company=verde).values_list("domain_norm", flat=True)) == {
        "verde.example",
        "verde.pt",
    }
    assert list(Company.objects.unbinned()) == [kept]
    assert not Company.objects.binned().exists(), "merged is not in the bin"
    change = CompanyChange.objects.get(company=verde, source_type="merge", source_id=merge.pk).changes
    assert change["phone"] == ["", "12"]
    assert ContactChange.objects.get(contact=ana, source_type="company_merge").changes == {
        "company": [twin.pk, verde.pk]
    }
    assert AuditEntry.objects.filter(action="company.merged", subject_id=verde.pk).exists()
    assert Contact.objects.matching("ana verde sa").exists(), "people are found by their company's name"


def test_the_name_of_the_other_can_be_taken_and_goes_back(verde: Company, twin: Company) -> None:
    merge = merge_companies(winner=verde, loser=twin, by=None, choices={"name": twin.pk, "city": twin.pk})
    kept = Company.objects.get(pk=verde.pk)
    assert (kept.name, kept.name_norm, kept.city) == ("Verde Lda", "verde lda", "")
    assert undo_merge(merge=merge, by=None)
    names = dict(Company.objects.unbinned().values_list("pk", "name"))
    assert names == {verde.pk: "Verde SA", twin.pk: "Verde Lda"}
    assert Company.objects.get(pk=verde.pk).city == "Porto"
    assert not undo_merge(merge=merge, by=None), "a second click is harmless"


def test_the_old_name_means_the_company_that_is_kept(verde: Company, twin: Company) -> None:
    merge = merge_companies(winner=verde, loser=twin, by=None)
    assert services.get_or_create_companies(["VERDE  lda", "Azul"])["VERDE  lda"] == verde.pk
    assert company_of(person("Eva", company="Verde Lda")) == verde.pk
    with pytest.raises(ValidationError):
        services.restore_company(company=Company.objects.get(pk=twin.pk), by=None)
    undo_merge(merge=merge, by=None)
    assert company_of(person("Lia", company="Verde Lda")) == twin.pk


def test_who_came_meanwhile_goes_with_whose_domain_it_is(verde: Company, twin: Company) -> None:
    stays, leaves = person("Ana", company="Verde Lda"), person("Rui", company="Verde Lda")
    azul = services.create_company(name="Azul", by=None)
    merge = merge_companies(winner=verde, loser=twin, by=None)
    new = person("Zoe", emails=["zoe@verde.pt"])
    old = person("Nel")
    services.edit_contact(contact=old, by=None, emails=["nel@verde.pt"])
    by_hand = person("Eva")
    services.edit_contact(contact=by_hand, by=None, company=verde)
    services.edit_contact(contact=leaves, by=None, company=azul)
    undo_merge(merge=merge, by=None)
    assert [company_of(each) for each in (stays, new, old)] == [twin.pk] * 3
    assert (company_of(by_hand), company_of(leaves)) == (verde.pk, azul.pk)


def test_what_somebody_changed_since_stays(verde: Company, twin: Company) -> None:
    merge = merge_companies(winner=verde, loser=twin, by=None)
    services.edit_company(company=verde, by=None, phone="34", city="Braga")
    undo_merge(merge=merge, by=None)
    kept = Company.objects.get(pk=verde.pk)
    assert (kept.phone, kept.city) == ("34", "Braga")
    assert Company.objects.get(pk=twin.pk).phone == "12"


def test_merges_in_a_row_come_apart_from_the_last(verde: Company, twin: Company) -> None:
    third = services.create_company(name="Verde Holding", by=None)
    ana = person("Ana", company="Verde Lda")
    first = merge_companies(winner=verde, loser=twin, by=None)
    second = merge_companies(winner=third, loser=verde, by=None)
    first.refresh_from_db()
    assert first.survivor_id == third.pk
    with pytest.raises(ValidationError):
        undo_merge(merge=first, by=None)
    undo_merge(merge=second, by=None)
    undo_merge(merge=first, by=None)
    assert company_of(ana) == twin.pk


def test_a_name_that_was_given_away_is_said(verde: Company, twin: Company) -> None:
    merge = merge_companies(winner=verde, loser=twin, by=None)
    services.create_company(name="Verde Lda", by=None)
    with pytest.raises(ValidationError), transaction.atomic():
        undo_merge(merge=merge, by=None)
    assert CompanyMerge.objects.get().undone_at is None


def test_what_cannot_be_merged(verde: Company, twin: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError):
        merge_companies(winner=verde, loser=verde, by=None)
    services.bin_company(company=twin, by=None)
    with pytest.raises(ValidationError):
        merge_companies(winner=verde, loser=twin, by=None)
    services.restore_company(company=twin, by=None)
    monkeypatch.delitem(merging._handlers, (CompanyDomain, "company"))
    with pytest.raises(ValidationError, match="CompanyDomain"):
        merge_companies(winner=verde, loser=twin, by=None)


def test_a_name_means_nobody_in_the_bin_and_whoever_bears_it_before_whoever_had_it(
    verde: Company, twin: Company
) -> None:
    merge_companies(winner=verde, loser=twin, by=None)
    assert merged.company_survivors_by_name(["verde lda"]) == {verde.pk}
    services.bin_company(company=verde, by=None)
    made = services.get_or_create_companies(["Verde Lda"])["Verde Lda"]
    assert made not in (verde.pk, twin.pk), "nobody is given a company that is in the bin"
    services.restore_company(company=Company.objects.get(pk=verde.pk), by=None)
    assert merged.company_survivors_by_name(["verde lda"]) == set(), "another is called so now"


def test_an_export_of_another_system_leaves_who_is_here_alone(verde: Company, twin: Company) -> None:
    merge_companies(winner=verde, loser=twin, by=None)
    rows = [{"name": "Verde Lda", "city": "Lisboa", "domain": "other.example"}, {"name": "Azul", "city": "Faro"}]
    assert moving.count_new(rows) == 1
    azul = moving.make(rows, by=None, country="PT")
    assert list(Company.objects.filter(pk__in=azul).values_list("name", "city")) == [("Azul", "Faro")]
    assert Company.objects.get(pk=verde.pk).city == "Porto"
    assert CompanyDomain.objects.filter(company=verde, domain_norm="verde.example").exists()


def test_what_was_made_to_name_another_meanwhile_stays_so(verde: Company, twin: Company) -> None:
    make_field("company", key="works_for")
    make_field("person", key="knows")
    ana, rui = person("Ana"), person("Rui")
    one, two, azul = person("Eva"), person("Eva S."), services.create_company(name="Azul", by=None)
    named = {"works_for": twin.pk, "knows": two.pk}
    write("contact", {ana.pk: named, rui.pk: named}, by=None)
    firms = merge_companies(winner=verde, loser=twin, by=None)
    people = merge_contacts(winner=one, loser=two, by=None)
    write("contact", {ana.pk: {"works_for": azul.pk, "knows": rui.pk}}, by=None)
    undo_merge(merge=firms, by=None)
    undo_merge_of_contacts(merge=people, by=None)
    now = fields.values("contact", [ana.pk, rui.pk])
    assert now == {ana.pk: {"works_for": azul.pk, "knows": rui.pk}, rui.pk: named}


def test_an_undo_from_the_bin_gives_the_domains_back_alive(verde: Company, twin: Company) -> None:
    services.edit_company(company=twin, by=None, domains=["verde.pt", "lost.pt"])
    merge = merge_companies(winner=verde, loser=twin, by=None)
    services.bin_company(company=verde, by=None)
    azul = services.create_company(name="Azul", domains=["lost.pt"], by=None)
    undo_merge(merge=merge, by=None)
    living = CompanyDomain.objects.filter(binned_at=None).values_list("domain_norm", "company_id")
    assert dict(living) == {"verde.pt": twin.pk, "lost.pt": azul.pk}
    assert company_of(person("Rui", emails=["rui@verde.pt"])) == twin.pk


def test_segments_and_the_search_are_told_of_whom_it_concerns(verde: Company, twin: Company) -> None:
    make_field("text", key="size", entity="company")
    write("company", {twin.pk: {"size": "M"}}, by=None)
    ana, _rui = person("Ana", company="Verde SA"), person("Rui", company="Verde Lda")

    def told() -> bool:
        mine = DirtyContact.objects.filter(contact_id=ana.pk, reason="field:company")
        return bool(mine.delete()[0])

    told()
    Contact.objects.filter(pk=ana.pk).update(search_text=" as it was")
    merge = merge_companies(winner=verde, loser=twin, by=None)
    assert told()
    assert Contact.objects.get(pk=ana.pk).search_text == " as it was", "her company is called the same"
    undo_merge(merge=merge, by=None)
    assert told()
    merge_companies(winner=verde, loser=twin, by=None, choices={"name": twin.pk})
    assert set(Contact.objects.matching("verde lda").values_list("name", flat=True)) == {"Ana", "Rui"}


def test_both_count_as_changed_when_they_part(verde: Company, twin: Company) -> None:
    one, two = person("Eva"), person("Eva S.")
    firms = merge_companies(winner=verde, loser=twin, by=None)
    people = merge_contacts(winner=one, loser=two, by=None)
    later = timezone.now() + timedelta(days=1)
    undo_merge(merge=firms, by=None, at=later)
    undo_merge_of_contacts(merge=people, by=None, at=later)
    assert set(Company.objects.values_list("updated_at", flat=True)) == {later}
    assert set(Contact.objects.values_list("updated_at", flat=True)) == {later}


def test_an_undo_locks_in_the_order_of_a_merge(verde: Company, twin: Company) -> None:
    """Companies or people before the record of their merge: the other way round two would wait for each other."""
    firms = merge_companies(winner=verde, loser=twin, by=None)
    people = merge_contacts(winner=person("Eva"), loser=person("Eva S."), by=None)
    with CaptureQueriesContext(
        connection,
    ) as done:
        undo_merge(merge=firms, by=None)
        undo_merge_of_contacts(merge=people, by=None)
    locks = [query["sql"] for query in done.captured_queries if "FOR UPDATE" in query["sql"]]
    expected = [Company.table(), CompanyMerge.table(), Contact.table(), "contacts_merge"]
    assert [next(table for table in expected if f'FROM "{table}"' in sql) for sql in locks] == expected


texts = st.sampled_from(["", "Porto", "Braga"])
company = st.fixed_dictionaries(
    {
        "city": texts,
        "phone": texts,
        "domains": st.integers(0, 2),
        "people": st.integers(0, 3),
        "tier": st.sampled_from([None, "gold", "silver"]),
        "likes": st.sampled_from([None, ["gold"], ["gold", "silver"], ["bronze"]]),
    }
)
ACTS = ("joins loser", "joins winner", "leaves", "renamed", "another merge", "bystander", "new domain", "field set")


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(
    winner=company,
    loser=company,
    between=st.lists(st.sampled_from(ACTS), unique=True, max_size=5),
    take=st.sets(st.sampled_from(["name", "city", "phone", "f:tier", "f:likes"])),
)
def test_merge_and_undo_leave_the_tables_as_they_were(
    in_acme: Tenant, winner: dict[str, Any], loser: dict[str, Any], between: list[str], take: set[str]
) -> None:
    with transaction.atomic():
        make_field("choice", key="tier", entity="company")
        make_field("choices", key="likes", entity="company")
        make_field("text", key="size", entity="company")
        one, two, bystander = _company("w", winner), _company("l", loser), _company("b", loser)
        for name in ("l0.example", "w0.example"):
            person(name, at=LONG_AGO)
        before = _tables()
        merge = merge_companies(winner=one, loser=two, by=None, choices=dict.fromkeys(take, two.pk))
        takes_back = [_act(act, one, two, bystander) for act in between]
        undo_merge(merge=merge, by=None)
        for take_back in takes_back:
            take_back()
        assert _tables() == before
        transaction.set_rollback(True)


def _tables() -> dict[str, Any]:
    """Hashes of every table; of people and companies without when they were changed last."""
    hashes = {label: found for label, found in tables().items() if label not in LEDGERS}
    for label, model in (("contacts.Contact", Contact), ("contacts.Company", Company)):
        names = [field.attname for field in model._meta.concrete_fields if field.attname != "updated_at"]
        hashes[label] = sorted(map(str, model.objects.values_list(*names)))  # type: ignore[assignment]
    return hashes


def _company(key: str, given: dict[str, Any]) -> Company:
    made = services.create_company(
        name=f"Firm {key}",
        domains=[f"{key}{number}.example" for number in range(given["domains"])],
        by=None,
        at=LONG_AGO,
        city=given["city"],
        phone=given["phone"],
    )
    for number in range(given["people"]):
        person(f"{key} {number}", company=made.name, at=LONG_AGO)
    write("company", {made.pk: {name: given[name] for name in ("tier", "likes")}}, by=None, at=LONG_AGO)
    return Company.objects.get(pk=made.pk)


def _act(act: str, one: Company, two: Company, bystander: Company) -> Callable[[], None]:
    """Something happens meanwhile. Answers what checks, after the undo, where it is, and takes it away again."""
    match act:
        case "joins loser":
            return _joins("l0.example", two)
        case "joins winner":
            return _joins("w0.example", one)
        case "leaves":
            return _moves(Contact.objects.filter(name="l 0").first(), two, bystander)
        case "renamed":
            return _renamed(one)
        case "another merge":
            undo_merge(merge=merge_companies(winner=one, loser=bystander, by=None), by=None)
        case "bystander":
            return _renamed(bystander)
        case "new domain":
            row = make.CompanyDomainFactory(company=one, domain_norm="later.example")
            services.companies.refresh_company_search(one)
            return lambda: _domain_goes(row, one)
        case "field set":
            return _retiered(one)
    return lambda: None


def _joins(domain: str, company: Company) -> Callable[[], None]:
    """Somebody writes from a domain from now on, which is the loser's again after the undo or the winner's."""
    is_there = CompanyDomain.objects.filter(domain_norm=domain).exists()
    new = Contact.objects.get(name=domain)
    services.edit_contact(contact=new, by=None, emails=[f"new@{domain}"])

    def take_back() -> None:
        assert company_of(new) == (company.pk if is_there else None)
        services.edit_contact(contact=new, by=None, emails=[], company=None)

    return take_back


def _moves(gone: Contact | None, two: Company, bystander: Company) -> Callable[[], None]:
    """Somebody of the loser's is given another company by hand, where they stay."""
    if gone is None:
        return lambda: None
    services.edit_contact(contact=gone, by=None, company=bystander)

    def take_back() -> None:
        assert company_of(gone) == bystander.pk
        services.edit_contact(contact=gone, by=None, company=two)

    return take_back


def _renamed(company: Company) -> Callable[[], None]:
    services.edit_company(company=company, by=None, region="Norte")

    def take_back() -> None:
        assert Company.objects.get(pk=company.pk).region == "Norte"
        services.edit_company(company=company, by=None, region="")

    return take_back


def _domain_goes(row: CompanyDomain, company: Company) -> None:
    assert CompanyDomain.objects.get(pk=row.pk).company_id == company.pk
    CompanyDomain.objects.filter(pk=row.pk).delete()
    services.companies.refresh_company_search(company)


def _retiered(company: Company) -> Callable[[], None]:
    """A value of the company that is kept is changed meanwhile, and stays changed."""
    write("company", {company.pk: {"size": "XL"}}, by=None)

    def take_back() -> None:
        assert fields.values("company", [company.pk])[company.pk]["size"] == "XL"
        write("company", {company.pk: {"size": None}}, by=None)

    return take_back
