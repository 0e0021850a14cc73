from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ecrm.administration.rows import EditableRows
from ecrm.administration.tenant_site import show, site
from ecrm.mail.models import ImapMailbox, InboundAddress, InboundMail, SendingIdentity


@admin.register(SendingIdentity, site=site)
class SendingIdentityRows(EditableRows):
    one, many = _("sending identity"), _("sending identities")
    is_small = True
    noun = "identity"
    list_display = ["email", "name", "reply_to", "per_second", "created_at"]
    search_fields = ["email__icontains", "name__icontains"]
    fields = ["name", "email", "reply_to", "per_second"]


show(InboundAddress, _("inbound address"), _("inbound addresses"), is_small=True)
show(ImapMailbox, _("IMAP mailbox"), _("IMAP mailboxes"), is_small=True, date_hierarchy=None)
show(
    InboundMail,
    _("inbound mail"),
    _("inbound mails"),
    list_display=["id", "sender", "recipient", "channel", "received_at", "state", "verdict"],
)
