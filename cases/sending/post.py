"""Handing one answer over, and what a case hears of it."""

from __future__ import annotations

from django.utils import timezone

from cases import notices
from cases.models import Handover
from cases.sending import letters
from cases.services.answering import SEND, tell_answered
from ecrm.mail.posting import post
from ecrm.mail.posting.desk import Desk


def send(message_id: int) -> None:
    """Sends an answer that is due, once. Harmless when it runs again or with nothing to do."""
    post.send(DESK, message_id)


def _taken_up(handover: Handover) -> None:
    if not handover.message.is_automatic:
        tell_answered(handover.message, has_taken=handover.has_taken)


def _failed(handover: Handover) -> None:
    notices.failed(handover.message.case, handover.message, timezone.now())


DESK = Desk(
    task=SEND,
    argument="message_id",
    model=Handover,
    subject="message",
    related=("message__case__contact", "message__author"),
    compose=letters.compose,
    taken_up=_taken_up,
    failed=_failed,
)
