"""The addresses in a mail: links, the open pixel, the mail in the browser, one-click unsubscribe.

No sign-in and no cookie; the signed token is the proof, and anything altered is 404. GET leaves one
raw hit at most, HEAD nothing: security products and mail programs follow every address they see.
"""

from __future__ import annotations

import base64
from typing import Any

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.engagement import destinations, hits, reading, services
from campaigns.models import Campaign, Delivery, Link
from campaigns.sending.addresses import CLICK, LINK, OPEN, UNSUBSCRIBE, VIEW
from consent import public
from ecrm.tenancy import tokens
from ecrm.tenancy.context import tenant_context

# One transparent point, the smallest GIF there is.
_POINT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
# A mail brings its own styles and pictures from elsewhere; nothing in it may act.
_MAIL_POLICY: dict[str, Any] = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["https:", "http:", "data:"],
    "font-src": ["'none'"],
    "connect-src": ["'none'"],
    "frame-src": ["'none'"],
    "form-action": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


@never_cache
@require_safe
def follow_link(request: HttpRequest, token: str, position: int) -> HttpResponse:
    """A link of one person's mail, to where its campaign says and nowhere else."""
    found = tokens.read(CLICK, token)
    with tenant_context(found.tenant):
        delivery = get_object_or_404(Delivery, pk=found.object_id)
        return _follow(request, delivery.campaign_id, position, delivery)


@never_cache
@require_safe
def follow_unnamed_link(request: HttpRequest, token: str, position: int) -> HttpResponse:
    """The same for people who do not allow tracking: the token names their campaign only."""
    found = tokens.read(LINK, token)
    with tenant_context(found.tenant):
        return _follow(request, found.object_id, position, None)


@never_cache
@require_safe
def show_pixel(request: HttpRequest, token: str) -> HttpResponse:
    found = tokens.read(OPEN, token)
    if request.method == "GET":
        with tenant_context(found.tenant):
            delivery = get_object_or_404(Delivery.objects.select_related("campaign"), pk=found.object_id)
            hits.opened(request, delivery=delivery)
    return HttpResponse(_POINT, content_type="image/gif")


@never_cache
@require_safe
@csp_replace(_MAIL_POLICY)  # type: ignore[arg-type]  # typed for views without arguments
def view_in_browser(request: HttpRequest, token: str) -> HttpResponse:
    """One person's mail. Nothing is recorded."""
    found = tokens.read(VIEW, token)
    with tenant_context(found.tenant):
        delivery = _delivery(found.object_id)
        try:
            message = reading.reread(delivery)
        except LookupError as error:
            raise Http404 from error
    response = HttpResponse(message.html)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """``List-Unsubscribe`` (RFC 8058): GET shows a button, POST withdraws and says in the history from what."""
    found = tokens.read(UNSUBSCRIBE, token)
    with tenant_context(found.tenant):
        delivery = _delivery(found.object_id)
        campaign: Campaign = delivery.campaign
        evidence = {"campaign": campaign.pk, "delivery": delivery.pk}
        response = public.one_click(request, contact=delivery.contact, purpose=campaign.purpose, evidence=evidence)
        if request.method == "POST":
            services.tell_unsubscribed(delivery)
        return response


@never_cache
@require_safe
def explain_test(request: HttpRequest, **_rest: Any) -> HttpResponse:
    """Where the addresses in previews and test messages lead: they act for nobody."""
    return render(request, "campaigns/public/test.html")


def _follow(request: HttpRequest, campaign_id: int, position: int, delivery: Delivery | None) -> HttpResponse:
    link = get_object_or_404(Link.objects.select_related("campaign"), campaign=campaign_id, position=position)
    if request.method == "GET":
        hits.clicked(request, link=link, delivery=delivery)
    return HttpResponseRedirect(destinations.of(link.url, delivery))


def _delivery(delivery_id: int) -> Delivery:
    deliveries = Delivery.objects.select_related("contact", "contact__company", "campaign__purpose")
    return get_object_or_404(deliveries, pk=delivery_id)
