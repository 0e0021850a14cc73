"""The people of two companies that become one, and who goes with which when they part."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from contacts import events, provenance
from contacts.merging import Moved
from contacts.models import CompanyDomain, CompanyMerge, Contact, ContactChange, EmailAddress
from contacts.services.searching import refresh_search
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

KEY = "contacts.Contact/company"
_WRITTEN_AT_ONCE = 1_000


def of(company_id: int) -> set[int]:
    return set(Contact.objects.filter(company=company_id).values_list("pk", flat=True))


def move(loser_id: int, winner_id: int) -> Moved:
    """Everybody, those in the bin too. Each row carries to whom they went, which the way back asks."""
    ids = sorted(of(loser_id))
    Contact.objects.filter(company=loser_id).update(company=winner_id)
    return [[pk, winner_id] for pk in ids]


def move_back(moved: Moved, loser_id: int) -> None:
    """Those who are still there: whom somebody gave another company meanwhile keeps that."""
    for winner_id in {row[1] for row in moved}:
        ids = [row[0] for row in moved if row[1] == winner_id]
        Contact.objects.all().among(ids).filter(company=winner_id).update(company=loser_id)


def give_back_later(merge: CompanyMerge) -> None:
    """Who came since and writes from a domain that is the loser's again."""
    domains = CompanyDomain.objects.filter(company=merge.loser_id, binned_at=None)
    norms = list(domains.values_list("domain_norm", flat=True))
    if not norms:
        return
    joined = ContactChange.objects.filter(
        contact=OuterRef("pk"), at__gte=merge.merged_at, source_type="domain", changes__has_key="company"
    )
    later = Contact.objects.filter(Q(created_at__gte=merge.merged_at) | Exists(joined), company=merge.winner_id)
    ids = list(later.values_list("pk", flat=True))
    written = EmailAddress.objects.filter(contact__in=Contact.objects.all().among(ids))
    found = [pk for pk, norm in written.values_list("contact_id", "address_norm") if norm.rpartition("@")[2] in norms]
    Contact.objects.all().among(found).filter(company=merge.winner_id).update(company=merge.loser_id)


def tell(
    ids: Collection[int],
    old_id: int,
    new_id: int,
    *,
    source: str,
    merge: CompanyMerge,
    by: User | None,
    at: datetime,
) -> None:
    """Their other company, in the history, in what is searched and in where their values came from."""
    Contact.objects.all().among(sorted(ids)).update(updated_at=at)
    refresh_search(sorted(ids))
    provenance.record(
        provenance.NewChange(pk, {"company": (old_id, new_id)}, source, merge.pk, by.pk if by else None, at)
        for pk in ids
    )
    actor_id, properties = by.pk if by else None, {"fields": ["company"]}
    told = [events.NewEvent("contact.changed", pk, at=at, actor_id=actor_id, properties=properties) for pk in ids]
    for start in range(0, len(told), _WRITTEN_AT_ONCE):
        events.record_many(told[start : start + _WRITTEN_AT_ONCE])
    if ids:
        audit.record("contact.changed", by=by, count=len(ids), fields=["company"], at=at)
