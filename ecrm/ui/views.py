"""Small addresses the look needs: the style sheet, a tenant's brand colour, the theme."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from ecrm.ui import parts, styles
from ecrm.ui.context import THEMES

YEAR = 365 * 24 * 3600


@require_safe
def stylesheet(request: HttpRequest, version: str) -> HttpResponse:
    """Any version gets the present sheet, but only the present version may be kept for ever."""
    bundle = styles.bundle()
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(bundle.gzipped if is_packed else bundle.body, content_type="text/css")
    if is_packed:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    is_present = version == bundle.version
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable" if is_present else "no-cache"
    return response


@require_safe
def brand(request: HttpRequest, hue: int) -> HttpResponse:
    """A tenant's colour as a style sheet, since the policy allows no style inside a page.

    Lightness and chroma are those of the product's own accent, which keep text on it readable
    at every hue.
    """
    if hue > 359:
        raise Http404
    css = f".public {{ --brand: oklch(0.455 0.078 {hue}); }}\n"
    response = HttpResponse(css, content_type="text/css")
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Keeps light, dark or (anything else) the system's choice in a cookie for a year."""
    chosen = request.POST.get("theme", "")
    is_part = parts.wants_part(request)
    response = HttpResponse(status=204) if is_part else HttpResponseRedirect(_back(request))
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax")
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


@require_safe
def workspaces(request: HttpRequest) -> HttpResponse:
    """The switcher's list, fetched when it opens so that no page pays for it."""
    if not request.user.is_authenticated:
        raise Http404
    memberships = request.user.memberships.select_related("tenant").order_by("tenant__name")
    context = {"memberships": memberships, "current": request.GET.get("current", "")}
    return render(request, "ui/_workspaces.html", context)


def _back(request: HttpRequest) -> str:
    address = request.POST.get("next") or request.headers.get("Referer", "/")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if is_ours else "/"
