"""Who writes from a company's domain belongs to it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from contacts import provenance
from contacts.free_mail import FREE_MAIL
from contacts.models import Company, CompanyDomain, Contact, EmailAddress
from ecrm.tenancy.context import require_tenant_id


def join_companies_by_domain(
    contact_ids: Collection[int], *, at: datetime | None = None, keeps_origin: bool = True
) -> dict[int, int]:
    """Gives those without a company the one whose domain they write from; answers company by contact.

    Set-based, three statements at most. The primary address decides first, then the older ones; who
    has a company keeps it, and free-mail domains never make one. Search texts and events are the caller's.
    ``keeps_origin`` False writes no change: for those whose every value came with an import.
    """
    if not contact_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, {"tenant": require_tenant_id(), "ids": list(contact_ids), "free": sorted(FREE_MAIL)})
        joined = dict(cursor.fetchall())
    if not keeps_origin:
        return joined
    at = at or timezone.now()
    provenance.record(
        provenance.NewChange(contact_id, {"company": (None, company_id)}, source_type="domain", at=at)
        for contact_id, company_id in joined.items()
    )
    return joined


def count_joining(contact_ids: Collection[int], *, company_id: int) -> int:
    """How many of them ``join_companies_by_domain`` would give this company; one statement."""
    if not contact_ids:
        return 0
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"tenant": require_tenant_id(), "ids": list(contact_ids), "company": company_id}
        cursor.execute(_COUNT, {**asked, "free": sorted(FREE_MAIL)})
        return int(cursor.fetchone()[0])


# The domain is cut off first, in a step of its own: inside the join it would keep the unique key on
# domains from being used under row security.
_FOUND = f"""
    WITH written AS MATERIALIZED (
        SELECT email.contact_id, split_part(email.address_norm, '@', 2) AS domain, email.is_primary, email.id
          FROM {EmailAddress.table()} email
          JOIN {Contact.table()} person ON person.tenant_id = email.tenant_id AND person.id = email.contact_id
         WHERE email.tenant_id = %(tenant)s AND email.contact_id = ANY (%(ids)s)
           AND person.company_id IS NULL AND person.binned_at IS NULL
           AND EXISTS (SELECT FROM {CompanyDomain.table()} any_domain WHERE any_domain.tenant_id = %(tenant)s)),
    found AS MATERIALIZED (
        SELECT DISTINCT ON (written.contact_id) written.contact_id, domain.company_id
          FROM written
          JOIN {CompanyDomain.table()} domain ON domain.tenant_id = %(tenant)s
               AND domain.domain_norm = written.domain AND domain.binned_at IS NULL
          JOIN {Company.table()} company ON company.tenant_id = %(tenant)s AND company.id = domain.company_id
         WHERE NOT written.domain = ANY (%(free)s) AND company.binned_at IS NULL
         ORDER BY written.contact_id, written.is_primary DESC, written.id)"""
_COUNT = f"{_FOUND} SELECT count(*) FROM found WHERE company_id = %(company)s"
_JOIN = f"""{_FOUND}
    UPDATE {Contact.table()} person SET company_id = found.company_id
      FROM found WHERE person.tenant_id = %(tenant)s AND person.id = found.contact_id AND person.company_id IS NULL
    RETURNING person.id, person.company_id"""
