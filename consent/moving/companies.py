"""Companies of an export: made before the people who work there come, and put away with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from contacts import merged
from contacts.imports.values import Reader
from contacts.imports.values import country as read_country
from contacts.models import Company, Contact
from contacts.services.companies import bin_company, edit_company
from contacts.services.naming import Namer, folded, name_companies
from ecrm.tenancy.models import User

# What fits into each column.
OWN = {"phone": 40, "street": 200, "postcode": 20, "city": 120, "region": 120}


def count_new(rows: Sequence[Mapping[str, Any]]) -> int:
    """How many of them are not here yet."""
    norms = {folded(row["name"]) for row in rows}
    return len(norms - _known(norms))


def _known(norms: set[str]) -> set[str]:
    """Also by the name of one that was merged into another."""
    living = Company.objects.filter(name_norm__in=norms, binned_at=None).values_list("name_norm", flat=True)
    return {*living, *merged.companies_by_lost_name(sorted(norms))}


def make(rows: Sequence[Mapping[str, Any]], *, by: User | None, country: str) -> list[int]:
    """Makes those that are not here; answers their ids. Who is here keeps what they have."""
    first = {folded(row["name"]): row for row in reversed(rows)}
    known = _known(set(first))
    missing = {norm: row for norm, row in first.items() if norm not in known}
    ids, new = name_companies([row["name"] for row in missing.values()], namer=Namer(by, "import"))
    for row in missing.values():
        if ids[row["name"]] in new:
            _describe(ids[row["name"]], row, by, country)
    return sorted(new)


def _describe(company_id: int, row: Mapping[str, Any], by: User | None, country: str) -> None:
    """A domain that another company has is left to that one; so is a country nobody can read."""
    own: dict[str, Any] = {key: str(row[key])[:longest] for key, longest in OWN.items() if row.get(key)}
    if row.get("country"):
        try:
            own["country"] = read_country(row["country"], Reader(country=country))
        except ValidationError:
            own.pop("country", None)
    company = Company.objects.get(pk=company_id)
    domain = str(row.get("domain", "")).removeprefix("https://").removeprefix("http://").removeprefix("www.")
    try:
        with transaction.atomic():
            own_domain = [domain.split("/")[0]] if domain else None
            edit_company(company=company, by=by, via="import", domains=own_domain, **own)
    except ValidationError:
        edit_company(company=company, by=by, via="import", **own)


def put_away(ids: Sequence[int], *, by: User | None, at: datetime) -> None:
    """Those nobody outside the bin works for go to the bin."""
    used = set(Contact.objects.filter(company__in=ids, binned_at=None).values_list("company_id", flat=True))
    for company in Company.objects.filter(pk__in=set(ids) - used, binned_at=None):
        if by is not None:
            bin_company(company=company, by=by, at=at)
        else:
            Company.objects.filter(pk=company.pk).update(binned_at=at)
