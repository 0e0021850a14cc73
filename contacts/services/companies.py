from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import domains, fields, provenance
from contacts.models import Company, CompanyChange, CompanyDomain, CompanyMerge
from contacts.services import companies_people
from contacts.services.naming import folded
from ecrm.audit import services as audit
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.settings_rows import once

# What was there and what is there now, by key, as ``CompanyChange`` keeps them.
Changed = dict[str, tuple[Any, Any]]
COMPANY_FIELDS = ("name", "owner", "phone", "street", "postcode", "city", "region", "country")


class StaleCompany(Exception):
    """Somebody else has changed this company since the form was opened. ``current`` is as it is now."""

    def __init__(self, current: Company) -> None:
        super().__init__(current.pk)
        self.current = current


@transaction.atomic
def create_company(
    *,
    name: str,
    by: User | None,
    domains: Iterable[str] = (),
    at: datetime | None = None,
    via: str = "",
    custom_fields: Mapping[str, Any] | None = None,
    **own: Any,
) -> Company:
    """Adds a company. Raises ``ValidationError`` by field (``name`` or ``domains``, code ``taken``).

    ``via`` says where it came from (``CompanyChange.source_type``); by hand unless told.
    """
    at = at or timezone.now()
    company = Company(created_at=at, updated_at=at)
    changed = assign_company(company, {**own, "name": name})
    company.name_norm = folded(company.name)
    _save(company)
    changed |= _replace_domains(company, domains)
    if custom_fields:
        given = {company.pk: fields.checked("company", custom_fields)}
        changed |= fields.put("company", given).get(company.pk, {})
    refresh_company_search(company)
    provenance.record_of_company({company.pk: changed}, by_id=by.pk if by else None, source_type=via, at=at)
    audit.record("company.created", by=by, subject=company, at=at)
    return company


@transaction.atomic
def edit_company(
    *,
    company: Company,
    by: User | None,
    expected_updated_at: datetime | None = None,
    domains: Iterable[str] | None = None,
    at: datetime | None = None,
    via: str = "",
    via_id: int | None = None,
    custom_fields: Mapping[str, Any] | None = None,
    **changes: Any,
) -> list[str]:
    """Changes the given fields (``COMPANY_FIELDS``) and returns the names of those that differ.

    ``domains`` replace what is there. A new name is found at once in the search over its people.
    ``via`` and ``via_id`` say where the values come from (``CompanyChange.source_type``).
    Raises ``ValidationError`` by field and ``StaleCompany`` as ``edit_contact`` does.
    """
    at = at or timezone.now()
    current = Company.objects.select_for_update().get(pk=company.pk)
    if expected_updated_at is not None and current.updated_at != expected_updated_at:
        raise StaleCompany(current)
    changed = assign_company(current, changes)
    if domains is not None:
        changed |= _replace_domains(current, domains)
    if custom_fields:
        given = {current.pk: fields.checked("company", custom_fields)}
        changed |= fields.put("company", given).get(current.pk, {})
    if changed:
        current.updated_at = at
        current.name_norm = folded(current.name)
        _save(current)
        refresh_company_search(current)
        if "name" in changed:
            companies_people.refresh(current.pk)
        told = {current.pk: changed}
        provenance.record_of_company(told, by_id=by.pk if by else None, source_type=via, source_id=via_id, at=at)
        audit.record("company.changed", by=by, subject=current, fields=changed, at=at)
    for field in (*COMPANY_FIELDS, "updated_at", "name_norm"):
        setattr(company, field, getattr(current, field))
    return list(changed)


@transaction.atomic
def restore_company_value(
    *,
    company: Company,
    change: CompanyChange,
    key: str,
    by: User | None,
    expected_updated_at: datetime | None = None,
) -> bool:
    """Makes ``key`` what it was before ``change``; False when it is that already.

    Raises ``ValidationError`` when the value cannot come back (a domain another company has by now, a
    colleague who is gone) and ``StaleCompany`` as ``edit_company`` does.
    """
    if change.company_id != company.pk or key not in change.changes:
        raise ValidationError(_("This value cannot be restored."), code="missing")
    old = change.changes[key][0]
    changes: dict[str, Any] = {key: old}
    if key.startswith(fields.PREFIX):
        changes = {"custom_fields": {key.removeprefix(fields.PREFIX): old}}
    elif key == "owner" and old is not None:
        changes = {key: User.objects.filter(pk=old).first()}
        if changes[key] is None:
            raise ValidationError(_("What stood there before is gone."), code="gone")
    changed = edit_company(
        company=company, by=by, expected_updated_at=expected_updated_at, via="undo", via_id=change.pk, **changes
    )
    return key in changed


@transaction.atomic
def bin_company(*, company: Company, by: User | None, at: datetime | None = None) -> bool:
    """Puts it in the bin, which frees its name and domains; its people keep it. False when it was there."""
    at = at or timezone.now()
    if not Company.objects.filter(pk=company.pk, binned_at=None).update(binned_at=at):
        return False
    CompanyDomain.objects.filter(company=company).update(binned_at=at)
    company.binned_at = at
    audit.record("company.binned", by=by, subject=company, at=at)
    return True


