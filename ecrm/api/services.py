"""Making and revoking tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ecrm.api import grants
from ecrm.api.models import ApiToken
from ecrm.api.scopes import NEEDS, Scope
from ecrm.audit import services as audit
from ecrm.tenancy import tokens
from ecrm.tenancy.models import Membership, User


@transaction.atomic
def make_token(
    *, name: str, scopes: Sequence[str], by: Membership, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """The token and its secret, which can be shown only now.

    Raises ``ValidationError`` (``name``, ``scopes``, ``expires_at``), also for a scope its maker
    could not use.
    """
    _check(name, scopes, by, expires_at)
    secret = grants.PREFIX + tokens.new_secret()[0]
    token = ApiToken.objects.create(
        name=name.strip(),
        scopes=sorted(set(scopes)),
        secret_hash=tokens.secret_hash(secret),
        ending=secret[-4:],
        membership_id=by.pk,
        created_by=by.user,
        expires_at=expires_at,
    )
    audit.record("api_token.made", by=by.user, subject=token, fields=token.scopes)
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User) -> bool:
    """At once, except for events, which other processes may still take for two seconds."""
    revoked = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    if revoked:
        audit.record("api_token.revoked", by=by, subject=token)
        transaction.on_commit(grants.forget_trusted)
    return bool(revoked)


def _check(name: str, scopes: Sequence[str], by: Membership, expires_at: datetime | None) -> None:
    errors = {}
    if not name.strip() or len(name.strip()) > 80:
        errors["name"] = _("Give the token a name of at most 80 characters.")
    unknown = set(scopes) - set(Scope.values)
    if not scopes or unknown:
        errors["scopes"] = _("Choose what the token may do.")
    elif any(not by.may(NEEDS[Scope(scope)]) for scope in scopes):
        errors["scopes"] = _("A token may do no more than you may.")
    if expires_at is not None and expires_at <= timezone.now():
        errors["expires_at"] = _("Choose a day in the future.")
    if errors:
        raise ValidationError(errors)
