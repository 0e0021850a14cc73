"""Addresses across the two URL configurations: the tenant's and the platform's."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse, set_script_prefix

from ecrm.tenancy.models import Tenant


def platform_url(name: str, *args: Any, **kwargs: Any) -> str:
    """Path of a platform page (sign-in, account, public), whatever tenant we are in."""
    return _reverse_under("/", "ecrm.urls", name, args, kwargs) if args or kwargs else _plain_platform_url(name)


@lru_cache(maxsize=256)
def _plain_platform_url(name: str) -> str:
    """Kept: every page leads to a dozen of them."""
    return _reverse_under("/", "ecrm.urls", name, (), {})


def plain_url(name: str) -> str:
    """``reverse`` of a page that needs nothing but its name, where the request is. Raises ``NoReverseMatch``."""
    return _plain_url(get_script_prefix(), get_urlconf(), name)


@lru_cache(maxsize=4096)
def _plain_url(_prefix: str, _urlconf: str | None, name: str) -> str:
    """Kept: a page asks for a dozen of them, at a tenth of a millisecond each."""
    return reverse(name)


def tenant_url(tenant: Tenant, name: str, *args: Any, **kwargs: Any) -> str:
    """Path of a page of one tenant, from anywhere (mails, notices, the chooser)."""
    return _reverse_under(f"/{tenant.slug}/", "ecrm.urls_tenant", name, args, kwargs)


def absolute(path: str) -> str:
    """With scheme and host of the configured address, never the request's (host header attacks)."""
    return f"{settings.BASE_URL}{path}"


def _reverse_under(prefix: str, urlconf: str, name: str, args: Any, kwargs: Any) -> str:
    former = get_script_prefix()
    set_script_prefix(prefix)
    try:
        return reverse(name, urlconf=urlconf, args=args or None, kwargs=kwargs or None)
    finally:
        set_script_prefix(former)
