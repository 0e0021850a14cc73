"""What we say: answers, which travel by mail, and private notes, which never leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import history, notices, policies, search
from cases.models import (
    Case,
    CaseDraft,
    CaseFile,
    CaseMessage,
    CaseReader,
    Direction,
    Handover,
    HandoverState,
    State,
)
from cases.services.states import solve_case
from contacts.models import EmailAddress
from ecrm.files.models import File
from ecrm.jobs.outbox import enqueue
from ecrm.mail.addresses import normalise
from ecrm.mail.posting.desk import UNDO
from ecrm.mail.posting.handovers import wait_again
from ecrm.tenancy import mentions
from ecrm.tenancy.models import User

SEND = "cases.send"
MOST_WRITERS = 200
AFTERWARDS = (State.ON_CUSTOMER, State.OPEN, State.SOLVED)


class StaleConversation(Exception):
    """Somebody has said something since the writer looked. ``newer`` are those messages."""

    def __init__(self, newer: Sequence[CaseMessage]) -> None:
        super().__init__(len(newer))
        self.newer = newer


@transaction.atomic
def answer_case(
    *,
    case: Case,
    text: str,
    by: User,
    to: str = "",
    then: State = State.ON_CUSTOMER,
    files: Sequence[File] = (),
    seen_message_id: int | None = None,
    at: datetime | None = None,
) -> CaseMessage:
    """Writes an answer and sends it by mail after ``UNDO``, if the case has an address to send to.

    A case that was nobody's is its writer's from now on.
    ``to`` is one of ``recipients_of``, the first unless given. ``then`` is the state afterwards:
    Waiting on customer, Open or Solved. With ``at`` it is history: it was said then, and nothing is
    sent. Raises ``ValidationError`` for an empty text, a stranger's address or a closed case, and
    ``StaleConversation`` when ``seen_message_id`` is not the newest message by others.
    """
    case = _locked(case, text, files)
    _refuse_stale(case, seen_message_id, by)
    recipient = "" if at else _chosen(case, to)
    former = case.state, case.waiting_since, case.first_reply_at
    has_taken = case.assignee_id is None and policies.may_assign_to(by)
    said = _say(case, Direction.OUT, text, by, at, files)
    if has_taken:
        case.assignee = by
    case.waiting_since = None
    case.first_reply_at = case.first_reply_at or said.at
    case.state = then if then in AFTERWARDS and then != State.SOLVED else State.ON_CUSTOMER
    case.solved_at = case.snoozed_until = None
    changed = ["waiting_since", "first_reply_at", "state", "solved_at", "snoozed_until", "assignee"]
    case.save(update_fields=changed)
    history.note(history.ANSWERED, case, by=by, at=said.at, fields=("assignee",) if has_taken else ())
    if recipient:
        _plan_sending(said, recipient, former, has_taken)
    else:
        tell_answered(said, has_taken=has_taken)
    if then == State.SOLVED:
        solve_case(case=case, by=by, at=said.at)
    return said


@transaction.atomic
def write_note(
    *, case: Case, text: str, by: User, files: Sequence[File] = (), at: datetime | None = None
) -> CaseMessage:
    """A private note; members named with @ are told. Raises ``ValidationError`` for an empty text."""
    case = _locked(case, text, files)
    said = _say(case, Direction.NOTE, text, by, at, files)
    history.note("case.noted", case, by=by, at=said.at)
    notices.mentioned(case, mentions.of(text), by=by, at=said.at)
    return said


@transaction.atomic
def take_back_answer(*, message: CaseMessage, by: User) -> bool:
    """Within the first seconds: the answer becomes the writer's draft again. False when it is too late."""
    waiting = Handover.objects.select_for_update(of=("self",)).filter(
        message=message, message__author=by, state=HandoverState.WAITING, attempts=0
    )
    handover = waiting.select_related("message__case__contact").first()
    if handover is None:
        return False
    case = handover.message.case
    keep_draft(case=case, text=message.text, is_note=False, by=by)
    if case.is_ended:
        history.tell(history.REOPENED, case, by=by, at=timezone.now())
    case.state, case.waiting_since = handover.former_state, handover.former_waiting_since
    case.first_reply_at, case.solved_at = handover.former_first_reply_at, None
    if handover.has_taken and case.assignee_id == by.pk:
        case.assignee = None
    handover.message.delete()
    newest = case.messages.order_by("-at", "-pk").first()
    case.last_message_at = newest.at if newest else case.opened_at
    changed = ["state", "waiting_since", "first_reply_at", "solved_at", "last_message_at", "assignee"]
    case.save(update_fields=changed)
    history.note("case.answer_taken_back", case, by=by)
    return True


@transaction.atomic
def send_again(*, message: CaseMessage, by: User) -> bool:
    """A person's decision about an answer that failed, or whose fate nobody knows. Keeps its Message-ID."""
    again = wait_again(Handover.objects.filter(message=message))
    if again:
        enqueue(SEND, message_id=message.pk)
        history.note("case.answer_sent_again", message.case, by=by)
    return again


