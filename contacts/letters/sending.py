"""How a letter leaves: what it says through ``ecrm.mail.posting``."""

from __future__ import annotations

from django.db.models import Q
from django.utils import translation

from contacts import events
from contacts.letters import notices, refusals
from contacts.letters.threading import reply_token
from contacts.letters.writing import SEND
from contacts.models import Letter, LetterFile, LetterHandover
from ecrm.mail.addresses import normalise
from ecrm.mail.inbound.addresses import reply_address
from ecrm.mail.models import SendingIdentity
from ecrm.mail.posting import documents, post
from ecrm.mail.posting.desk import Desk, Finished
from ecrm.mail.posting.documents import Draft

SENT, SOURCE = "letter.sent", "letters"


def send(letter_id: int) -> None:
    """Sends a letter that is due, once. Harmless when it runs again or with nothing to do."""
    post.send(DESK, letter_id)


def compose(handover: LetterHandover) -> Finished | None:
    """The same every time, Message-ID included. None when nobody can write it or nobody can get it."""
    letter = handover.letter
    identity = documents.sender(letter.identity)
    if identity is None:
        return None
    attached = LetterFile.objects.filter(letter=letter).select_related("file").order_by("pk")
    return documents.finish(
        Draft(
            identity=identity,
            author=letter.author,
            recipient=handover.recipient,
            recipient_name=letter.contact.name,
            back=reply_address(reply_token(letter)),
            subject=letter.subject,
            text=letter.text,
            signature=letter.signature,
            at=letter.at,
            message_id=_fixed_id(letter, identity),
            heard=_answered(letter),
            files=[each.file for each in attached],
        )
    )


def _fixed_id(letter: Letter, identity: SendingIdentity) -> str:
    """Kept with the first attempt: a sender changed in between must not change the id."""
    if not letter.message_id:
        letter.message_id = documents.fixed_id("letter", letter.pk, identity.domain)
        letter.save(update_fields=["message_id"])
    return letter.message_id


def _answered(letter: Letter) -> list[str]:
    """Message-IDs of the conversation so far."""
    if letter.root_id is None:
        return []
    told = Letter.objects.filter(Q(pk=letter.root_id) | Q(root=letter.root_id), pk__lt=letter.pk)
    newest = told.exclude(message_id="").order_by("-pk").values_list("message_id", flat=True)
    return documents.safe_ids(newest[: documents.MOST_REFERENCES])


def _taken_up(handover: LetterHandover) -> None:
    """Into the history once it can no longer be taken back. Told twice, it is recorded once."""
    letter = handover.letter
    events.record(
        SENT,
        contact=letter.contact,
        at=letter.at,
        by=letter.author,
        source=SOURCE,
        source_id=letter.pk,
        key=f"sent:{letter.pk}",
        subject=letter,
        properties={"subject": letter.subject},
    )


def _failed(handover: LetterHandover) -> None:
    notices.failed(handover.letter)


def _refusal(handover: LetterHandover) -> str:
    """In the writer's language: they read it beside their letter."""
    author = handover.letter.author
    with translation.override(author.language if author and author.language else translation.get_language()):
        return refusals.why(normalise(handover.recipient))


DESK = Desk(
    task=SEND,
    argument="letter_id",
    model=LetterHandover,
    subject="letter",
    related=("letter__contact", "letter__author", "letter__identity"),
    compose=compose,
    taken_up=_taken_up,
    failed=_failed,
    refusal=_refusal,
)
