"""Where providers post to. The secret in the address is the proof; the work comes later."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ecrm.tenancy.context import tenant_context
from ecrm.webhooks import services

MOST_HEADERS = 30


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: HttpRequest, provider: str, secret: str) -> HttpResponse:
    """200 once the request is committed. GET and HEAD only tell a provider that the address is right."""
    tenant_id = services.tenant_of(secret)
    if tenant_id is None:
        raise Http404
    if request.method != "POST":
        return HttpResponse()
    # Not request.body: its limit is for people's forms, and mail brings attachments.
    raw = request.read(settings.MAX_MAIL_BYTES * 2 + 1)
    if len(raw) > settings.MAX_MAIL_BYTES * 2:
        return HttpResponse(status=413)
    with tenant_context(tenant_id):
        receipt = services.keep(
            provider=provider,
            secret=secret,
            raw=raw,
            content_type=request.META.get("CONTENT_TYPE", ""),
            headers=_signing(request),
            query=request.META.get("QUERY_STRING", ""),
        )
    if receipt is None:
        raise Http404
    return HttpResponse()


def _signing(request: HttpRequest) -> dict[str, str]:
    """The headers a signature may stand in; no cookie, no password."""
    found = ((name.lower(), value) for name, value in request.headers.items())
    kept = [(name, value[:1_000]) for name, value in found if name.startswith("x-") and "forwarded" not in name]
    return dict(kept[:MOST_HEADERS])
