"""Chainable reads over cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db.models import Exists, F, OuterRef, Q

from cases import search
from contacts.search import contact_ids
from ecrm.tenancy.models import Membership
from ecrm.tenancy.scoping import TenantQuerySet
from ecrm.tenancy.teams import visible_owner_ids

if TYPE_CHECKING:
    from cases.models import Case  # noqa: F401


class CaseQuerySet(TenantQuerySet["Case"]):
    """``visible_to`` comes first in every staff view."""

    def visible_to(self, membership: Membership) -> Self:
        """By the member's sight: cases of people they see, of nobody, and their own."""
        owner_ids = visible_owner_ids(membership)
        if owner_ids is None:
            return self
        theirs = Q(contact__owner=None) | Q(contact__owner__in=owner_ids)
        return self.filter(Q(contact=None) | theirs | Q(assignee__in=owner_ids))

    def open(self) -> Self:
        return self.filter(solved_at=None)

    def awake(self, now: datetime) -> Self:
        """Not put off until later."""
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))

    def on_us(self) -> Self:
        """It is our turn: somebody waits for an answer."""
        return self.open().filter(waiting_since__isnull=False)

    def overdue(self, now: datetime, goal: timedelta) -> Self:
        return self.on_us().awake(now).filter(waiting_since__lt=now - goal)

    def matching(self, term: str, *, membership: Membership | None = None) -> Self:
        """Every word of ``term`` in the case, or in its person. Runs both searches at once."""
        people = contact_ids(term, membership=membership)
        return self.filter(Q(pk__in=search.case_ids(term)) | Q(contact__in=people))

    def with_unread(self, user_id: int) -> Self:
        """``is_unread``: something was said since this member looked."""
        readers = self.model._meta.get_field("readers").related_model
        read = readers._default_manager.filter(
            case=OuterRef("pk"), user=user_id, read_at__gte=OuterRef("last_message_at")
        )
        return self.annotate(is_unread=~Exists(read))

    def longest_waiting(self) -> Self:
        return self.order_by(F("waiting_since").asc(nulls_last=True), "id")
