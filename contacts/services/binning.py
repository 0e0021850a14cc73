from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import events, merged
from contacts.models import Contact, EmailAddress, PhoneNumber
from ecrm.audit import services as audit
from ecrm.tenancy.models import User


@transaction.atomic
def bin_contact(*, contact: Contact, by: User | None, at: datetime | None = None) -> bool:
    """Puts a person in the bin, which frees their addresses; False when they were there already."""
    at = at or timezone.now()
    if not _bin([contact.pk], at=at, by=by):
        return False
    contact.binned_at = at
    audit.record("contact.binned", by=by, subject=contact, at=at)
    return True


@transaction.atomic
def bin_contacts(*, contact_ids: Collection[int], by: User | None, at: datetime | None = None) -> list[int]:
    """The same for many, set-based; answers the ids of those who were not in the bin yet."""
    binned = _bin(contact_ids, at=at or timezone.now(), by=by)
    if binned:
        audit.record("contact.binned", by=by, count=len(binned), at=at)
    return binned


@transaction.atomic
def restore_contact(*, contact: Contact, by: User | None, at: datetime | None = None) -> bool:
    """Takes a person out of the bin; False when they were not in it.

    Raises ``ValidationError`` naming the other person when an address was given away meanwhile.
    """
    if not Contact.objects.filter(pk=contact.pk, binned_at__isnull=False).exists():
        return False
    _refuse_given_away(contact)
    try:
        with transaction.atomic():
            restored = _restore([contact.pk], at=at or timezone.now(), by=by)
    except IntegrityError:
        # Somebody took the address between the look and the update.
        _refuse_given_away(contact)
        raise
    if not restored:
        return False
    contact.binned_at = None
    audit.record("contact.restored", by=by, subject=contact, at=at)
    return True


@transaction.atomic
def restore_contacts(*, contact_ids: Collection[int], by: User | None, at: datetime | None = None) -> int:
    """The same for many, set-based. Those whose address was given away stay in the bin."""
    norms = _holders(contact_ids).values("address_norm")
    blocked = set(
        EmailAddress.objects.filter(contact__in=contact_ids, address_norm__in=norms).values_list(
            "contact_id", flat=True
        )
    )
    restored = _restore([pk for pk in contact_ids if pk not in blocked], at=at or timezone.now(), by=by)
    if restored:
        audit.record("contact.restored", by=by, count=len(restored), at=at)
    return len(restored)


def _refuse_given_away(contact: Contact) -> None:
    holder = _holders([contact.pk]).first()
    if holder:
        raise ValidationError(
            _("%(address)s belongs to another contact now (%(name)s). Change it there, then restore this one."),
            code="taken",
            params={"address": holder.address, "name": str(holder.contact), "contact_id": holder.contact_id},
        )


def _bin(contact_ids: Collection[int], *, at: datetime, by: User | None) -> list[int]:
    binned = _locked(contact_ids, binned_at=None)
    if binned:
        Contact.objects.filter(pk__in=binned).update(binned_at=at)
        EmailAddress.objects.filter(contact__in=binned).update(binned_at=at)
        PhoneNumber.objects.filter(contact__in=binned).update(binned_at=at)
        _tell("contact.binned", binned, at=at, by=by)
    return binned


def _restore(contact_ids: Collection[int], *, at: datetime, by: User | None) -> list[int]:
    away = merged.survivors(contact_ids)  # hidden, but not in the bin
    restored = _locked([pk for pk in contact_ids if pk not in away], binned_at__isnull=False)
    if restored:
        # The unique key on addresses has the last word, should one be given away this very moment.
        EmailAddress.objects.filter(contact__in=restored).update(binned_at=None)
        PhoneNumber.objects.filter(contact__in=restored).update(binned_at=None)
        Contact.objects.filter(pk__in=restored).update(binned_at=None)
        _tell("contact.restored", restored, at=at, by=by)
    return restored


def _locked(contact_ids: Collection[int], **state: Any) -> list[int]:
    """Those in this state now, locked in order: a second click finds nobody left."""
    people = Contact.objects.filter(pk__in=contact_ids, **state).order_by("pk")
    return list(people.select_for_update(no_key=True).values_list("pk", flat=True))


def _holders(contact_ids: Collection[int]) -> QuerySet[EmailAddress]:
    """Who has an address of these people now."""
    own = EmailAddress.objects.filter(contact__in=contact_ids).values("address_norm")
    others = EmailAddress.objects.filter(address_norm__in=own, binned_at=None).exclude(contact__in=contact_ids)
    return others.select_related("contact").order_by("id")


def _tell(name: str, contact_ids: list[int], *, at: datetime, by: User | None) -> None:
    actor_id = by.pk if by else None
    events.record_many([events.NewEvent(name, contact_id, at=at, actor_id=actor_id) for contact_id in contact_ids])
