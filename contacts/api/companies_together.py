"""Many companies of one request: those no other row concerns are written together, the rest one by one.

As ``contacts.api.together`` does with people: what is in doubt goes the way of a request of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from contacts import domains, fields, merged
from contacts.api.rows import Word, alone, done
from contacts.models import Company, CompanyDomain
from contacts.services.companies_many import CompanyDraft, create_companies, draft, edit_companies
from contacts.services.naming import folded_names
from ecrm.api.access import ApiRequest
from ecrm.api.problems import Problem
from ecrm.api.schemas import LARGEST_ID

# What two rows may have in common: a domain, a name or the company itself.
Key = tuple[str, str] | int
Told = dict[int, dict[str, Any]]
# Own fields, owner and custom fields of a row as the services take them; for a company there, with its custom
# fields, or None.
Changes = Callable[[Any, Company | None, Mapping[str, Any]], dict[str, Any]]


class _Row(NamedTuple):
    number: int
    given: Any
    company: Company | None


@dataclass(slots=True)
class _Sorted:
    new: list[_Row] = field(default_factory=list)
    known: list[_Row] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Holders:
    """Ids by what rows may name a company with."""

    norms: Mapping[str, str]  # folded names by the name as given
    by_domain: Mapping[str, int]
    by_name: Mapping[str, int]
    is_merged: frozenset[str]


def write(
    request: ApiRequest, given: Sequence[Any], *, changes_of: Changes, one: Callable[[Any], tuple[int, Word]]
) -> list[dict[str, Any]]:
    """What became of each row, in their order. ``one`` writes a single row."""
    found = _sort(request, given)
    told = _create(request, found.new, found.doubtful, changes_of) | _change(request, found, changes_of)
    for number in sorted(found.doubtful):
        told[number] = alone(number, given[number], one)
    return [told[number] for number in range(len(given))]


def _create(request: ApiRequest, rows: Sequence[_Row], doubtful: list[int], changes_of: Changes) -> Told:
    drafts = _drafts(rows, {}, doubtful, changes_of)
    try:
        with transaction.atomic():
            made = create_companies(drafts=list(drafts.values()), by=request.user, via="api")
    except (IntegrityError, ValidationError):  # somebody was faster with one of them
        doubtful += drafts
        return {}
    return {number: done(number, "created", company.pk) for number, company in zip(drafts, made, strict=True)}


def _change(request: ApiRequest, found: _Sorted, changes_of: Changes) -> Told:
    if not found.known:
        return {}
    ids = [row.company.pk for row in found.known if row.company]
    with transaction.atomic():
        locked = {row.pk: row for row in Company.objects.filter(pk__in=ids).order_by("pk").select_for_update()}
        rows = [row._replace(company=locked.get(row.company.pk)) for row in found.known if row.company]
        drafts = _drafts(rows, _held(request, rows), found.doubtful, changes_of)
        try:
            with transaction.atomic():
                changed = edit_companies(drafts=list(drafts.values()), by=request.user, via="api")
        except (IntegrityError, ValidationError):
            found.doubtful += drafts
            return {}
    return {
        number: done(number, "updated" if one.company.pk in changed else "unchanged", one.company.pk)
        for number, one in drafts.items()
    }


def _held(request: ApiRequest, rows: Sequence[_Row]) -> dict[int, dict[str, Any]]:
    """Custom fields of the companies whose rows touch one."""
    asked = [row.company.pk for row in rows if row.company and "custom_fields" in row.given.model_fields_set]
    return fields.values("company", asked, fields.by_key("company", request.membership).values())


def _drafts(
    rows: Sequence[_Row], held: Mapping[int, Mapping[str, Any]], doubtful: list[int], changes_of: Changes
) -> dict[int, CompanyDraft]:
    drafts: dict[int, CompanyDraft] = {}
    for row in rows:
        try:
            changes = changes_of(row.given, row.company, held.get(row.company.pk, {}) if row.company else {})
            given_domains = changes.pop("domains", None)
            adds = row.company is not None and row.given.id is None
            company = row.company or Company()
            drafts[row.number] = draft(company, given_domains=given_domains, adds=adds, **changes)
        except (ValidationError, Problem):
            doubtful.append(row.number)
    return drafts


def _sort(request: ApiRequest, given: Sequence[Any]) -> _Sorted:
    """A handful of queries tell which company every row means."""
    holders = _holders(given)
    asked = {int(row.id) for row in given if row.id is not None and int(row.id) <= LARGEST_ID}
    ids = {*asked, *holders.by_domain.values(), *holders.by_name.values()}
    visible = Company.objects.visible_to(request.membership).filter(pk__in=ids)
    companies = {company.pk: company for company in visible}
    keys = [set(_keys(row, holders)) for row in given]
    shared = Counter(key for row_keys in keys for key in row_keys)
    found = _Sorted()
    for number, row in enumerate(given):
        named = {key for key in keys[number] if isinstance(key, int)}
        company = companies.get(next(iter(named))) if len(named) == 1 else None
        is_odd = len(named) > 1 or any(shared[key] > 1 for key in keys[number]) or _is_odd(row, holders)
        if is_odd or (named and (company is None or company.binned_at is not None)):
            found.doubtful.append(number)
        elif named:
            found.known.append(_Row(number, row, company))
        elif not row.name.strip():
            found.doubtful.append(number)
        else:
            found.new.append(_Row(number, row, None))
    return found


def _is_odd(row: Any, holders: _Holders) -> bool:
    """Its name is that of a merged company, or a domain is none."""
    return holders.norms.get(row.name, "") in holders.is_merged or _norms(row) is None


def _keys(row: Any, holders: _Holders) -> Iterable[Key]:
    """Ids of companies are numbers: which one the row names, and whichever has a domain or the name of it."""
    if row.id is not None:
        yield int(row.id)
    for norm in _norms(row) or ():
        yield ("domain", norm)
        if norm in holders.by_domain:
            yield holders.by_domain[norm]
    if name := holders.norms.get(row.name, ""):
        yield ("name", name)
        if name in holders.by_name:
            yield holders.by_name[name]


def _norms(row: Any) -> list[str] | None:
    """Domains in their normal form, None where one cannot be."""
    try:
        return domains.clean(row.domains)
    except ValidationError:
        return None


def _holders(given: Sequence[Any]) -> _Holders:
    norms = folded_names(row.name for row in given)
    asked = {norm for row in given for norm in _norms(row) or ()}
    live = CompanyDomain.objects.filter(domain_norm__in=asked, binned_at=None)
    named = Company.objects.filter(name_norm__in=set(norms.values()), binned_at=None)
    return _Holders(
        norms,
        dict(live.values_list("domain_norm", "company_id")),
        dict(named.values_list("name_norm", "pk")),
        merged.merged_names(set(norms.values())),
    )
