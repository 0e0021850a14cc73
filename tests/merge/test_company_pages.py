"""The pages that merge companies, and what is offered there."""

from __future__ import annotations

import pytest

from contacts import services
from contacts.companies.merge.services import merge_companies
from contacts.models import Company, CompanyMerge
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member


def company(acme: Tenant, name: str, **given: object) -> Company:
    with tenant_context(acme):
        return services.create_company(name=name, by=None, **given)  # type: ignore[arg-type]


@pytest.fixture
def verde(acme: Tenant) -> Company:
    return company(acme, "Verde SA", domains=["verde.example"], city="Porto")


@pytest.fixture
def twin(acme: Tenant) -> Company:
    return company(acme, "Verde, Lda.", domains=["verde.pt"])


def test_alice_compares_merges_and_takes_it_back(alice: Member, in_acme: Tenant, verde: Company, twin: Company) -> None:
    page = alice.get("merge_company", verde.pk, twin.pk).content.decode()
    assert "verde.pt" in page
    done = alice.post("merge_company", verde.pk, twin.pk, form={"name": str(twin.pk), "city": "nonsense"})
    assert done["Location"] == alice.url("company_page", verde.pk)
    kept = Company.objects.get(pk=verde.pk)
    assert (kept.name, kept.city) == ("Verde, Lda.", "Porto")

    assert alice.get("company_page", twin.pk)["Location"] == alice.url("company_page", verde.pk)
    assert not list(alice.get("company_list", query={"show": "bin"}).context["rows"])
    assert "Verde, Lda." in alice.get("choose_company_merge", verde.pk).content.decode()

    merge = CompanyMerge.objects.get()
    for _time in range(2):
        assert alice.post("undo_company_merge", merge.pk).status_code == 302
    assert alice.get("company_page", twin.pk).status_code == 200
    assert Company.objects.get(pk=verde.pk).name == "Verde SA"


def test_who_may_be_the_same_is_offered(alice: Member, acme: Tenant, verde: Company, twin: Company) -> None:
    ending = company(acme, "Quinta Azul", domains=["verde.com.pt"])
    other = company(acme, "Verdelume", domains=["verdelume.example"])
    for page in (alice.get("company_page", verde.pk), alice.get("choose_company_merge", verde.pk)):
        text = page.content.decode()
        assert alice.url("merge_company", verde.pk, twin.pk) in text
        assert alice.url("merge_company", verde.pk, ending.pk) in text
        assert alice.url("merge_company", verde.pk, other.pk) not in text


def test_a_page_left_open_leads_to_the_one_that_is_kept(
    alice: Member, in_acme: Tenant, verde: Company, twin: Company
) -> None:
    merge_companies(winner=verde, loser=twin, by=None)
    for answer in (
        alice.get("merge_company", verde.pk, twin.pk),
        alice.post("merge_company", verde.pk, twin.pk),
        alice.post("merge_company", twin.pk, verde.pk),
    ):
        assert answer["Location"] == alice.url("company_page", verde.pk)
    assert "was merged into" in alice.get("company_page", verde.pk).content.decode()
    assert CompanyMerge.objects.count() == 1
    assert alice.get("merge_company", verde.pk, verde.pk).status_code == 404


def test_who_may_not_edit_may_not_merge(
    vera: Member, charlie: Member, outsider: Member, in_acme: Tenant, verde: Company, twin: Company
) -> None:
    assert vera.post("merge_company", verde.pk, twin.pk).status_code == 403
    assert outsider.post("merge_company", verde.pk, twin.pk).status_code == 404
    assert charlie.get("merge_company", verde.pk, twin.pk).status_code == 404
    merge = merge_companies(winner=verde, loser=twin, by=None)
    assert vera.post("undo_company_merge", merge.pk).status_code == 403
    assert charlie.post("undo_company_merge", merge.pk).status_code == 404
    assert _nothing_is_offered(vera, verde)


def _nothing_is_offered(vera: Member, verde: Company) -> bool:
    return vera.url("choose_company_merge", verde.pk) not in vera.get("company_page", verde.pk).content.decode()
