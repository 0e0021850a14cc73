"""What a company's people get from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from contacts import events, search
from contacts.models import Company, CompanyDomain, Contact, EmailAddress
from contacts.services.belonging import count_joining, join_companies_by_domain
from contacts.services.searching import refresh_search
from ecrm.audit import services as audit
from ecrm.jobs.outbox import enqueue
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

BROUGHT_AT_ONCE = 5_000


class Brought(NamedTuple):
    """How many at once; ``goes_on`` where there are more than were looked at."""

    people: int
    goes_on: bool


@transaction.atomic
def bring_in_people(*, company: Company, by: User | None) -> Brought:
    """Joins everybody without a company who writes from its domains.

    The newest ``BROUGHT_AT_ONCE`` of a domain. Where there are more, a task goes on with the others.
    """
    found, goes_on = _writing_from(company)
    if goes_on:
        enqueue("companies.bring_in", company_id=company.pk, after_id=0, user_id=by.pk if by else None)
    return Brought(_join(found, by=by), goes_on)


def bring_in_others(*, company: Company, after_id: int, by: User | None) -> None:
    """The next ``BROUGHT_AT_ONCE``, in the order of their ids, and a task for those after them.

    Reads all addresses of the tenant.
    """
    found = _without_company(company, after_id=after_id)
    _join(found, by=by)
    if len(found) == BROUGHT_AT_ONCE:
        enqueue("companies.bring_in", company_id=company.pk, after_id=found[-1], user_id=by.pk if by else None)


def count_to_bring_in(company: Company) -> Brought:
    """Whom ``bring_in_people`` would join to this company at once."""
    found, goes_on = _writing_from(company)
    return Brought(count_joining(found, company_id=company.pk), goes_on)


def _join(contact_ids: Sequence[int], *, by: User | None) -> int:
    at = timezone.now()
    joined = [pk for pk, company_id in join_companies_by_domain(contact_ids, at=at).items() if company_id]
    if not joined:
        return 0
    refresh_search(joined)
    actor_id = by.pk if by else None
    properties = {"fields": ["company"]}
    told = (events.NewEvent("contact.changed", pk, at=at, actor_id=actor_id, properties=properties) for pk in joined)
    events.record_many(list(told))
    audit.record("contact.changed", by=by, count=len(joined), fields=["company"], at=at)
    return len(joined)


def _writing_from(company: Company) -> tuple[list[int], bool]:
    """The newest of each domain, and whether one may have more."""
    found = [search.contact_ids(f"@{domain}", at_most=BROUGHT_AT_ONCE) for domain in _domains(company)]
    return sorted({pk for ids in found for pk in ids}), any(len(ids) >= BROUGHT_AT_ONCE for ids in found)


def _without_company(company: Company, *, after_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT email.contact_id FROM {EmailAddress.table()} email"
            f" JOIN {Contact.table()} person ON person.tenant_id = email.tenant_id AND person.id = email.contact_id"
            " WHERE email.tenant_id = %s AND email.contact_id > %s AND person.company_id IS NULL"
            " AND person.binned_at IS NULL AND split_part(email.address_norm, '@', 2) = ANY (%s)"
            " ORDER BY email.contact_id LIMIT %s",
            [require_tenant_id(), after_id, _domains(company), BROUGHT_AT_ONCE],
        )
        return [row[0] for row in cursor.fetchall()]


def _domains(company: Company) -> list[str]:
    return list(CompanyDomain.objects.filter(company=company, binned_at=None).values_list("domain_norm", flat=True))


def refresh(company_id: int) -> None:
    """Makes the search texts of a company's people anew: they hold its name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT refresh_contact_search(ARRAY(SELECT person.id"
            f" FROM {Contact.table()} person WHERE person.tenant_id = %s AND person.company_id = %s))",
            [require_tenant_id(), company_id],
        )
