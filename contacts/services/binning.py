from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import events
from contacts.models import Contact, EmailAddress, PhoneNumber
from ecrm.audit import services as audit
from ecrm.tenancy.models import User


@transaction.atomic
def bin_contact(*, contact: Contact, by: User | None, at: datetime | None = None) -> bool:
    """Puts a person in the bin, which frees their addresses; False when they were there already."""
    at = at or timezone.now()
    if not Contact.objects.filter(pk=contact.pk, binned_at=None).update(binned_at=at):
        return False
    EmailAddress.objects.filter(contact=contact).update(binned_at=at)
    PhoneNumber.objects.filter(contact=contact).update(binned_at=at)
    contact.binned_at = at
    events.record("contact.binned", contact=contact, by=by, at=at)
    audit.record("contact.binned", by=by, subject=contact, at=at)
    return True


@transaction.atomic
def restore_contact(*, contact: Contact, by: User | None, at: datetime | None = None) -> bool:
    """Takes a person out of the bin; False when they were not in it.

    Raises ``ValidationError`` naming the other person when an address was given away meanwhile.
    """
    if not Contact.objects.filter(pk=contact.pk, binned_at__isnull=False).update(binned_at=None):
        return False
    _refuse_given_away(contact)
    try:
        with transaction.atomic():
            EmailAddress.objects.filter(contact=contact).update(binned_at=None)
    except IntegrityError:
        # Somebody took the address between the look and the update.
        _refuse_given_away(contact)
        raise
    PhoneNumber.objects.filter(contact=contact).update(binned_at=None)
    contact.binned_at = None
    events.record("contact.restored", contact=contact, by=by, at=at)
    audit.record("contact.restored", by=by, subject=contact, at=at)
    return True


def _refuse_given_away(contact: Contact) -> None:
    own = EmailAddress.objects.filter(contact=contact).values("address_norm")
    holder = (
        EmailAddress.objects.filter(address_norm__in=own, binned_at=None)
        .exclude(contact=contact)
        .select_related("contact")
        .first()
    )
    if holder:
        raise ValidationError(
            _("%(address)s belongs to another contact now (%(name)s). Change it there, then restore this one."),
            code="taken",
            params={"address": holder.address, "name": str(holder.contact), "contact_id": holder.contact_id},
        )
