"""Recording answers: the only way into the ledger. The state follows by trigger, the history by event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from consent import ledger, rules
from consent.models import Action, Basis, ConsentRecord, ConsentState, Notice, Purpose, Source
from contacts import merged
from contacts.models import Contact
from ecrm.audit import services as audit
from ecrm.tenancy.models import User

# Elsewhere the page, form or request itself is where the answer came from.
NEEDS_ORIGIN = frozenset({Source.IMPORT.value, Source.STAFF.value})
CLOCK_SKEW = timedelta(minutes=5)
CHUNK = 5_000
# In the evidence: whose answer it was when somebody else stood for them.
MERGED_CONTACT = "merged_contact"
# In the evidence: the act on many people that noted the answer.
BULK_RUN = "bulk_run"


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer for ``record_many``.

    ``evidence`` holds what proves it: ``origin`` (where the person said so, in words), and as
    known ip, user_agent, url, wording_sha256, language, file, line, campaign (its id, which the
    history takes over).
    """

    contact_id: int
    purpose: Purpose
    action: str
    given_at: datetime | None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    notice_id: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that was not recorded, and why, in the user's words."""

    answer: Answer
    reason: str


def record(
    *,
    contact: Contact,
    purpose: Purpose,
    action: str,
    source: str,
    evidence: Mapping[str, Any],
    by: User | None = None,
    at: datetime | None = None,
    notice: Notice | None = None,
) -> ConsentRecord:
    """Appends one answer. ``at`` is when the person gave it (default: now).

    Answers may come in any order: the latest by ``at`` decides, and at the same instant a
    refusal. Raises ``ValidationError`` for a grant without an origin (import, staff), an answer
    from the future, and an import that would turn a refusal into consent.
    """
    answer = Answer(contact.pk, purpose, action, at or timezone.now(), evidence, notice.pk if notice else None)
    records, refused = _append([answer], by=by, source=source)
    if refused:
        raise ValidationError(refused[0].reason)
    return records[0]


def grant(
    *,
    contact: Contact,
    purpose: Purpose,
    source: str,
    evidence: Mapping[str, Any],
    by: User | None = None,
    at: datetime | None = None,
    notice: Notice | None = None,
) -> ConsentRecord:
    """Records a yes, once: a yes to the same wording that stands already is returned as it is."""
    standing = _standing(contact, purpose, at)
    if standing and standing.action == Action.GRANTED and (notice is None or standing.notice_id == notice.pk):
        return standing
    return record(
        contact=contact,
        purpose=purpose,
        action=Action.GRANTED,
        source=source,
        evidence=evidence,
        by=by,
        at=at,
        notice=notice,
    )


def withdraw(
    *,
    contact: Contact,
    purpose: Purpose,
    source: str,
    evidence: Mapping[str, Any],
    by: User | None = None,
    at: datetime | None = None,
    notice: Notice | None = None,
) -> ConsentRecord:
    """Records a no, once: a no that stands already is returned as it is.

    Against a legitimate interest it is an objection (GDPR Art. 21), else a withdrawal (Art. 7(3)).
    """
    standing = _standing(contact, purpose, at)
    if standing and standing.action in rules.OBJECTIONS:
        return standing
    return record(
        contact=contact,
        purpose=purpose,
        action=refusal(purpose),
        source=source,
        evidence=evidence,
        by=by,
        at=at,
        notice=notice,
    )


def refusal(purpose: Purpose) -> Action:
    """What a no to this purpose is called."""
    return Action.OBJECTED if purpose.basis == Basis.INTEREST else Action.WITHDRAWN


def record_many(answers: Sequence[Answer], *, by: User | None, source: str) -> list[Refused]:
    """Appends many answers set-based and returns those refused, each with its reason.

    A grant needs a date and (import, staff) an origin. Opt-outs always win: an import turns no
    withdrawal or objection into a grant, whatever its date, nor a grant beside a no in the same batch.
    Per chunk of 5,000: one read of the states, one insert, and the history's few statements.
    """
    refused: list[Refused] = []
    for start in range(0, len(answers), CHUNK):
        refused += _append(answers[start : start + CHUNK], by=by, source=source)[1]
    return refused


def foresee(answers: Sequence[Answer], *, source: str) -> list[Refused]:
    """What ``record_many`` would refuse, without writing anything (a dry run)."""
    return _judge(answers, source)[1]


