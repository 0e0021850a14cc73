"""What pages of the tenants' sites ask for: the script, the question, and the door for visits."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from analytics.tracking import door, script, sites
from consent import purposes
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant

_HOUR = "public, max-age=3600"


@require_safe
def visit_script(request: HttpRequest) -> HttpResponse:
    if request.headers.get("If-None-Match") == script.etag():
        return HttpResponseNotModified()
    response = HttpResponse(script.compact(), content_type="text/javascript; charset=utf-8")
    response["ETag"], response["Cache-Control"] = script.etag(), _HOUR
    # Pages of other origins load it, also those that isolate themselves (COEP).
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def visit_question(request: HttpRequest, key: str) -> JsonResponse:
    """The wording a visitor is asked with, in the page's language, for the site's own pages."""
    site = sites.known(key)
    if site is None:
        raise Http404
    with tenant_context(site.tenant_id):
        tenant = Tenant.objects.get(pk=site.tenant_id)
        language = _spoken(request.GET.get("l", ""), tenant)
        purpose = purposes.by_key(purposes.VISITS)
        notice = purposes.current_notices([language]).get(purpose.pk) if purpose else None
        if purpose is None or notice is None or purpose.archived_at:
            raise Http404
        name = purposes.wording(purpose, [language]).name
    with translation.override(notice.language):
        words = {"name": name, "text": notice.text, "yes": _("Yes, you may"), "no": _("No, thank you")}
    response = JsonResponse({**words, "version": notice.version, "language": notice.language})
    origin = request.headers.get("Origin", "")
    if origin in site.origins:
        response["Access-Control-Allow-Origin"] = origin
    response["Vary"], response["Cache-Control"] = "Origin", "public, max-age=300"
    return response


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def collect(request: HttpRequest) -> HttpResponse:
    """The same door as in front of Django, for servers that do not go through ``ecrm.wsgi``."""
    reply = door.answer(request.META)
    return HttpResponse(status=int(reply.status[:3]), headers=dict(reply.headers))


def _spoken(wanted: str, tenant: Tenant) -> str:
    for spelling in (wanted.lower(), wanted.lower().partition("-")[0]):
        if spelling in tenant.languages:
            return spelling
    return tenant.language
