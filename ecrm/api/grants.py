"""Who a token stands for, and what it may do."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ecrm.api.models import ApiToken
from ecrm.api.problems import Problem
from ecrm.api.scopes import NEEDS, Scope
from ecrm.tenancy import tokens
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Membership, Tenant, User

PREFIX = "ecrm_"
LONGEST = 200
# How long a process may go on trusting a token for events without asking the database again.
TRUSTED_SECONDS = 2
USE_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that is good now. It acts as ``membership``, as far as the scopes reach."""

    token: ApiToken
    membership: Membership
    found_at: float = field(default_factory=time.monotonic)

    @property
    def user(self) -> User:
        return self.membership.user

    @property
    def tenant(self) -> Tenant:
        return self.membership.tenant

    def may(self, scope: Scope) -> bool:
        return scope in self.token.scopes and self.membership.may(NEEDS[scope])

    def check(self, scope: Scope) -> None:
        """Raises ``Problem`` 403, saying whether the token or its maker lacks the right."""
        if scope not in self.token.scopes:
            raise Problem(403, _("This token has no scope %(scope)s.") % {"scope": scope.value})
        self.check_capability(NEEDS[scope])

    def reaches(self, capability: str) -> bool:
        """Whether both the maker and the token may: of what a scope opens, the token needs such a scope.

        For what an operation touches beside its own scope, such as conditions on consent.
        """
        opening = [scope for scope, needed in NEEDS.items() if needed == capability]
        is_open = not opening or any(scope in self.token.scopes for scope in opening)
        return is_open and self.membership.may(capability)

    def check_capability(self, capability: str) -> None:
        if not self.membership.may(capability):
            words = _("The member who made this token may not do this (%(capability)s).")
            raise Problem(403, words % {"capability": str(capability)})


_trusted: dict[tuple[str, bytes], Grant] = {}


def find(slug: str, secret: str) -> Grant | None:
    """The grant behind a secret in this tenant, else None: wrong, elsewhere, revoked, expired, left, closed."""
    if len(secret) > LONGEST or not secret.startswith(PREFIX):
        return None
    tenant = Tenant.objects.filter(slug=slug, erase_after=None).first()
    if tenant is None:
        return None
    with tenant_context(tenant):
        return _find_in(tenant, tokens.secret_hash(secret))


def find_trusted(slug: str, secret: str) -> Grant | None:
    """The same, up to ``TRUSTED_SECONDS`` old: for events, where asking would cost more than the work."""
    key = (slug, tokens.secret_hash(secret))
    known = _trusted.get(key)
    if known is not None and time.monotonic() - known.found_at < TRUSTED_SECONDS:
        return known
    found = find(slug, secret)
    if len(_trusted) > 10_000:
        _trusted.clear()
    if found is None:
        _trusted.pop(key, None)
    else:
        _trusted[key] = found
    return found


def forget_trusted() -> None:
    """This process asks the database again at once."""
    _trusted.clear()


def _find_in(tenant: Tenant, secret_hash: bytes) -> Grant | None:
    now = timezone.now()
    live = Q(expires_at=None) | Q(expires_at__gt=now)
    token = ApiToken.objects.filter(live, secret_hash=secret_hash, revoked_at=None).first()
    if token is None:
        return None
    members = Membership.objects.filter(pk=token.membership_id, tenant=tenant, user__is_active=True)
    membership = members.select_related("user").first()
    if membership is None:
        return None
    membership.tenant = tenant
    _note_use(token)
    return Grant(token, membership)


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USE_STEP:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