@transaction.atomic
def restore_company(*, company: Company, by: User | None, at: datetime | None = None) -> bool:
    """Takes it out of the bin; False when it was not in it.

    Raises ``ValidationError`` when its name was given away meanwhile, or when it is not in the bin but
    part of another company. Domains given away stay there.
    """
    if CompanyMerge.objects.filter(loser=company, undone_at=None).exists():
        raise ValidationError(_("This company was merged into another. Undo the merge instead."), code="merged")
    try:
        with transaction.atomic():
            if not Company.objects.filter(pk=company.pk, binned_at__isnull=False).update(binned_at=None):
                return False
    except IntegrityError as error:
        words = _("There is another company called %(name)s now. Rename that one first.") % {"name": company.name}
        raise ValidationError({"name": ValidationError(words, code="taken")}) from error
    restore_domains(company)
    company.binned_at = None
    refresh_company_search(company)
    audit.record("company.restored", by=by, subject=company, at=at)
    return True


def restore_domains(company: Company) -> None:
    """Takes its domains out of the bin; those given away meanwhile stay where they are now."""
    own = CompanyDomain.objects.filter(company=company, binned_at__isnull=False)
    live = CompanyDomain.objects.filter(binned_at=None)
    given_away = list(live.filter(domain_norm__in=own.values("domain_norm")).values_list("domain_norm", flat=True))
    own.filter(domain_norm__in=given_away).delete()
    own.update(binned_at=None)


def refresh_company_search(company: Company) -> None:
    """Due after every change of a name, a domain or a city."""
    refresh_companies_search([company.pk])


def refresh_companies_search(ids: Sequence[int]) -> None:
    """The same for many, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Company.table()} company SET search_text = concat_ws(' ', '', company.name_norm,"
            "  (SELECT string_agg(domain.domain_norm, ' ' ORDER BY domain.id)"
            f"    FROM {CompanyDomain.table()} domain"
            "    WHERE domain.tenant_id = company.tenant_id AND domain.company_id = company.id),"
            "  nullif(search.fold(company.city), ''))"
            " WHERE company.tenant_id = %s AND company.id = ANY (%s)",
            [require_tenant_id(), list(ids)],
        )


def assign_company(company: Company, values: dict[str, Any]) -> Changed:
    """Sets own fields and answers those that changed. Raises ``ValidationError`` by field, ``TypeError`` for a
    field nobody may set."""
    unknown = set(values) - set(COMPANY_FIELDS)
    if unknown:
        raise TypeError(f"A company has no editable field {', '.join(sorted(unknown))}.")
    before = [getattr(company, "owner_id" if name == "owner" else name) for name in COMPANY_FIELDS]
    for name, value in values.items():
        setattr(company, name, value.strip() if isinstance(value, str) else value)
    company.country = company.country.upper()
    company.clean_fields(exclude={"tenant", "owner", "name_norm", "search_text"})
    if company.owner_id and not _is_member(company.owner_id):
        raise ValidationError({"owner": _("This person is not a member of this workspace.")})
    after = [getattr(company, "owner_id" if name == "owner" else name) for name in COMPANY_FIELDS]
    pairs = zip(COMPANY_FIELDS, zip(before, after, strict=True), strict=True)
    return {name: (old, new) for name, (old, new) in pairs if old != new}


def _is_member(user_id: int) -> bool:
    members = Membership.objects.filter(tenant=require_tenant_id(), user=user_id)
    return once(("contacts.member", user_id), members.exists)


def _save(company: Company) -> None:
    try:
        with transaction.atomic():
            company.save()
    except IntegrityError as error:
        holder = Company.objects.filter(name_norm=company.name_norm, binned_at=None).first()
        params = {"company_id": holder.pk if holder else None}
        words = _("There is a company of this name already.")
        raise ValidationError({"name": ValidationError(words, code="taken", params=params)}) from error


def _replace_domains(company: Company, given: Iterable[str]) -> Changed:
    wanted = domains.clean(given)
    own = {row.domain_norm: row.pk for row in CompanyDomain.objects.filter(company=company).order_by("pk")}
    gone = [pk for norm, pk in own.items() if norm not in wanted]
    new = [norm for norm in wanted if norm not in own]
    _refuse_taken(company, new)
    CompanyDomain.objects.filter(pk__in=gone).delete()
    CompanyDomain.objects.bulk_create(CompanyDomain(company=company, domain_norm=norm) for norm in new)
    now = [*(norm for norm in own if norm in wanted), *new]
    return {"domains": ([*own], now)} if gone or new else {}


def _refuse_taken(company: Company, norms: Sequence[str]) -> None:
    rows = CompanyDomain.objects.filter(domain_norm__in=norms, binned_at=None).exclude(company=company.pk)
    errors = [
        ValidationError(
            _("%(domain)s belongs to %(name)s already."),
            code="taken",
            params={"domain": row.domain_norm, "name": str(row.company), "company_id": row.company_id},
        )
        for row in rows.select_related("company")
    ]
    if errors:
        raise ValidationError({"domains": errors})
