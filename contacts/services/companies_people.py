"""What a company's people get from it."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils import timezone

from contacts import events, search
from contacts.models import Company, CompanyDomain, Contact
from contacts.services.belonging import count_joining, join_companies_by_domain
from contacts.services.searching import refresh_search
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

BROUGHT_AT_ONCE = 5_000


@transaction.atomic
def bring_in_people(*, company: Company, by: User | None) -> int:
    """Joins everybody without a company who writes from its domains; answers how many.

    At most ``BROUGHT_AT_ONCE`` of a domain, the newest: whoever is left comes with the next call.
    """
    at = timezone.now()
    joined = [pk for pk, company_id in join_companies_by_domain(_writing_from(company), at=at).items() if company_id]
    if not joined:
        return 0
    refresh_search(joined)
    actor_id = by.pk if by else None
    properties = {"fields": ["company"]}
    told = (events.NewEvent("contact.changed", pk, at=at, actor_id=actor_id, properties=properties) for pk in joined)
    events.record_many(list(told))
    audit.record("contact.changed", by=by, count=len(joined), fields=["company"], at=at)
    return len(joined)


def count_to_bring_in(company: Company) -> int:
    """How many ``bring_in_people`` would join to this company now."""
    return count_joining(_writing_from(company), company_id=company.pk)


def _writing_from(company: Company) -> list[int]:
    domains = CompanyDomain.objects.filter(company=company, binned_at=None).values_list("domain_norm", flat=True)
    return sorted({pk for domain in domains for pk in search.contact_ids(f"@{domain}", at_most=BROUGHT_AT_ONCE)})


def refresh(company_id: int) -> None:
    """Makes the search texts of a company's people anew: they hold its name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT refresh_contact_search(ARRAY(SELECT person.id"
            f" FROM {Contact.table()} person WHERE person.tenant_id = %s AND person.company_id = %s))",
            [require_tenant_id(), company_id],
        )
