"""What moving gives to the registries of the house."""

from django.utils.translation import gettext_lazy as _

from consent.moving import bringing, history, sight, tasks
from ecrm.audit import words as audit_words
from ecrm.audit.words import Subject
from ecrm.files import guards
from ecrm.jobs import words as job_words

# The web process asks for this work by name, so the names must be known there too.
__all__ = ["tasks"]

history.register()
bringing.register()
guards.register(sight.may_download)
audit_words.register(
    {
        "move.begun": _("Move from another system begun"),
        "move.started": _("Move from another system brought in"),
        "move.discarded": _("Move from another system discarded"),
        "former_trace.settled": _("Trace of a former system settled"),
        "former_trace.reopened": _("Trace of a former system reopened"),
    },
    {"consent.move": Subject(_("Move"), "move"), "consent.formertrace": Subject(_("Trace of a former system"))},
)
job_words.register(
    {
        "moving.read": _("Read an export of another system"),
        "moving.prepare": _("Put an export together"),
        "moving.bring": _("Move in from another system"),
    }
)
