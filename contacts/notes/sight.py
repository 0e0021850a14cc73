"""Which members see a person."""

from __future__ import annotations

from collections.abc import Iterable

from contacts.models import Contact
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.teams import visible_owner_ids


def able(user_ids: Iterable[int], contact: Contact) -> list[int]:
    """Of these members, who may open the page of this person. One query, and one for each narrow sight."""
    wanted = Membership.objects.filter(
        tenant_id=require_tenant_id(), user_id__in=list(user_ids), user__is_active=True
    ).select_related("user")
    return [each.user_id for each in wanted if _sees(each, contact)]


def _sees(membership: Membership, contact: Contact) -> bool:
    if not membership.may(Capability.CONTACTS_VIEW):
        return False
    owner_ids = visible_owner_ids(membership)
    return owner_ids is None or contact.owner_id is None or contact.owner_id in owner_ids
