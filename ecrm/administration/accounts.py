"""What staff of the installation may do to a person's account. Each says why, and the person is told."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from ecrm.administration import journal
from ecrm.tenancy.models import Tenant, User


@transaction.atomic
def deactivate(*, user: User, by: User, reason: str) -> bool:
    """Nobody can sign in with it any more, and open sessions end with the next page."""
    if user.pk == by.pk:
        raise ValidationError(_("You cannot deactivate yourself."))
    return _set_active(user, False, "user.deactivated", by=by, reason=reason)


@transaction.atomic
def activate(*, user: User, by: User, reason: str) -> bool:
    return _set_active(user, True, "user.activated", by=by, reason=reason)


@transaction.atomic
def reset_second_factor(*, user: User, by: User, reason: str) -> int:
    """Removes every second factor of somebody who lost theirs; answers how many. They get a mail."""
    removed: int = Authenticator.objects.filter(user=user).delete()[0]
    if removed:
        journal.record("user.second_factor_reset", by=by, subject=user, tenants=tenants_of(user), reason=reason)
        transaction.on_commit(lambda: _tell(user), robust=True)
    return removed


def tenants_of(user: User) -> list[Tenant]:
    return list(Tenant.objects.filter(memberships__user=user))


def _set_active(user: User, wanted: bool, action: str, *, by: User, reason: str) -> bool:
    changed = User.objects.filter(pk=user.pk, is_active=not wanted).update(is_active=wanted)
    if changed:
        journal.record(action, by=by, subject=user, tenants=tenants_of(user), reason=reason)
    return bool(changed)


def _tell(user: User) -> None:
    with translation.override(user.language or "en"):
        text = render_to_string("administration/second_factor_reset.txt", {"user": user})
        send_mail(_("Your two-step sign-in was switched off"), text, None, [user.email])
