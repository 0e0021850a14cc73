"""Where each value of a company came from: kept whatever the road, shown on the page, taken back."""

from __future__ import annotations

import pytest

from contacts import fields, provenance, services
from contacts.companies.wording import NAMES
from contacts.models import Company, CompanyChange
from contacts.services.companies import COMPANY_FIELDS
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.api.conftest import make_program
from tests.cast import Member
from tests.factories import CustomFieldFactory
from tests.imports.files import bring_in


@pytest.fixture
def moinho(acme: Tenant, owner: User) -> Company:
    with tenant_context(acme):
        return services.create_company(name="Moinho", domains=["moinho.example"], city="Faro", by=owner)


def test_every_field_has_its_name() -> None:
    assert set(NAMES) == {*COMPANY_FIELDS, "domains"}


def test_each_value_says_where_it_came_from(acme: Tenant, alice: Member, owner: User, moinho: Company) -> None:
    with tenant_context(acme):
        CustomFieldFactory(entity="company", key="staff", kind="number")
        services.edit_company(company=moinho, by=owner, city="Évora", phone="12", owner=owner)
        fields.write("company", {moinho.pk: {"staff": 7}}, by=owner)
    shop = make_program(alice)
    shop.patch(f"/companies/{moinho.pk}", {"city": "Beja", "domains": ["moinho.example", "moinho.pt"]})
    with tenant_context(acme):
        found = provenance.of_company(moinho.pk)
    told = {key: (one.source_type, one.old) for key, one in found.items()}
    assert told == {
        "name": ("web", ""),
        "city": ("api", "Évora"),
        "phone": ("web", ""),
        "owner": ("web", None),
        "f:staff": ("web", None),
        "domains": ("api", ["moinho.example"]),
    }
    assert found["city"].by_name == owner.name


def test_a_company_that_was_named_says_by_whom(acme: Tenant, alice: Member, owner: User) -> None:
    with tenant_context(acme):
        services.create_contact(name="Ana", company="Azul", by=None)
        services.create_contact(name="Eva", company="Lilás", by=owner)
        services.create_contact(name="Rui", company="azul", by=owner)
    shop = make_program(alice)
    shop.post("/contacts", {"name": "Nel", "company": "Verde"})
    shop.post("/contacts/bulk", {"items": [{"name": "Zoe", "company": "Roxo"}]})
    bring_in(alice, "Email,Name,Company\nlia@x.example,Lia,Preto\n")
    with tenant_context(acme):
        named = {name: _named(name) for name in ("Azul", "Lilás", "Verde", "Roxo", "Preto")}
    assert named == {
        "Azul": ("system", ""),
        "Lilás": ("web", owner.name),
        "Verde": ("api", alice.user.name),
        "Roxo": ("api", alice.user.name),
        "Preto": ("import", alice.user.name),
    }
    with tenant_context(acme):
        preto = Company.objects.get(name="Preto")
    page = alice.get("company_page", preto.pk).content.decode()
    assert "Where “Name” comes from: Import" in page


def _named(name: str) -> tuple[str, str]:
    origin = provenance.of_company(Company.objects.get(name=name).pk)["name"]
    return origin.source_type, origin.by_name


def test_a_value_comes_back_and_can_go_again(acme: Tenant, alice: Member, owner: User, moinho: Company) -> None:
    with tenant_context(acme):
        CustomFieldFactory(entity="company", key="staff", kind="number", label="Staff")
        services.edit_company(
            company=moinho, by=owner, name="Mill", city="Beja", domains=["mill.example"], custom_fields={"staff": 7}
        )
        change = CompanyChange.objects.order_by("-id").first()
        assert change is not None
    page = alice.get("company_changes", moinho.pk, query={"key": "city"}).content.decode()
    assert page.index("Faro") < page.index("Beja")
    assert "mill.example" not in page
    for key in ("city", "name", "domains", "f:staff"):
        version = _version(acme, moinho)
        alice.post("restore_company_value", change.pk, form={"key": key, "expected_updated_at": version})
    with tenant_context(acme):
        now = Company.objects.get(pk=moinho.pk)
        assert (now.name, now.city) == ("Moinho", "Faro")
        assert [*now.domains.values_list("domain_norm", flat=True)] == ["moinho.example"]
        assert fields.values("company", [moinho.pk]) == {}
        found = provenance.of_company(moinho.pk)
        assert (found["city"].source_type, found["city"].source_id, found["city"].old) == ("undo", change.pk, "Beja")


def test_nobody_overwrites_what_came_meanwhile(acme: Tenant, alice: Member, owner: User, moinho: Company) -> None:
    with tenant_context(acme):
        services.edit_company(company=moinho, by=owner, city="Beja")
        change = CompanyChange.objects.order_by("-id").first()
        assert change is not None
    stale = _version(acme, moinho)
    with tenant_context(acme):
        services.edit_company(company=moinho, by=owner, phone="12")
    alice.post("restore_company_value", change.pk, form={"key": "city", "expected_updated_at": stale})
    assert "Somebody changed this company meanwhile" in alice.get("company_changes", moinho.pk).content.decode()
    with tenant_context(acme):
        assert Company.objects.get(pk=moinho.pk).city == "Beja"


def test_what_is_gone_or_taken_stays_away(acme: Tenant, alice: Member, owner: User, moinho: Company) -> None:
    with tenant_context(acme):
        services.edit_company(company=moinho, by=owner, domains=[])
        change = CompanyChange.objects.order_by("-id").first()
        assert change is not None
        services.create_company(name="Other", domains=["moinho.example"], by=owner)
    form = {"key": "domains", "expected_updated_at": _version(acme, moinho)}
    alice.post("restore_company_value", change.pk, form=form)
    assert "belongs to Other already" in alice.get("company_changes", moinho.pk).content.decode()


def test_who_may_look_and_who_may_take_back(
    acme: Tenant, owner: User, vera: Member, charlie: Member, moinho: Company
) -> None:
    with tenant_context(acme):
        change = CompanyChange.objects.get(company=moinho)
    assert "Restore" not in vera.get("company_changes", moinho.pk).content.decode()
    assert vera.post("restore_company_value", change.pk, form={"key": "city"}).status_code == 403
    assert charlie.get("company_changes", moinho.pk).status_code == 404
    assert charlie.post("restore_company_value", change.pk, form={"key": "city"}).status_code == 404


def _version(tenant: Tenant, company: Company) -> str:
    with tenant_context(tenant):
        return Company.objects.get(pk=company.pk).updated_at.isoformat()
