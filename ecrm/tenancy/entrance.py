"""Who asks, and as what they belong to the tenant asked for: read together, since every page waits for both.

Django asks the backend of the session for its user. While a tenant is being entered, the backends
here bring the membership along; everything Django checks about a session is as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend

from ecrm import prepared
from ecrm.instances import Columns
from ecrm.tenancy.models import Membership, Tenant, User


@dataclass(slots=True)
class Entrance:
    """``membership`` is the user's own in the tenant of ``slug``; it means something once ``is_read``."""

    slug: str
    membership: Membership | None = None
    is_read: bool = False

    def read(self, user_id: Any) -> User | None:
        row = prepared.fetch_one(_TOGETHER, {"slug": self.slug, "user": user_id})
        if row is None:
            return None
        user = _USER.read(row)
        self.is_read, self.membership = True, _membership(row, user)
        return user


_entrance: ContextVar[Entrance | None] = ContextVar("entrance", default=None)


@contextmanager
def entering(slug: str) -> Iterator[Entrance]:
    """Around the first look at ``request.user``."""
    entrance = Entrance(slug)
    token = _entrance.set(entrance)
    try:
        yield entrance
    finally:
        _entrance.reset(token)


class PasswordBackend(ModelBackend):
    def get_user(self, user_id: Any) -> Any:
        return _found(self, user_id) if _entrance.get() else super().get_user(user_id)


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth is untyped
    def get_user(self, user_id: Any) -> Any:
        return _found(self, user_id) if _entrance.get() else super().get_user(user_id)


def _found(backend: ModelBackend, user_id: Any) -> User | None:
    entrance = _entrance.get()
    user = entrance.read(user_id) if entrance else None
    return user if user is not None and backend.user_can_authenticate(user) else None


_USER, _MEMBERSHIP = Columns(User, "person"), Columns(Membership, "membership")
_TENANT = Columns(Tenant, "tenant")
_TOGETHER = f"""
    SELECT {_USER.sql}, {_MEMBERSHIP.sql}, {_TENANT.sql}
      FROM {User._meta.db_table} person
      LEFT JOIN {Tenant._meta.db_table} tenant ON tenant.slug = %(slug)s
      LEFT JOIN {Membership._meta.db_table} membership
        ON membership.tenant_id = tenant.id AND membership.user_id = person.id
     WHERE person.id = %(user)s"""


def _membership(row: tuple[Any, ...], user: User) -> Membership | None:
    place = _USER.count
    if row[place] is None:
        return None
    membership = _MEMBERSHIP.read(row, start=place)
    membership.tenant, membership.user = _TENANT.read(row, start=place + _MEMBERSHIP.count), user
    return membership
