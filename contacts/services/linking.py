from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
    wanted = _tidy(identities)
    for namespace, external_id in wanted:
        check_identity(namespace, external_id)
    own = _named([contact.pk])[contact.pk]
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
    _tell({contact.pk: (own, [*own, *new])}, action="contact.linked", by=by, via=via, at=at or timezone.now())
    return len(new)


@transaction.atomic
def link_each(
    *,
    identities: Mapping[int, Iterable[Named]],
    by: User | None,
    via: str = "",
    at: datetime | None = None,
) -> set[int]:
    """The same for many people by their id, whose identities were checked; answers who has new ones.

    Raises ``IntegrityError`` when one belongs to somebody else.
    """
    own = _named(list(identities)) if identities else {}
    new = {pk: [pair for pair in _tidy(given) if pair not in own[pk]] for pk, given in identities.items()}
    new = {pk: pairs for pk, pairs in new.items() if pairs}
    if not new:
        return set()
    Identity.objects.bulk_create(
        Identity(contact_id=pk, namespace=namespace, external_id=external_id)
        for (namespace, external_id), pk in sorted((pair, pk) for pk, pairs in new.items() for pair in pairs)
    )
    told = {pk: (own[pk], [*own[pk], *pairs]) for pk, pairs in new.items()}
    _tell(told, action="contact.linked", by=by, via=via, at=at or timezone.now())
    return set(new)


@transaction.atomic
def remove_identity(*, contact: Contact, namespace: str, external_id: str, by: User | None, via: str = "web") -> bool:
    """Forgets that name of the person; False when it was not theirs."""
    own = _named([contact.pk])[contact.pk]
    gone, _rows = Identity.objects.filter(contact=contact, namespace=namespace, external_id=external_id).delete()
    if not gone:
        return False
    left = [pair for pair in own if pair != (namespace, external_id)]
    _tell({contact.pk: (own, left)}, action="contact.unlinked", by=by, via=via, at=timezone.now())
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


def _tidy(identities: Iterable[Named]) -> list[Named]:
    return list(dict.fromkeys((namespace.strip(), external_id.strip()) for namespace, external_id in identities))


def _named(contact_ids: Iterable[int]) -> dict[int, list[Named]]:
    found: dict[int, list[Named]] = defaultdict(list)
    rows = Identity.objects.filter(contact__in=list(contact_ids)).order_by("namespace", "id")
    for contact_id, namespace, external_id in rows.values_list("contact_id", "namespace", "external_id"):
        found[contact_id].append((namespace, external_id))
    return found


def _taken(pairs: list[Named]) -> ValidationError:
    holders = (
        Identity.objects.filter(namespace=namespace, external_id=external_id).first()
        for namespace, external_id in pairs
    )
    holder = next(filter(None, holders), None)
    words = _("One of these identities belongs to another contact.")
    return ValidationError(words, code="taken", params={"contact_id": holder.contact_id if holder else None})


def _tell(
    told: Mapping[int, tuple[list[Named], list[Named]]], *, action: str, by: User | None, via: str, at: datetime
) -> None:
    """By person, what was there and what is there now."""
    provenance.record(
        provenance.NewChange(
            contact_id,
            {"identities": (list(map(list, old)), list(map(list, new)))},
            source_type=via or ("web" if by else "system"),
            by_id=by.pk if by else None,
            at=at,
        )
        for contact_id, (old, new) in told.items()
    )
    refresh_search(told)
    dirty.mark(told, reason="field:identities")
    if by is not None:
        namespaces = {pk: {namespace for namespace, _id in {*old} ^ {*new}} for pk, (old, new) in told.items()}
        subjects = [Contact(pk=pk) for pk in told]
        audit.record_each(action, by=by, subjects=subjects, at=at, fields=namespaces)
