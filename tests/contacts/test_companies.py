"""Companies come into being by their name."""

from __future__ import annotations

from django.utils import timezone

from contacts.models import Company
from contacts.services import get_or_create_companies
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant


def test_case_accents_and_spaces_make_no_second_company(in_acme: Tenant) -> None:
    ids = get_or_create_companies(["Café  Ação", "CAFE ACAO", " café ação ", "Other", "", "   "])

    assert len(set(ids.values())) == 2
    assert set(ids) == {"Café  Ação", "CAFE ACAO", " café ação ", "Other"}
    assert get_or_create_companies(["cafe acao"]) == {"cafe acao": ids["CAFE ACAO"]}
    assert Company.objects.count() == 2


def test_nothing_asks_for_nothing(in_acme: Tenant) -> None:
    assert get_or_create_companies([]) == {}


def test_a_long_name_is_one_company_each_time(in_acme: Tenant) -> None:
    name = "x" * 200

    assert get_or_create_companies([name]) == get_or_create_companies([name])


def test_a_binned_companys_name_is_free(in_acme: Tenant) -> None:
    old = get_or_create_companies(["Luz"])["Luz"]
    Company.objects.filter(pk=old).update(binned_at=timezone.now())

    assert get_or_create_companies(["Luz"])["Luz"] != old


def test_each_workspace_has_its_own(acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        ours = get_or_create_companies(["Luz"])["Luz"]
    with tenant_context(globex):
        assert get_or_create_companies(["Luz"])["Luz"] != ours
        assert not Company.objects.filter(pk=ours).exists()
