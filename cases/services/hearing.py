"""What the customer says: the first message of a case, and each that joins it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from cases import history, notices, search
from cases.models import Case, CaseFile, CaseMessage, CaseSettings, Direction, State
from contacts.models import Contact
from ecrm.files.models import File
from ecrm.mail.models import InboundMail


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from outside. ``files`` are stored already, each with the content id its HTML uses.

    Message-IDs come without angle brackets. ``is_forged``: its sender's own domain disowns it. See
    ``CaseMessage`` for the rest.
    """

    text: str
    at: datetime
    contact: Contact | None = None
    sender_name: str = ""
    sender_address: str = ""
    html: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    is_automatic: bool = False
    is_forged: bool = False
    doubt: str = ""
    mail: InboundMail | None = None
    files: Sequence[tuple[File, str]] = field(default_factory=tuple)


def hear(case: Case, message: Incoming) -> CaseMessage:
    """Writes the message down; what it means for the case is ``add_reply``'s business."""
    [heard] = hear_all([(case, message)])
    return heard


def hear_all(said: Sequence[tuple[Case, Incoming]]) -> list[CaseMessage]:
    """``hear`` for many, with two statements at most."""
    heard = CaseMessage.objects.bulk_create([_message(case, message) for case, message in said])
    files = [
        CaseFile(message=one, file=file, content_id=content_id[:200])
        for one, (_case, message) in zip(heard, said, strict=True)
        for file, content_id in message.files
    ]
    if files:
        CaseFile.objects.bulk_create(files)
    return heard


def _message(case: Case, message: Incoming) -> CaseMessage:
    return CaseMessage(
        case=case,
        direction=Direction.IN,
        contact=message.contact,
        sender_name=message.sender_name[:200],
        sender_address=message.sender_address[:254],
        text=message.text,
        html=message.html,
        is_automatic=message.is_automatic,
        doubt=message.doubt,
        message_id=message.message_id,
        in_reply_to=message.in_reply_to,
        mail=message.mail,
        at=message.at,
    )


@transaction.atomic
def add_reply(*, case: Case, message: Incoming) -> CaseMessage:
    """Joins a customer's message to a case that still takes answers (``takes_answers``).

    It becomes our turn, and a solved case is taken up again. An automatic mail changes nothing.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("contact").get(pk=case.pk)
    heard = hear(case, message)
    _move_clock(case, message)
    search.refresh(case.pk)
    if not message.is_automatic:
        _take_up(case, message)
        notices.replied(case, heard)
    return heard


def takes_answers(case: Case, at: datetime) -> bool:
    """Whether a message of this instant joins the case: open, or solved not long ago."""
    if case.state == State.CLOSED:
        return False
    allowed = timedelta(days=CaseSettings.of_tenant().reopen_days)
    return case.solved_at is None or at - case.solved_at <= allowed


def _take_up(case: Case, message: Incoming) -> None:
    """It is our turn now. A case nobody has answered yet stays New or Open."""
    is_reopened = case.is_ended
    if is_reopened or case.state not in (State.NEW, State.OPEN) or case.first_reply_at is not None:
        case.state = State.ON_US
    if is_reopened or case.waiting_since is None:
        case.waiting_since = message.at
    case.solved_at = case.snoozed_until = None
    case.save(update_fields=["state", "waiting_since", "solved_at", "snoozed_until"])
    history.tell(history.REPLIED, case, by=None, at=message.at)
    if is_reopened:
        history.tell(history.REOPENED, case, by=None, at=message.at)


def _move_clock(case: Case, message: Incoming) -> None:
    case.last_message_at = max(case.last_message_at, message.at)
    case.save(update_fields=["last_message_at"])
