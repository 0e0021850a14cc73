"""Confirming that it is still the same person, before what cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from ecrm.tenancy.models import User
from ecrm.tenancy.urls import platform_url


def confirmed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Leads to confirming by password, passkey or code, and back to the page, unless done minutes ago.

    For pages whose form posts to their own address: what was typed before the detour is typed again.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        assert isinstance(request.user, User)
        return redirect(f"{platform_url(_way(request.user))}?{urlencode({'next': request.path})}")

    return guarded


def has_second_step(user: User) -> bool:
    return bool(is_mfa_enabled(user, types=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]))


def with_second_step(user_ids: list[int]) -> set[int]:
    """Those of these users who have one, in one query."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return set(Authenticator.objects.filter(user_id__in=user_ids, type__in=kinds).values_list("user_id", flat=True))


def _way(user: User) -> str:
    """The page that asks; each offers the others."""
    if user.has_usable_password():
        return "account_reauthenticate"
    has_passkey = is_mfa_enabled(user, types=[Authenticator.Type.WEBAUTHN])
    return "mfa_reauthenticate_webauthn" if has_passkey else "mfa_reauthenticate"
