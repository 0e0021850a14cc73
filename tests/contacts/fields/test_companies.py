"""Custom fields in the form and on the page of a company."""

from __future__ import annotations

from typing import Any

from contacts import fields
from contacts.models import Company, DirtyContact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add
from tests.contacts.fields.conftest import make


def form(member: Member, company: Company, **changes: Any) -> dict[str, Any]:
    page = member.get("edit_company", company.pk)
    values = {one.html_name: one.value() for name in ("form", "custom") for one in page.context[name]}
    values["expected_updated_at"] = page.context["expected_updated_at"]
    return {name: "" if value is None else value for name, value in (values | changes).items()}


def test_a_company_keeps_what_the_form_says(acme: Tenant, alice: Member) -> None:
    with tenant_context(acme):
        make("text", "Sector", key="sector", entity="company", required_at=["always"])
    ana = add(acme, name="Ana", company="Globo")
    with tenant_context(acme):
        company = Company.objects.get()
        DirtyContact.objects.all().delete()

    refused = alice.post("create_company", form={"name": "Verde"})
    assert refused.status_code == 422
    assert "Fill in “Sector”." in refused.content.decode()
    assert "Still empty." in alice.get("edit_company", company.pk).content.decode()
    assert alice.post("edit_company", company.pk, form=form(alice, company, city="Porto")).status_code == 302

    saved = alice.post("edit_company", company.pk, form=form(alice, company, **{"f:sector": "Media"}))
    assert saved.status_code == 302
    assert "Media" in alice.get("company_page", company.pk).content.decode()
    with tenant_context(acme):
        assert fields.values("company", [company.pk]) == {company.pk: {"sector": "Media"}}
        assert list(DirtyContact.objects.values_list("contact_id", flat=True)) == [ana.pk]


def test_a_new_company_too(acme: Tenant, alice: Member) -> None:
    with tenant_context(acme):
        make("number", "Seats", key="seats", entity="company")

    alice.post("create_company", form={"name": "Globo", "f:seats": "12"})

    with tenant_context(acme):
        company = Company.objects.get(name="Globo")
        assert fields.values("company", [company.pk]) == {company.pk: {"seats": 12}}
