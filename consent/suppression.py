"""Addresses nobody may write to. Only a keyed hash is kept, so the list outlives erasure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from consent.models import Channel, Suppression
from contacts import dirty
from contacts.duplicates import queue
from contacts.models import EmailAddress
from ecrm import keys
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

Reason = Suppression.Reason


@transaction.atomic
def suppress(
    *,
    address_norm: str | None = None,
    address_hash: bytes | None = None,
    reason: str,
    by: User | None = None,
    at: datetime | None = None,
    note: str = "",
    channel: str = Channel.EMAIL,
) -> Suppression:
    """Blocks one address for this tenant. Idempotent: the first live reason stands.

    Give the normal form (``mail.addresses.normalise``) or the hash (``EmailAddress.address_hash``).
    """
    blocked, is_new = Suppression.objects.get_or_create(
        channel=channel,
        address_hash=_hash(address_norm, address_hash),
        lifted_at=None,
        defaults={
            "reason": Reason(reason),
            "note": note[:200],
            "created_by_id": by.pk if by else None,
            "created_at": at or timezone.now(),
        },
    )
    if is_new:
        _mark_people([bytes(blocked.address_hash)])
        if by is not None:
            audit.record("suppression.added", by=by, subject=blocked, reason=note, at=at)
    return blocked


@transaction.atomic
def suppress_many(
    hashes: Iterable[bytes],
    *,
    reason: str,
    by: User | None = None,
    at: datetime | None = None,
    note: str = "",
    channel: str = Channel.EMAIL,
) -> int:
    """Blocks many addresses in one statement; returns how many hashes were given."""
    wanted = sorted({bytes(digest) for digest in hashes})
    rows = [
        Suppression(
            channel=channel,
            address_hash=digest,
            reason=Reason(reason),
            note=note[:200],
            created_by_id=by.pk if by else None,
            created_at=at or timezone.now(),
        )
        for digest in wanted
    ]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True, batch_size=5_000)
    _mark_people(wanted)
    if by is not None and wanted:
        audit.record("suppression.added", by=by, count=len(wanted), reason=note, at=at)
    return len(wanted)


@transaction.atomic
def lift(*, suppression: Suppression, by: User, reason: str, at: datetime | None = None) -> bool:
    """Lets an address be written to again; False when it was lifted already.

    Refuses (``ValidationError``) without a reason, which the audit keeps, and for an erased
    address: nothing may bring that person back but themselves.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why this address may be written to again.")})
    if suppression.reason == Reason.ERASED:
        raise ValidationError(_("This person asked to be erased. The block stays."))
    lifted = end(suppression, at=at)
    if lifted:
        audit.record("suppression.lifted", by=by, subject=suppression, reason=reason[:300], at=at)
    return lifted


def end(suppression: Suppression, *, at: datetime | None = None) -> bool:
    """What lifting comes to, for those who check and audit it themselves. False when it was lifted already."""
    lifted = Suppression.objects.filter(pk=suppression.pk, lifted_at=None).update(lifted_at=at or timezone.now())
    if lifted:
        _mark_people([bytes(suppression.address_hash)])
    return bool(lifted)


def is_suppressed(
    *, address_norm: str | None = None, address_hash: bytes | None = None, channel: str = Channel.EMAIL
) -> bool:
    return live(address_norm=address_norm, address_hash=address_hash, channel=channel) is not None


def live(
    *, address_norm: str | None = None, address_hash: bytes | None = None, channel: str = Channel.EMAIL
) -> Suppression | None:
    """The block in force for an address, else None."""
    digest = _hash(address_norm, address_hash)
    return Suppression.objects.filter(channel=channel, address_hash=digest, lifted_at=None).first()


def _hash(address_norm: str | None, address_hash: bytes | None) -> bytes:
    if (address_norm is None) == (address_hash is None):
        raise TypeError("Give either address_norm or address_hash.")
    return bytes(address_hash) if address_hash is not None else keys.address_hash(address_norm or "")


def _mark_people(hashes: list[bytes]) -> None:
    """Segments may ask whether an address is blocked, and data quality does."""
    people = set(EmailAddress.objects.filter(address_hash__in=hashes).values_list("contact_id", flat=True))
    dirty.mark(people, reason="suppression")
    queue.mark_people(people)
