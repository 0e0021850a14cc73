"""Whom reported events are about: one question for each way of naming people, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contacts import merged
from contacts.ingest.raw import RawEvent
from contacts.ingest.takers import Found, finder
from contacts.models import Contact, EmailAddress, Identity
from ecrm.mail.addresses import normalise

Named = tuple[str, str]
_APART = "\x1f"


def find(batch: Sequence[RawEvent]) -> dict[Named, Found]:
    """By (way of naming, name) as ``name_of`` spells them."""
    wanted: dict[str, set[str]] = {}
    for event in batch:
        if event.person:
            kind, name = name_of(event.person)
            wanted.setdefault(kind, set()).add(name)
    return {(kind, name): found for kind, names in wanted.items() for name, found in finder(kind)(names).items()}


def name_of(person: Mapping[str, Any]) -> Named:
    ((kind, value),) = person.items()
    if kind == "email":
        return kind, normalise(value)
    return kind, _APART.join(value) if kind == "identity" else str(value)


def by_id(names: set[str]) -> dict[str, Found]:
    ids = Contact.objects.filter(pk__in=[int(name) for name in names]).values_list("pk", flat=True)
    return {str(pk): Found(pk) for pk in ids}


def by_email(names: set[str]) -> dict[str, Found]:
    """An address that came with a merge names whose it was: the history goes back with it on an undo."""
    rows = list(EmailAddress.objects.filter(address_norm__in=names, binned_at=None))
    owners = merged.first_owners(EmailAddress, {row.pk: row.contact_id for row in rows})
    return {row.address_norm: Found(owners.get(row.pk, row.contact_id)) for row in rows}


def by_identity(names: set[str]) -> dict[str, Found]:
    pairs = [tuple(name.split(_APART)) for name in names]
    rows = list(
        Identity.objects.filter(
            namespace__in={namespace for namespace, _id in pairs},
            external_id__in={given for _namespace, given in pairs},
        )
    )
    owners = merged.first_owners(Identity, {row.pk: row.contact_id for row in rows})
    found = {(row.namespace, row.external_id): Found(owners.get(row.pk, row.contact_id)) for row in rows}
    return {_APART.join(pair): found[pair] for pair in pairs if pair in found}
