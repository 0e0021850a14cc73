from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import history, notices, search
from cases.models import Case, CaseCounter, Channel, Priority, State
from cases.services.hearing import Incoming, hear, hear_all
from contacts.models import Contact
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Team, User

FIRST_NUMBER = 1001


@transaction.atomic
def open_case(
    *,
    contact: Contact | None,
    subject: str,
    channel: str = Channel.EMAIL,
    message: Incoming | None = None,
    by: User | None = None,
    at: datetime | None = None,
    priority: int = Priority.NORMAL,
    assignee: User | None = None,
    team: Team | None = None,
    follows: Case | None = None,
    campaign_id: int | None = None,
) -> Case:
    """A new case with its first message. ``by`` None: the customer opened it themselves.

    Raises ``ValidationError`` when there is neither a subject nor a message to take one from.
    """
    at = at or timezone.now()
    subject = _subject(subject, message)
    if not subject and message is None:
        raise ValidationError({"subject": _("Say in a few words what it is about.")})
    case = Case.objects.create(
        number=_take_numbers(1),
        subject=subject,
        contact=contact,
        state=State.OPEN if assignee else State.NEW,
        priority=priority,
        assignee=assignee,
        team=team,
        channel=channel,
        opened_at=at,
        opened_by=by,
        last_message_at=at,
        waiting_since=at,
        follows=follows,
        campaign_id=campaign_id,
    )
    history.tell(history.OPENED, case, by=by, at=at, channel=channel)
    history.note(history.OPENED, case, by=by, at=at)
    if message is not None:
        hear(case, message)
    search.refresh(case.pk)
    notices.opened(case, by=by, at=at)
    return case


@transaction.atomic
def open_for_mails(mails: Sequence[tuple[str, Incoming]]) -> list[Case]:
    """``open_case`` for many people who wrote (subject, message) at once, as few statements as for one."""
    last = _take_numbers(len(mails))
    cases = Case.objects.bulk_create(
        [
            Case(
                number=last - len(mails) + position,
                subject=_subject(subject, message),
                contact=message.contact,
                opened_at=message.at,
                last_message_at=message.at,
                waiting_since=message.at,
            )
            for position, (subject, message) in enumerate(mails, 1)
        ]
    )
    history.tell_each(history.OPENED, [(case, case.opened_at) for case in cases], channel=Channel.EMAIL)
    hear_all([(case, message) for case, (_subject, message) in zip(cases, mails, strict=True)])
    search.refresh(*[case.pk for case in cases])
    if cases:
        notices.unclaimed(cases, by=None, at=max(case.opened_at for case in cases))
    return cases


def _subject(subject: str, message: Incoming | None) -> str:
    return " ".join((subject or (message.text if message else "")).split())[:300]


def _take_numbers(count: int) -> int:
    """The last of so many new numbers. One statement that also queues: two openings at once wait for
    each other, never share a number."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {CaseCounter.table()} AS counter (tenant_id, last) VALUES (%s, %s)"
            " ON CONFLICT (tenant_id) DO UPDATE SET last = counter.last + %s RETURNING last",
            [require_tenant_id(), FIRST_NUMBER + count - 1, count],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
