"""What the columns of cases hold."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.models import (
    Acknowledgement,
    Case,
    CaseDraft,
    CaseFile,
    CaseMerge,
    CaseMessage,
    CaseSettings,
    Handover,
)
from consent.personal_data import Erasure, of_nobody, of_person


def register() -> None:
    of_person(Case, {"subject": _("Subject of a case"), "search_text": None}, erasure=Erasure.BLANK)
    of_nobody(Case, "state", "channel")
    of_person(
        CaseMessage,
        {
            "text": _("Message"),
            "html": None,
            "sender_name": _("Name of the sender"),
            "sender_address": _("Address of the sender"),
            "message_id": None,
            "in_reply_to": None,
        },
        erasure=Erasure.BLANK,
        person="case__contact_id",
    )
    of_nobody(CaseMessage, "direction", "doubt")
    of_person(CaseFile, {"content_id": None}, erasure=Erasure.DELETE, person="message__case__contact_id")
    of_person(
        Handover,
        {"recipient": _("Address written to"), "reply_text": None},
        erasure=Erasure.BLANK,
        person="message__case__contact_id",
    )
    of_nobody(Handover, "state", "former_state")
    of_person(CaseDraft, {"text": None}, erasure=Erasure.DELETE, person="case__contact_id")
    of_nobody(CaseMerge, "former_state", "kept_state")
    of_nobody(CaseSettings, "signature", "told_of_new")
    of_nobody(Acknowledgement, "language", "text")
