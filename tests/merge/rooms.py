"""Rows of every relation to people that a merge moves, on as many sides as wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import BooleanField, Model, UniqueConstraint

from consent.models import ConsentRecord
from contacts import merging
from contacts.merging import Handler
from contacts.models import Contact
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from tests import factories as make


@dataclass
class Row:
    """A row that somebody has through ``handler``; ``twin`` is the other's that may be there once."""

    handler: Handler
    pk: int
    owner_id: int
    twin: Row | None = None

    def owner_now(self) -> int:
        column = self.handler.model._meta.get_field(self.handler.field).attname
        owner: int = self.handler.model.objects.values_list(column, flat=True).get(pk=self.pk)
        return owner


def moving() -> list[Handler]:
    """But for the ledger of consents, of which copies move (test_consent)."""
    return [handler for handler in merging.handlers() if handler.move and handler.model is not ConsentRecord]


def row(handler: Handler, person: Contact, *, beside: Row | None = None) -> Row:
    """One row; ``beside`` another's it has everything in common with that one person can have only once."""
    field = handler.model._meta.get_field(handler.field)
    given = {field.name: person if field.is_relation else person.pk}
    if beside is not None:
        other = handler.model.objects.get(pk=beside.pk)
        given |= {name: getattr(other, name) for name in _once(handler)}
    elif "user" in _once(handler):
        given["user"] = _colleague()
    for flag in _flags(handler):
        is_first = not handler.model.objects.filter(**{handler.field: person.pk, flag: True}).exists()
        given[flag] = is_first
    made = getattr(make, f"{handler.model.__name__}Factory")(**given)
    return Row(handler, made.pk, person.pk, beside if _once(handler) else None)


def _colleague() -> User:
    number = User.objects.count()
    user = User.objects.create_user(f"colleague{number}@example.com", name=f"Colleague {number}")
    Membership.objects.create(tenant_id=require_tenant_id(), user=user, roles=["viewer"])
    return user


def _once(handler: Handler) -> list[str]:
    """What together with the person may be there once."""
    found = {
        name
        for constraint in _constraints(handler)
        for name in constraint.fields
        if name not in ("tenant", handler.field)
    }
    return sorted(found)


def _flags(handler: Handler) -> Iterator[str]:
    """What only one row of a person may be, such as the first address."""
    model: type[Model] = handler.model
    for constraint in _constraints(handler):
        if set(constraint.fields) == {"tenant", handler.field} and constraint.condition is not None:
            for name, _value in constraint.condition.children:
                if isinstance(model._meta.get_field(name), BooleanField):
                    yield name


def _constraints(handler: Handler) -> Iterator[UniqueConstraint]:
    for constraint in handler.model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and handler.field in constraint.fields:
            yield constraint
