"""Chainable reads over people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self, TypeVar

from django.apps import apps
from django.db.models import BooleanField, Exists, F, Func, Model, OuterRef, Q, TextField, Value

from contacts import search
from ecrm.rowsets import id_array
from ecrm.tenancy.models import Membership
from ecrm.tenancy.scoping import TenantQuerySet
from ecrm.tenancy.teams import visible_owner_ids

M = TypeVar("M", bound=Model)

if TYPE_CHECKING:
    from contacts.models import Company, Contact  # noqa: F401


class OwnedQuerySet(TenantQuerySet[M]):
    """``visible_to`` comes first in every staff view; the bin is left out only by ``unbinned``."""

    def visible_to(self, membership: Membership) -> Self:
        """Own, team's or all records, by the member's roles. What nobody owns is everybody's."""
        owner_ids = visible_owner_ids(membership)
        return self if owner_ids is None else self.filter(Q(owner=None) | Q(owner__in=owner_ids))

    def unbinned(self) -> Self:
        return self.filter(binned_at=None)

    def binned(self) -> Self:
        return self.filter(binned_at__isnull=False)


class CompanyQuerySet(OwnedQuerySet["Company"]):
    """Companies a member may see."""

    def binned(self) -> Self:
        """In the bin, and not merged away: those come back by undoing the merge."""
        merges = apps.get_model("contacts", "CompanyMerge")._default_manager
        return super().binned().filter(~Exists(merges.filter(loser=OuterRef("pk"), undone_at=None)))


class ContactQuerySet(OwnedQuerySet["Contact"]):
    """People; see ``OwnedQuerySet`` on sight and the bin."""

    def binned(self) -> Self:
        """In the bin, and not merged away: those come back by undoing the merge."""
        merges = apps.get_model("contacts", "Merge")._default_manager
        return super().binned().filter(~Exists(merges.filter(loser=OuterRef("pk"), undone_at=None)))

    def matching(self, term: str, *, membership: Membership | None = None) -> Self:
        """The newest ``search.CAP`` people the search finds; runs the search at once.

        ``membership`` keeps people out of the cap whom this member may not see.
        """
        return self.among(search.contact_ids(term, membership=membership))

    def resembling(self, term: str, *, membership: Membership | None = None) -> Self:
        """The same; where the search finds nobody, people written like ``term``. For pickers."""
        found = search.contact_ids(term, membership=membership)
        return self.among(found or search.alike_ids(term, membership=membership))

    def among(self, ids: Sequence[int]) -> Self:
        """Of these people, however many: one parameter, where ``pk__in`` writes one for each."""
        given = Value(id_array(ids), output_field=TextField())
        template = "%(expressions)s::bigint[])"
        among = Func(F("pk"), given, template=template, arg_joiner=" = ANY (", output_field=BooleanField())
        return self.filter(among)

    def tagged(self, tag_id: int) -> Self:
        taggings = self.model._meta.get_field("taggings").related_model
        return self.filter(Exists(taggings._default_manager.filter(contact=OuterRef("pk"), tag=tag_id)))
