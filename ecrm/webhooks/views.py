"""Settings, mail providers: the addresses given to them and the requests that failed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.tenancy.urls import absolute, platform_url
from ecrm.ui.parts import INVALID
from ecrm.ui.toasts import toast
from ecrm.webhooks import services
from ecrm.webhooks.forms import EndpointForm
from ecrm.webhooks.models import WebhookEndpoint, WebhookReceipt
from ecrm.webhooks.providers import PROVIDERS

FAILED_SHOWN = 50


@requires(Capability.SETTINGS_MANAGE)
@require_safe
def mail_providers(request: MemberRequest) -> HttpResponse:
    failed = WebhookReceipt.objects.filter(state=WebhookReceipt.State.FAILED).select_related("endpoint")
    endpoints = WebhookEndpoint.objects.filter(closed_at=None).select_related("created_by").order_by("-id")
    context = {
        "endpoints": [(each, _label(each)) for each in endpoints],
        "failed": [(each, _label(each.endpoint)) for each in failed.order_by("-id")[:FAILED_SHOWN]],
    }
    return render(request, "webhooks/providers.html", context)


@requires(Capability.SETTINGS_MANAGE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_webhook_endpoint(request: MemberRequest) -> HttpResponse:
    """POST answers with the address itself, which is nowhere else: no redirect could carry it."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = services.open_endpoint(**form.cleaned_data, by=request.user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            address = absolute(platform_url("webhook", endpoint.provider, secret))
            return render(request, "webhooks/made.html", {"label": _label(endpoint), "address": address})
    return render(request, "webhooks/new.html", {"form": form}, status=INVALID if form.is_bound else 200)


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def close_webhook_endpoint(request: MemberRequest, endpoint_id: int) -> HttpResponse:
    endpoint = get_object_or_404(WebhookEndpoint, pk=endpoint_id)
    if services.close_endpoint(endpoint=endpoint, by=request.user):
        toast(request, _("%(provider)s is no longer listened to.") % {"provider": _label(endpoint)})
    return redirect("mail_providers")


@requires(Capability.SETTINGS_MANAGE)
@require_POST
def retry_webhook_receipt(request: MemberRequest, receipt_id: int) -> HttpResponse:
    receipt = get_object_or_404(WebhookReceipt, pk=receipt_id)
    if services.try_again(receipt=receipt, by=request.user):
        toast(request, _("The request is worked again."))
    return redirect("mail_providers")


def _label(endpoint: WebhookEndpoint) -> str:
    known = PROVIDERS.get(endpoint.provider)
    return known.label if known else endpoint.provider
