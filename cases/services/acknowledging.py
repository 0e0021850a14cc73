"""The mail that says at once that a mail has arrived.

Sent by nobody, it must never meet another of its kind in a loop: only a mail that opens a case is
confirmed, never one a machine wrote, and each sender at most once an hour (RFC 3834, 2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases.models import Acknowledgement, Case, CaseMessage, CaseSettings, Direction, Handover
from cases.services.answering import SEND
from cases.services.hearing import Incoming
from ecrm.jobs.outbox import enqueue_each
from ecrm.mail.addresses import normalise
from ecrm.mail.models import InboundAddress, SendingIdentity
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

PAUSE = timedelta(hours=1)
NUMBER = "{number}"
_LATE = timedelta(days=1)  # mail that waited this long at our door is answered by a person only
_MACHINE = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|owner-.*|.*-(?:request|owner|bounces?))(?:[+=].*)?@"
)


def acknowledge(opened: Sequence[tuple[Case, Incoming]]) -> int:
    """Confirms the mails that opened these cases; returns how many. Inside the transaction that opened them.

    Nothing unless the workspace has switched it on. Six statements, whatever their number.
    """
    if not opened or not CaseSettings.of_tenant().is_acknowledging:
        return 0
    now = timezone.now()
    chosen = _chosen(opened, now)
    if chosen:
        _send(chosen, now)
    return len(chosen)


def texts(languages: Sequence[str]) -> dict[str, str]:
    """What is said in each of these languages: the workspace's own words, else ours."""
    own = dict(Acknowledgement.objects.filter(language__in=languages).values_list("language", "text"))
    return {language: own.get(language) or _usual(language) for language in languages}


@transaction.atomic
def say_otherwise(words: Mapping[str, str]) -> None:
    """The workspace's own words by language. Empty ones, and ours unchanged, are left to us."""
    own = {language: text.strip() for language, text in words.items()}
    own = {language: text for language, text in own.items() if text and text != _usual(language)}
    Acknowledgement.objects.filter(language__in=words.keys() - own.keys()).delete()
    for language, text in own.items():
        Acknowledgement.objects.update_or_create(language=language, defaults={"text": text})


def _usual(language: str) -> str:
    with translation.override(language):
        return _(
            "Thank you for writing to us. Your mail has arrived, and one of us will answer it.\n\n"
            "Your case has the number {number}. If you want to add something, just reply to this mail."
        )


def _chosen(opened: Sequence[tuple[Case, Incoming]], now: datetime) -> list[tuple[Case, Incoming]]:
    """The first mail of each person who has not been written to within the hour."""
    polite = [(case, message) for case, message in opened if _is_by_a_person(message, now)]
    skipped = _ours() | _written_to({case.contact_id for case, _message in polite}, now)
    found = []
    for case, message in polite:
        names = {case.contact_id, normalise(message.sender_address)}
        if not names & skipped:
            found.append((case, message))
            skipped |= names
    return found


def _is_by_a_person(message: Incoming, now: datetime) -> bool:
    address = normalise(message.sender_address)
    if message.is_automatic or message.is_forged or not address or now - message.at > _LATE:
        return False
    return not _MACHINE.match(address) and not address.endswith(f"@{settings.INBOUND_DOMAIN}")


def _ours() -> set[int | str | None]:
    """None is among them: whom we do not know we could not tell apart from anybody else."""
    senders = SendingIdentity.objects.values_list("email", flat=True)
    doors = InboundAddress.objects.values_list("address", flat=True)
    return {None, *(normalise(address) for address in senders.union(doors))}


def _written_to(contact_ids: set[int | None], now: datetime) -> set[int | str | None]:
    sent = CaseMessage.objects.filter(
        case__contact__in=contact_ids - {None},
        case__opened_at__gt=now - PAUSE - _LATE,
        direction=Direction.OUT,
        is_automatic=True,
        at__gt=now - PAUSE,
    )
    return set(sent.values_list("case__contact_id", flat=True))


def _send(chosen: Sequence[tuple[Case, Incoming]], now: datetime) -> None:
    languages = Tenant.objects.get(pk=require_tenant_id()).languages
    words = texts(languages)
    messages = CaseMessage.objects.bulk_create(
        [
            CaseMessage(
                case=case,
                direction=Direction.OUT,
                is_automatic=True,
                text=words[_language(case, languages)].replace(NUMBER, str(case.number)),
                at=now,
            )
            for case, _message in chosen
        ]
    )
    Handover.objects.bulk_create(
        [
            Handover(message=said, recipient=heard.sender_address, due_at=now, former_state=case.state)
            for said, (case, heard) in zip(messages, chosen, strict=True)
        ]
    )
    enqueue_each(SEND, [{"message_id": said.pk} for said in messages])


def _language(case: Case, languages: Sequence[str]) -> str:
    """The person's own, where the workspace speaks it."""
    theirs = case.contact.language if case.contact else ""
    return theirs if theirs in languages else languages[0]
