"""What both admin sites share: no doors of their own, and no log beside ours."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

# Sign-in, passwords and sign-out are allauth's; "view on site" would leave the tenant.
_NOT_OURS = frozenset({"login", "logout", "password_change", "password_change_done", "view_on_site"})


class Site(AdminSite):
    """Both are called ``admin``: each URLconf has one."""

    final_catch_all_view = False
    enable_nav_sidebar = True
    capability: str | None = None

    def get_urls(self) -> list[Any]:
        kept = [entry for entry in super().get_urls() if getattr(entry, "name", None) not in _NOT_OURS]
        _mark(kept, self.capability)
        return kept

    def get_log_entries(self, request: HttpRequest) -> Any:
        """Django's table stays empty; the index shows the audit."""
        return ()


def _mark(entries: list[Any], capability: str | None) -> None:
    """Says on each view what it needs, as the guard of all addresses wants it."""
    for entry in entries:
        if isinstance(entry, URLResolver):
            _mark(entry.url_patterns, capability)
        elif isinstance(entry, URLPattern):
            entry.callback.capability = capability  # type: ignore[attr-defined]
