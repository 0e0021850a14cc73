"""The gallery: for those who build the product, not for those who use it."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Staff of the platform only, or anybody who is signed in where DEBUG is on."""
    is_staff = getattr(request.user, "is_staff", False)
    if not is_staff and not (settings.DEBUG and request.user.is_authenticated):
        raise Http404
    return render(request, "ui/gallery/page.html")