def tell_answered(message: CaseMessage, *, has_taken: bool) -> None:
    """Into the history once it can no longer be taken back. Told twice, it is recorded once.

    ``has_taken``: with this answer the case became its writer's.
    """
    case, by, at = message.case, message.author, message.at
    if has_taken:
        history.tell(history.ASSIGNED, case, by=by, at=at, key=f"take:{message.pk}", assignee=str(by))
    history.tell(history.ANSWERED, case, by=by, at=at, key=f"answer:{message.pk}")


@transaction.atomic
def keep_draft(*, case: Case, text: str, is_note: bool, by: User) -> None:
    """What a member has begun to write; an empty text forgets it."""
    if not text.strip():
        CaseDraft.objects.filter(case=case, user=by).delete()
        return
    CaseDraft.objects.update_or_create(
        case=case, user=by, defaults={"text": text[:100_000], "is_note": is_note, "updated_at": timezone.now()}
    )


def mark_read(*, case: Case, by: User) -> None:
    """This member has seen everything said so far. Writes only when there was something new."""
    if CaseReader.objects.filter(case=case, user=by, read_at__gte=case.last_message_at).exists():
        return
    read = CaseReader(case=case, user=by, read_at=max(case.last_message_at, timezone.now()))
    CaseReader.objects.bulk_create(
        [read], update_conflicts=True, unique_fields=["tenant", "case", "user"], update_fields=["read_at"]
    )


def recipients_of(case: Case) -> list[str]:
    """Where an answer may go, the usual place first: the customer as they last wrote, then their main
    address, then others who took part. Empty when there is nowhere. Two queries.
    """
    known = EmailAddress.objects.filter(contact=case.contact_id, binned_at=None).order_by("-is_primary", "pk")
    main = known.values_list("address", flat=True).first() if case.contact_id else None
    return in_order(case, list(writers(case.pk).values_list("contact_id", "sender_address")), main)


def writers(case_id: int | OuterRef) -> QuerySet[CaseMessage]:
    """The messages of those who wrote to us in this case, newest first."""
    heard = CaseMessage.objects.filter(case=case_id, direction=Direction.IN, is_automatic=False)
    return heard.exclude(sender_address="").order_by("-at", "-pk")[:MOST_WRITERS]


def in_order(case: Case, heard: Sequence[tuple[int | None, str]], main: str | None) -> list[str]:
    """``recipients_of`` from what was read: who wrote from where, newest first, and the main address."""
    theirs = [address for contact_id, address in heard if contact_id == case.contact_id]
    guests = [address for contact_id, address in heard if contact_id != case.contact_id]
    by_norm: dict[str, str] = {}
    for address in (*theirs[:1], *filter(None, [main]), *guests):
        by_norm.setdefault(normalise(address), address)
    return list(by_norm.values())


def _chosen(case: Case, to: str) -> str:
    """``to`` when it is one of those who take part; nobody else is written to."""
    offered = {normalise(address): address for address in recipients_of(case)}
    if to and normalise(to) not in offered:
        raise ValidationError({"text": _("%(address)s takes no part in this case.") % {"address": to}})
    return offered[normalise(to)] if to else next(iter(offered.values()), "")


def _locked(case: Case, text: str, files: Sequence[File]) -> Case:
    found = Case.objects.select_for_update(of=("self",)).select_related("contact").get(pk=case.pk)
    if not text.strip() and not files:
        raise ValidationError({"text": _("Write something first.")})
    if found.state == State.CLOSED:
        raise ValidationError({"text": _("This case is closed. Open a new one.")})
    return found


def _refuse_stale(case: Case, seen_message_id: int | None, by: User) -> None:
    if seen_message_id is None:
        return
    newer = case.messages.filter(pk__gt=seen_message_id, is_automatic=False).exclude(author=by)
    found = list(newer.select_related("author").order_by("pk"))
    if found:
        raise StaleConversation(found)


def _say(
    case: Case, direction: Direction, text: str, by: User, at: datetime | None, files: Sequence[File]
) -> CaseMessage:
    said = CaseMessage.objects.create(
        case=case, direction=direction, author=by, text=text.strip(), at=at or timezone.now()
    )
    CaseFile.objects.bulk_create([CaseFile(message=said, file=file) for file in files])
    CaseDraft.objects.filter(case=case, user=by).delete()
    case.last_message_at = max(case.last_message_at, said.at)
    case.save(update_fields=["last_message_at"])
    mark_read(case=case, by=by)
    search.refresh(case.pk)
    return said


def _plan_sending(
    said: CaseMessage, recipient: str, former: tuple[str, datetime | None, datetime | None], has_taken: bool
) -> None:
    due_at = timezone.now() + UNDO
    Handover.objects.create(
        message=said,
        recipient=recipient,
        due_at=due_at,
        former_state=former[0],
        former_waiting_since=former[1],
        former_first_reply_at=former[2],
        has_taken=has_taken,
    )
    enqueue(SEND, due_at=due_at, message_id=said.pk)
