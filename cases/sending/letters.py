"""An answer as a mail: who writes to whom, and which conversation it belongs to."""

from __future__ import annotations

from cases.inbound.threading import reply_token
from cases.models import CaseFile, CaseMessage, CaseSettings, Handover
from ecrm.mail.inbound.addresses import reply_address
from ecrm.mail.models import SendingIdentity
from ecrm.mail.posting import documents
from ecrm.mail.posting.desk import Finished
from ecrm.mail.posting.documents import Draft


def compose(handover: Handover) -> Finished | None:
    """The same every time, Message-ID included. None when nobody can write it or nobody can get it."""
    message, ours = handover.message, CaseSettings.of_tenant()
    identity = sender(ours)
    if identity is None:
        return None
    attached = CaseFile.objects.filter(message=message).select_related("file").order_by("pk")
    return documents.finish(
        Draft(
            identity=identity,
            author=message.author,
            recipient=handover.recipient,
            recipient_name=str(message.case.contact or ""),
            back=reply_address(reply_token(message.case)),
            subject=_subject(message),
            text=message.text,
            signature=ours.signature,
            at=message.at,
            message_id=_fixed_id(message, identity),
            heard=_answered(message),
            files=[each.file for each in attached],
            is_automatic=message.is_automatic,
        )
    )


def sender(ours: CaseSettings) -> SendingIdentity | None:
    """Whom the workspace answers as: the chosen one, else its first, else the address that was written to."""
    return documents.sender(ours.identity)


def _fixed_id(message: CaseMessage, identity: SendingIdentity) -> str:
    """Kept with the first attempt: a sender changed in between must not change the id."""
    if not message.message_id:
        message.message_id = documents.fixed_id("case", message.pk, identity.domain)
        message.save(update_fields=["message_id"])
    return message.message_id


def _subject(message: CaseMessage) -> str:
    subject = message.case.subject or str(message.case.number)
    if message.is_automatic:
        return f"Auto: {subject}"  # RFC 3834, 3.1.5
    return documents.answering(subject)


def _answered(message: CaseMessage) -> list[str]:
    """Message-IDs of the conversation so far."""
    before = CaseMessage.objects.filter(case=message.case_id, pk__lt=message.pk).exclude(message_id="")
    newest = before.order_by("-pk").values_list("message_id", flat=True)[: documents.MOST_REFERENCES]
    return documents.safe_ids(newest)
