from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts.models import Contact, Identity
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

Named = tuple[str, str]


def find_by_identity(namespace: str, external_id: str) -> Contact | None:
    """The person another system calls so, in the bin or not."""
    known = Identity.objects.filter(namespace=namespace, external_id=external_id).select_related("contact").first()
    return known.contact if known else None


@transaction.atomic
def link_identities(*, contact: Contact, identities: Iterable[Named], by: User | None) -> int:
    """Notes how other systems call this person, (namespace, id) each; returns how many are new.

    Raises ``ValidationError`` (``identities``, code ``taken``) when one belongs to somebody else.
    """
    wanted = list(dict.fromkeys(identities))
    own = set(Identity.objects.filter(contact=contact).values_list("namespace", "external_id"))
    new = [pair for pair in wanted if pair not in own]
    try:
        with transaction.atomic():
            Identity.objects.bulk_create(
                Identity(contact=contact, namespace=namespace, external_id=external_id)
                for namespace, external_id in new
            )
    except IntegrityError as error:
        words = _("One of these identities belongs to another contact.")
        raise ValidationError({"identities": ValidationError(words, code="taken")}) from error
    if new and by is not None:
        audit.record("contact.linked", by=by, subject=contact, fields={namespace for namespace, _id in new})
    return len(new)