@transaction.atomic
def _append(answers: Sequence[Answer], *, by: User | None, source: str) -> tuple[list[ConsentRecord], list[Refused]]:
    accepted, refused = _judge(_of_survivors(answers), source)
    records = [_row(answer, by, Source(source)) for answer in accepted]
    ledger.append(records, by)
    if by is not None and records:
        subject = records[0] if len(records) == 1 else None
        audit.record("consent.recorded", by=by, subject=subject, count=len(records))
    return records, refused


def _of_survivors(answers: Sequence[Answer]) -> Sequence[Answer]:
    """An old mail's link names somebody merged since: the answer is that of whoever stands for them."""
    stands_for = merged.survivors({answer.contact_id for answer in answers})
    if not stands_for:
        return answers
    return [
        replace(
            answer,
            contact_id=stands_for[answer.contact_id],
            evidence={**answer.evidence, MERGED_CONTACT: answer.contact_id},
        )
        if answer.contact_id in stands_for
        else answer
        for answer in answers
    ]


Standing = Mapping[tuple[int, int], ConsentState]


def _judge(answers: Sequence[Answer], source: str) -> tuple[list[Answer], list[Refused]]:
    """What to write, and what is refused. An import's answers that stand already are neither."""
    standing = _standing_of(answers) if source == Source.IMPORT else {}
    beside = {_pair(answer) for answer in answers if answer.action in rules.OBJECTIONS and source == Source.IMPORT}
    judged = [(answer, _objection(answer, source, standing, beside)) for answer in answers]
    accepted = [answer for answer, reason in judged if not reason and not _stands(answer, standing)]
    return accepted, [Refused(answer, reason) for answer, reason in judged if reason]


def _objection(answer: Answer, source: str, standing: Standing, beside: set[tuple[int, int]]) -> str:
    """Why an answer cannot be recorded, empty when it can."""
    if answer.given_at is not None and answer.given_at > timezone.now() + CLOCK_SKEW:
        return _("The date of this answer lies in the future.")
    if answer.action != Action.GRANTED:
        return ""
    is_unknown = source in NEEDS_ORIGIN and not str(answer.evidence.get("origin", "")).strip()
    if answer.given_at is None and is_unknown:
        return _("Consent needs the date it was given on, and an origin: where and how the person agreed.")
    if answer.given_at is None:
        return _("Consent needs the date it was given on.")
    if is_unknown:
        return _("Consent needs an origin: where and how the person agreed.")
    state = standing.get(_pair(answer))
    if state is not None and state.state in rules.OBJECTIONS:
        day = date_format(timezone.localtime(state.since), "DATE_FORMAT")
        return _("This person said no on %(day)s. An import never turns that into consent.") % {"day": day}
    if _pair(answer) in beside:
        return _("The same file holds an opt-out of this person, which wins.")
    return ""


def _stands(answer: Answer, standing: Standing) -> bool:
    """Whether the same answer is in force already, so that importing a file twice adds nothing."""
    state = standing.get(_pair(answer))
    if state is None:
        return False
    if answer.action == Action.GRANTED:
        return state.state == Action.GRANTED and answer.given_at is not None and answer.given_at <= state.since
    return state.state in rules.OBJECTIONS


def _standing_of(answers: Sequence[Answer]) -> Standing:
    states = ConsentState.objects.filter(
        contact_id__in={answer.contact_id for answer in answers},
        purpose_id__in={answer.purpose.pk for answer in answers},
    )
    return {(state.contact_id, state.purpose_id): state for state in states}


def _pair(answer: Answer) -> tuple[int, int]:
    return answer.contact_id, answer.purpose.pk


def _row(answer: Answer, by: User | None, source: Source) -> ConsentRecord:
    return ConsentRecord(
        contact_id=answer.contact_id,
        purpose=answer.purpose,
        channel=answer.purpose.channel,
        action=Action(answer.action).value,
        source=source.value,
        notice_id=answer.notice_id,
        evidence=dict(answer.evidence),
        recorded_by_id=by.pk if by else None,
        given_at=answer.given_at or timezone.now(),
    )


def _standing(contact: Contact, purpose: Purpose, at: datetime | None) -> ConsentRecord | None:
    """The answer in force at the moment of a new one, unless the new one lies before it."""
    contact_id = merged.survivor_id(contact.pk)
    state = rules.states(purpose).filter(contact=contact_id).select_related("record").first()
    if state is None or (at is not None and at < state.since):
        return None
    standing: ConsentRecord = state.record
    return standing
