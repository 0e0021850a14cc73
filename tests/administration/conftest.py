from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator

from ecrm.tenancy.models import Tenant, User
from tests.cast import Member, make_user


@pytest.fixture
def rita(acme: Tenant) -> Member:
    """Staff of the installation, with a second factor, and no member anywhere."""
    user = make_user("Rita")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    return Member(user, acme)
