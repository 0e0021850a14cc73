"""What stands above every page while it lasts. Upper rooms register here."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

# Answers the banner's HTML, or nothing. Runs on every page: it must cost nothing while there is nothing to say.
Banner = Callable[[HttpRequest], SafeString | None]

_banners: list[Banner] = []


def register(banner: Banner) -> None:
    _banners.append(banner)


def html(request: HttpRequest) -> SafeString:
    """All banners of this request, in the order of their registration."""
    return mark_safe("".join(found for banner in _banners if (found := banner(request))))
