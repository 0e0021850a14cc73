"""What inbound mail gives to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ecrm.audit import words
from ecrm.jobs import beats
from ecrm.mail.inbound import addresses, imap
from ecrm.mail.inbound import tasks as tasks  # known to every process that enqueues
from ecrm.mail.inbound.notices import KIND
from ecrm.notices import kinds
from ecrm.tenancy import services as tenancy
from ecrm.tenancy.roles import Capability
from ecrm.ui.settings_pages import Group, SettingsPage, register

kinds.register(KIND)
tenancy.furnishings.append(addresses.furnish)
beats.on_nightly.append(addresses.furnish_all)
beats.on_tick.append(imap.hint_due)
register(
    SettingsPage(
        key="mailboxes",
        label=_("Mailboxes"),
        note=_("The addresses you are written to, mailboxes elsewhere, and every mail that came."),
        icon="inbox",
        url_name="mailboxes",
        order=20,
        capability=Capability.CASES_MANAGE,
        group=Group.CHANNELS,
        keywords=_("inbound imap support address raw failed"),
    )
)
words.register(
    {
        "inbound_address.opened": _("Address opened"),
        "inbound_address.closed": _("Address closed"),
        "imap_mailbox.added": _("Mailbox added"),
        "imap_mailbox.changed": _("Mailbox changed"),
        "imap_mailbox.removed": _("Mailbox removed"),
        "inbound_mail.retried": _("Mail tried again"),
    }
)
