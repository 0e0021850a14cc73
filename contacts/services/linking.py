from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import dirty, provenance
from contacts.identities import is_junk
from contacts.models import Contact, Identity
from contacts.services.searching import refresh_search
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

Named = tuple[str, str]


def find_by_identity(namespace: str, external_id: str) -> Contact | None:
    """The person another system calls so, in the bin or not."""
    known = Identity.objects.filter(namespace=namespace, external_id=external_id).select_related("contact").first()
    return known.contact if known else None


def add_identity(*, contact: Contact, namespace: str, external_id: str, by: User | None, via: str = "web") -> bool:
    """Notes how another system calls this person; False when that was known. Raises as ``link_identities``."""
    return bool(link_identities(contact=contact, identities=[(namespace, external_id)], by=by, via=via))


@transaction.atomic
def link_identities(
    *, contact: Contact, identities: Iterable[Named], by: User | None, via: str = "", at: datetime | None = None
) -> int:
    """Notes how other systems call this person, (namespace, id) each; returns how many are new.

    Raises ``ValidationError`` (``identities``): code ``junk`` for what stands for nobody, ``taken``
    (with ``contact_id`` in ``params``) when one belongs to somebody else.
    """
    wanted = list(dict.fromkeys((namespace.strip(), external_id.strip()) for namespace, external_id in identities))
    for namespace, external_id in wanted:
        check_identity(namespace, external_id)
    own = _named(contact)
    new = [pair for pair in wanted if pair not in own]
    if not new:
        return 0
    try:
        with transaction.atomic():
            Identity.objects.bulk_create(
                Identity(contact=contact, namespace=namespace, external_id=external_id)
                for namespace, external_id in new
            )
    except IntegrityError as error:
        raise ValidationError({"identities": _taken(new)}) from error
    _tell(contact, own, [*own, *new], action="contact.linked", by=by, via=via, at=at or timezone.now())
    return len(new)


@transaction.atomic
def remove_identity(*, contact: Contact, namespace: str, external_id: str, by: User | None, via: str = "web") -> bool:
    """Forgets that name of the person; False when it was not theirs."""
    own = _named(contact)
    gone, _rows = Identity.objects.filter(contact=contact, namespace=namespace, external_id=external_id).delete()
    if not gone:
        return False
    left = [pair for pair in own if pair != (namespace, external_id)]
    _tell(contact, own, left, action="contact.unlinked", by=by, via=via, at=timezone.now())
    return True


def check_identity(namespace: str, external_id: str) -> None:
    """Raises ``ValidationError`` for ``identities``: ``required``, ``junk`` or ``invalid`` (too long)."""
    if not namespace or not external_id:
        raise ValidationError({"identities": ValidationError(_("Give the system and the id there."), code="required")})
    if len(namespace) > 60 or len(external_id) > 200:
        raise ValidationError({"identities": ValidationError(_("This identity is too long."), code="invalid")})
    if is_junk(external_id):
        words = _("“%(id)s” is what systems send when they know nobody: it is no identity.")
        raise ValidationError({"identities": ValidationError(words, code="junk", params={"id": external_id})})


def _named(contact: Contact) -> list[Named]:
    return list(
        Identity.objects.filter(contact=contact).order_by("namespace", "id").values_list("namespace", "external_id")
    )


def _taken(pairs: list[Named]) -> ValidationError:
    holders = (
        Identity.objects.filter(namespace=namespace, external_id=external_id).first()
        for namespace, external_id in pairs
    )
    holder = next(filter(None, holders), None)
    words = _("One of these identities belongs to another contact.")
    return ValidationError(words, code="taken", params={"contact_id": holder.contact_id if holder else None})


def _tell(
    contact: Contact, old: list[Named], new: list[Named], *, action: str, by: User | None, via: str, at: datetime
) -> None:
    provenance.record(
        [
            provenance.NewChange(
                contact.pk,
                {"identities": (list(map(list, old)), list(map(list, new)))},
                source_type=via or ("web" if by else "system"),
                by_id=by.pk if by else None,
                at=at,
            )
        ]
    )
    refresh_search([contact.pk])
    dirty.mark([contact.pk], reason="field:identities")
    if by is not None:
        namespaces = {namespace for namespace, _id in {*old} ^ {*new}}
        audit.record(action, by=by, subject=contact, fields=namespaces, at=at)
