"""What the webhook inbox gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.tenancy.roles import Capability
from ecrm.ui.settings_pages import Group, SettingsPage, register
from ecrm.webhooks import tasks as tasks  # known to every process that enqueues

register(
    SettingsPage(
        key="mail_providers",
        label=_("Mail providers"),
        note=_("What Postmark, Mailgun, SendGrid or Brevo tell about your mail, and mail they pass on."),
        icon="zap",
        url_name="mail_providers",
        order=30,
        capability=Capability.SETTINGS_MANAGE,
        group=Group.CHANNELS,
        keywords=_("webhook bounce complaint inbound"),
    )
)
words.register(
    {
        "webhook_endpoint.opened": _("Provider added"),
        "webhook_endpoint.closed": _("Provider removed"),
        "webhook_receipt.retried": _("Request tried again"),
    }
)
