"""What letters give to the registries of the house."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from contacts.letters import notices, receiving
from contacts.letters import tasks as tasks  # known to the web processes too, which ask for the work
from contacts.models import Letter
from contacts.texts import merge_fields, own_fields
from ecrm.audit import words
from ecrm.audit.words import Subject
from ecrm.jobs import words as job_words
from ecrm.mail.inbound import receivers
from ecrm.tenancy.roles import Capability
from ecrm.ui import settings_pages
from ecrm.ui.settings_pages import Group, SettingsPage

merge_fields.register_source(own_fields.offered)
notices.register()
receivers.register(receiving.BEFORE_CAMPAIGNS, receiving.receive_report)
receivers.register(receiving.ORDER, receiving.receive)
job_words.register({"letters.send": _("Send an email to one person")})
words.register(
    {
        "letter.written": _("Email to one person written"),
        "letter.taken_back": _("Email to one person taken back"),
        "letter.sent_again": _("Email to one person sent again"),
        "letter_template.saved": _("Template of emails saved"),
        "letter_template.deleted": _("Template of emails deleted"),
        "signature.changed": _("Signature changed"),
    },
    {Letter._meta.label_lower: Subject(_("Email to one person"), "letter_page")},
)
settings_pages.register(
    SettingsPage(
        key="letters",
        label=_("Email templates"),
        note=_("Texts to begin an email to one person with."),
        icon="file-text",
        url_name="letter_templates",
        order=60,
        capability=Capability.CONTACTS_EDIT,
        group=Group.CHANNELS,
        keywords=_("template snippet canned letter"),
    )
)
settings_pages.register(
    SettingsPage(
        key="signature",
        label=_("Signature"),
        note=_("What stands below your emails to people."),
        icon="pencil",
        url_name="signature",
        order=60,
        capability=Capability.CONTACTS_EDIT,
        group=Group.YOU,
        keywords=_("email footer name"),
    )
)
