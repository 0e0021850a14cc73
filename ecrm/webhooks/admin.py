from django.utils.translation import gettext_lazy as _

from ecrm.administration.tenant_site import show
from ecrm.webhooks.models import WebhookEndpoint, WebhookReceipt

show(WebhookEndpoint, _("webhook"), _("webhooks"), is_small=True)
show(
    WebhookReceipt,
    _("webhook call"),
    _("webhook calls"),
    list_display=["id", "endpoint", "received_at", "state", "verdict", "attempts", "error"],
)
