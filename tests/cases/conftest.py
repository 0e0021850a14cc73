from __future__ import annotations

import pytest

from cases import services
from cases.models import Case
from contacts.models import Contact
from contacts.services import create_contact
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant, User
from tests.cases.mails import arrive, mail


@pytest.fixture
def rita(acme: Tenant) -> Contact:
    """A customer of Acme."""
    with tenant_context(acme):
        return create_contact(by=None, name="Rita Reader", emails=["rita@example.org"])


@pytest.fixture
def case(acme: Tenant, rita: Contact) -> Case:
    """Rita's question, as it came by mail."""
    arrive(acme, mail())
    with tenant_context(acme):
        return Case.objects.select_related("contact").get()


@pytest.fixture
def solved(acme: Tenant, case: Case) -> Case:
    """The same, answered and solved."""
    with tenant_context(acme):
        alice = User.objects.get(email="alice@example.com")
        services.answer_case(case=case, text="A new lid is on its way.", by=alice)
        services.solve_case(case=case, by=alice)
        return case.refreshed()
