"""Many companies at once: each checked on its own, all written together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from contacts import domains, fields, provenance
from contacts.models import Company, CompanyDomain
from contacts.services import companies_people
from contacts.services.companies import COMPANY_FIELDS, Changed, assign_company, refresh_companies_search
from contacts.services.naming import folded_names
from ecrm.audit import services as audit
from ecrm.rowsets import rows_of
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import User

_COLUMNS = {
    **dict.fromkeys(("name", "name_norm", "phone", "street", "postcode", "city", "region", "country"), "text"),
    "owner_id": "bigint",
}


@dataclass(slots=True)
class CompanyDraft:
    """A company that was checked and is not written yet; ``domains`` in their normal form, None leaves them.

    ``adds`` puts domains to those there instead of in their place. ``custom_fields`` are in their one form.
    """

    company: Company
    changed: Changed
    domains: Sequence[str] | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    adds: bool = False


def draft(
    company: Company,
    *,
    given_domains: Iterable[str] | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    adds: bool = False,
    **own: Any,
) -> CompanyDraft:
    """What somebody wants of a company, new or there. Raises ``ValidationError`` by field.

    No query, but for an owner.
    """
    norms = None if given_domains is None else domains.clean(given_domains)
    return CompanyDraft(company, assign_company(company, own), norms, custom_fields or {}, adds)


@transaction.atomic
def create_companies(
    *, drafts: Sequence[CompanyDraft], by: User | None, at: datetime | None = None, via: str = ""
) -> list[Company]:
    """Adds companies in a dozen statements, however many; answers them in their order.

    Raises ``IntegrityError`` when a name or a domain is another's already: look before.
    """
    if not drafts:
        return []
    at = at or timezone.now()
    companies = [one.company for one in drafts]
    _fold(companies)
    for company in companies:
        company.created_at = company.updated_at = at
    in_order = sorted(companies, key=lambda company: company.name_norm)
    Company.objects.bulk_create(in_order)
    changes = {one.company.pk: dict(one.changed) for one in drafts}
    _write_further(drafts, changes)
    refresh_companies_search(list(changes))
    provenance.record_of_company(changes, by_id=by.pk if by else None, source_type=via, at=at)
    audit.record_each("company.created", by=by, subjects=companies, at=at)
    return companies


@transaction.atomic
def edit_companies(
    *, drafts: Sequence[CompanyDraft], by: User | None, at: datetime | None = None, via: str = ""
) -> set[int]:
    """Writes drafts of companies that the caller has locked, each of another one; answers which changed.

    Raises ``IntegrityError`` as ``create_companies`` does.
    """
    at = at or timezone.now()
    changes = {one.company.pk: dict(one.changed) for one in drafts}
    _write_further(drafts, changes)
    touched = [one.company for one in drafts if changes[one.company.pk]]
    if not touched:
        return set()
    _fold([company for company in touched if "name" in changes[company.pk]])
    _save(touched, at)
    refresh_companies_search([company.pk for company in touched])
    for company in touched:
        if "name" in changes[company.pk]:
            companies_people.refresh(company.pk)
    provenance.record_of_company(changes, by_id=by.pk if by else None, source_type=via, at=at)
    audit.record_each("company.changed", by=by, subjects=touched, at=at, fields=changes)
    return {company.pk for company in touched}


def _fold(companies: Collection[Company]) -> None:
    norms = folded_names(company.name for company in companies)
    for company in companies:
        company.name_norm = norms[company.name]


def _write_further(drafts: Sequence[CompanyDraft], changes: dict[int, Any]) -> None:
    """Domains and custom fields; what differs is added to ``changes``."""
    for company_id, changed in _write_domains(drafts).items():
        changes[company_id]["domains"] = changed
    values = {one.company.pk: one.custom_fields for one in drafts if one.custom_fields}
    for company_id, found in (fields.put("company", values) if values else {}).items():
        changes[company_id] |= found


def _write_domains(drafts: Sequence[CompanyDraft]) -> dict[int, tuple[list[str], list[str]]]:
    asked = {one.company.pk: one for one in drafts if one.domains is not None}
    if not asked:
        return {}
    own: dict[int, dict[str, int]] = {pk: {} for pk in asked}
    rows = CompanyDomain.objects.filter(company__in=list(asked)).order_by("pk")
    for company_id, norm, pk in rows.values_list("company_id", "domain_norm", "pk"):
        own[company_id][norm] = pk
    found = {pk: ([*own[pk]], _wanted(one, own[pk])) for pk, one in asked.items()}
    changed = {pk: pair for pk, pair in found.items() if pair[0] != pair[1]}
    gone = [own[pk][norm] for pk, (old, new) in changed.items() for norm in set(old) - set(new)]
    if gone:
        CompanyDomain.objects.filter(pk__in=gone).delete()
    new = sorted((norm, pk) for pk, (old, now) in changed.items() for norm in now if norm not in old)
    CompanyDomain.objects.bulk_create(CompanyDomain(company_id=pk, domain_norm=norm) for norm, pk in new)
    return changed


def _wanted(one: CompanyDraft, own: Mapping[str, int]) -> list[str]:
    """Those that stay first, as ``CompanyDomain`` has them in order, then the new ones."""
    given = one.domains or ()
    kept = [norm for norm in own if one.adds or norm in given]
    return [*kept, *(norm for norm in given if norm not in own)]


def _save(companies: Sequence[Company], at: datetime) -> None:
    """All own fields of all of them, in one statement."""
    given = rows_of(
        {
            "id": ("bigint", [company.pk for company in companies]),
            **{name: (kind, [getattr(company, name) for company in companies]) for name, kind in _COLUMNS.items()},
        }
    )
    sets = ", ".join(f"{name} = given.{name}" for name in _COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Company.table()} company SET {sets}, updated_at = %s FROM ({given.sql}) AS given"
            " WHERE company.tenant_id = %s AND company.id = given.id",
            [at, *given.params, require_tenant_id()],
        )


assert set(_COLUMNS) == {*COMPANY_FIELDS, "name_norm", "owner_id"} - {"owner"}
