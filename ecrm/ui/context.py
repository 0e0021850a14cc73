"""What every page of the shell needs. Lazy, so that parts and public pages pay for nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.functional import SimpleLazyObject

from ecrm.tenancy.urls import plain_url
from ecrm.ui import banners, nav, rail_figures, settings_pages, shortcuts

THEMES = frozenset({"light", "dark"})


def shell(request: HttpRequest) -> dict[str, Any]:
    """``nav_places``, ``phone_places``, ``shortcuts`` (groups of the sheet), ``tenant``, ``membership``,
    ``theme`` (empty follows the system), ``languages``, ``banners``, ``settings_nav`` (the list beside
    a page of the settings) and ``running_jobs_url`` (empty where the address does not exist).
    """
    membership = getattr(request, "membership", None)
    places: Any = SimpleLazyObject(partial(_places, request))
    return {
        "tenant": getattr(request, "tenant", None),
        "membership": membership,
        "nav_places": places,
        "phone_places": SimpleLazyObject(lambda: nav.phone_places(list(places))),
        "shortcuts": SimpleLazyObject(partial(_shortcuts, request)),
        "settings_nav": SimpleLazyObject(partial(settings_pages.Navigation.of, request)),
        "running_jobs_url": _url_or_nothing("open_jobs") if membership else "",
        "banners": SimpleLazyObject(partial(banners.html, request)) if membership else "",
        "theme": theme(request),
        "languages": settings.LANGUAGES,
    }


def theme(request: HttpRequest) -> str:
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in THEMES else ""


def _places(request: HttpRequest) -> list[nav.Place]:
    membership = getattr(request, "membership", None)
    if membership:
        return nav.places(request, membership.may, rail_figures.of(membership)["shell.hidden"] or [])
    return nav.account_places(request) if request.user.is_authenticated else []


def _shortcuts(request: HttpRequest) -> list[shortcuts.Group]:
    membership = getattr(request, "membership", None)
    return shortcuts.sheet(membership.may) if membership else []


def _url_or_nothing(name: str) -> str:
    try:
        return plain_url(name)
    except NoReverseMatch:
        return ""
