"""Who asks, and as what they belong to the tenant asked for: read together, since every page waits for it.

Django asks the session's engine for the session and the backend that signed in for its user. While a
tenant is being entered, the engine (``ecrm.tenancy.session_store``) brings the user and the
membership along, as far as it is known whose session it is; else the backends here do. Everything
Django checks about a session is as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.usersessions.models import UserSession
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.models import Session
from django.utils import timezone

from ecrm import prepared
from ecrm.instances import Columns
from ecrm.tenancy.models import Membership, Tenant, User


@dataclass(slots=True)
class Entrance:
    """``membership`` is what ``user`` has in the tenant of ``slug``, None when nothing."""

    slug: str
    membership: Membership | None = None
    user: User | None = None

    def open_session(self, key: str) -> Session | None:
        """The live session of this key, its user and membership besides."""
        row = prepared.fetch_one(_SESSION, {"slug": self.slug, "key": key, "now": timezone.now()})
        if row is None:
            return None
        if row[_KEPT.count] is not None:
            self._take(row[_KEPT.count :])
        return _KEPT.read(row)

    def read(self, user_id: Any) -> User | None:
        if self.user is not None and str(self.user.pk) == str(user_id):
            return self.user
        row = prepared.fetch_one(_TOGETHER, {"slug": self.slug, "user": user_id})
        if row is None:
            return None
        return self._take(row)

    def _take(self, row: Sequence[Any]) -> User:
        self.user = _USER.read(row)
        self.membership = _membership(row, self.user)
        return self.user


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


def being_entered() -> Entrance | None:
    """None where no tenant is."""
    return _entrance.get()


_KEPT = Columns(Session, "kept")
_USER, _MEMBERSHIP = Columns(User, "person"), Columns(Membership, "membership")
_TENANT = Columns(Tenant, "tenant")
_SHOWN = f"{_USER.sql}, {_MEMBERSHIP.sql}, {_TENANT.sql}"
_JOINS = f"""
      LEFT JOIN {Tenant._meta.db_table} tenant ON tenant.slug = %(slug)s
      LEFT JOIN {Membership._meta.db_table} membership
        ON membership.tenant_id = tenant.id AND membership.user_id = person.id"""
_TOGETHER = f"SELECT {_SHOWN} FROM {User._meta.db_table} person {_JOINS} WHERE person.id = %(user)s"
_SESSION = f"""
    SELECT {_KEPT.sql}, {_SHOWN}
      FROM {Session._meta.db_table} kept
      LEFT JOIN {UserSession._meta.db_table} seen ON seen.session_key = kept.session_key
      LEFT JOIN {User._meta.db_table} person ON person.id = seen.user_id {_JOINS}
     WHERE kept.session_key = %(key)s AND kept.expire_date > %(now)s"""


def _membership(row: Sequence[Any], user: User) -> Membership | None:
    place = _USER.count
    if row[place] is None:
        return None
    membership = _MEMBERSHIP.read(row, start=place)
    membership.tenant, membership.user = _TENANT.read(row, start=place + _MEMBERSHIP.count), user
    return membership
