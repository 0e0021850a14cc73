"""Cases on the page of the company their people work for."""

from __future__ import annotations

from cases.models import Case
from contacts import services
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role
from tests.cast import Member, join, make_user


def test_a_company_shows_what_its_people_ask(acme: Tenant, alice: Member, case: Case) -> None:
    with tenant_context(acme):
        company = services.create_company(name="Reading Ltd", by=alice.user)
        rita = Case.objects.select_related("contact").get().contact
        assert rita is not None
        services.edit_contact(contact=rita, by=alice.user, company=company)
        empty = services.create_company(name="Empty Ltd", by=alice.user)
    link = alice.url("case_page", case.pk)

    assert link in alice.get("company_page", company.pk).content.decode()
    assert link not in alice.get("company_page", empty.pk).content.decode()

    with tenant_context(acme):
        services.edit_contact(contact=rita, by=alice.user, owner=alice.user)
    sam = join(make_user("Sam"), acme, Role.SALES)
    assert link not in sam.get("company_page", company.pk).content.decode()
