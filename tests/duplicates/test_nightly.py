"""The nightly look merges what a safe rule covers, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from contacts.duplicates import services as duplicates
from contacts.models import CleaningSettings, Contact, DuplicatePair, Merge
from ecrm.jobs.tasks import registry
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.contacts.conftest import add

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "dispatch"])


def test_a_night_merges_what_its_rules_cover_and_says_so(alice: Member, acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        _twins(acme, "Ana Prata", "912345678")
        for day, person in enumerate(_twins(acme, "Rui Costa", "913345678"), start=1):
            Contact.objects.filter(pk=person.pk).update(birthday=date(1980, 1, day))
        _twins(acme, "Eva Lima", "914345678")
    with tenant_context(globex):
        _twins(globex, "Ana Prata", "912345678")
    _night(acme)
    with tenant_context(acme):
        duplicates.dismiss_pair(pair=DuplicatePair.objects.get(first__name="Eva Lima"), by=alice.user)
        assert not Merge.objects.exists(), "off until somebody chooses a rule"
        CleaningSettings(safe_rules=["phone_name"]).save()
    for tenant in (acme, globex, acme):
        _night(tenant)

    with tenant_context(acme):
        assert [merge.winner.name for merge in Merge.objects.select_related("winner")] == ["Ana Prata"]
        assert Contact.objects.unbinned().count() == 5
    with tenant_context(globex):
        assert not Merge.objects.exists()
    page = alice.get("quality_inbox", query={"show": "merged"}).content.decode()
    assert "Ana Prata" in page
    assert "Merged by itself" in page


def test_nobody_becomes_somebody_of_another_birthday_by_way_of_a_third(acme: Tenant) -> None:
    """Who has none takes the first one's; the second was chosen beside who had none."""
    with tenant_context(acme):
        _first, *others = [add(acme, name="Rui Costa", phones=["913345678"]) for _each in range(3)]
        for year, person in zip((1980, 2005), others, strict=True):
            Contact.objects.filter(pk=person.pk).update(birthday=date(year, 1, 1))
        CleaningSettings(safe_rules=["phone_name"]).save()
    for _each in range(2):
        _night(acme)

    with tenant_context(acme):
        assert Merge.objects.count() == 1
        years = Contact.objects.unbinned().values_list("birthday__year", flat=True)
        assert sorted(years) == [1980, 2005]


def _twins(tenant: Tenant, name: str, phone: str) -> list[Contact]:
    return [add(tenant, name=name, phones=[phone]) for _each in range(2)]


def _night(tenant: Tenant) -> None:
    registry["quality.look_nightly"].celery_task.apply(kwargs={"tenant_id": tenant.pk}, throw=True)
