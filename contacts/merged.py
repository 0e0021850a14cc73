"""Who stands for people and companies that were merged into others. Read by whatever is still told an old id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Exists, Model, OuterRef

from contacts.models import Company, CompanyMerge, Contact, Merge
from ecrm.tenancy.context import require_tenant_id


def survivors(contact_ids: Iterable[int]) -> dict[int, int]:
    """By id, who stands for them now; those who were never merged, or are back, are left out. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT loser_id, survivor_id FROM {Merge.table()}"
            " WHERE tenant_id = %s AND undone_at IS NULL AND loser_id = ANY (%s)",
            [require_tenant_id(), list(contact_ids)],
        )
        return dict(cursor.fetchall())


def survivor_id(contact_id: int) -> int:
    """The same id for those who stand for themselves."""
    return survivors([contact_id]).get(contact_id, contact_id)


def survivor(contact: Contact) -> Contact:
    """Whom to write to the account of: usually the contact itself. One query, two for a merged one."""
    found = survivor_id(contact.pk)
    return contact if found == contact.pk else Contact.objects.get(pk=found)


def company_survivors(company_ids: Iterable[int]) -> dict[int, int]:
    """By id, which company stands for it now; those that stand for themselves are left out. One query."""
    live = CompanyMerge.objects.filter(loser__in=set(company_ids), undone_at=None)
    return dict(live.values_list("loser_id", "survivor_id"))


def company_survivor_id(company_id: int) -> int:
    """The same id for a company that stands for itself. One query."""
    return company_survivors([company_id]).get(company_id, company_id)


def company_survivors_by_name(norms: Sequence[Any]) -> set[int]:
    """Which companies stand for merged ones of these folded names, those in the bin too.

    Whoever knew the old name means them, unless a company bears it.
    """
    bearers = Company.objects.filter(name_norm=OuterRef("name_norm"), binned_at=None)
    live = CompanyMerge.objects.filter(~Exists(bearers), undone_at=None, name_norm__in=norms)
    return set(live.values_list("survivor_id", flat=True))


def companies_by_lost_name(names: Sequence[str]) -> dict[str, int]:
    """Those of the names, as given, that a company lost by a merge and none bears, with the one that stands for it.

    Of one in the bin a name means nobody, as its own does.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT given.name, merge.survivor_id FROM unnest(%s::text[]) AS given (name)"
            f" JOIN {CompanyMerge.table()} merge ON merge.tenant_id = %s AND merge.undone_at IS NULL"
            " AND merge.name_norm = left(search.fold(regexp_replace(btrim(given.name), '\\s+', ' ', 'g')), 200)"
            f" JOIN {Company.table()} survivor ON survivor.tenant_id = merge.tenant_id"
            " AND survivor.id = merge.survivor_id AND survivor.binned_at IS NULL"
            f" WHERE NOT EXISTS (SELECT FROM {Company.table()} living WHERE living.tenant_id = merge.tenant_id"
            " AND living.name_norm = merge.name_norm AND living.binned_at IS NULL)"
            " ORDER BY merge.id",
            [[*names], require_tenant_id()],
        )
        return dict(cursor.fetchall())


def merged_names(norms: Iterable[str]) -> frozenset[str]:
    """Those of these folded names that a company lost by a merge."""
    live = CompanyMerge.objects.filter(undone_at=None, name_norm__in=list(norms))
    return frozenset(live.values_list("name_norm", flat=True))


def first_owners(model: type[Model], owners: Mapping[int, int]) -> dict[int, int]:
    """Whose rows of ``model`` were before a merge that stands: id of the row by the id of that person.

    ``owners`` are the rows asked about with whose they are now. What is told of somebody's address is
    told of them (docs/adr/0014), also while another stands for them.
    """
    live = Merge.objects.filter(survivor__in=set(owners.values()), undone_at=None).order_by("pk")
    found: dict[int, int] = {}
    for loser_id, moved in live.values_list("loser_id", f"snapshot__moved__{model._meta.label}/contact"):
        for row in moved or ():
            if row[0] in owners:
                found.setdefault(row[0], loser_id)
    return found
