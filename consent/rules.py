"""May we? One definition, asked of one person (``may``) or of many (the set-based twins).

The definition is ``allowing_states``: the answers under which a purpose may be used. The
database holds the last line on its own (trigger ``delivery_needs_consent``).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from consent.models import Action, Basis, Channel, ConsentRecord, ConsentState, Purpose, Suppression
from contacts.criteria import Having
from contacts.models import Contact

ANSWERS = frozenset(Action.values)
OBJECTIONS = frozenset({Action.WITHDRAWN.value, Action.OBJECTED.value})


class Reason(models.TextChoices):
    """Why a purpose may or may not be used for a person."""

    GRANTED = "granted", _("Granted")
    CONTRACT = "contract", _("Contract")
    INTEREST = "interest", _("Legitimate interest")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    OBJECTED = "objected", _("Objected")
    EXPIRED = "expired", _("Expired")
    NEVER_ASKED = "never_asked", _("Never asked")
    ARCHIVED = "archived", _("Purpose is no longer used")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``record`` is the ledger row that decided, None where nobody ever answered."""

    allowed: bool
    reason: Reason
    record: ConsentRecord | None


@dataclass(frozen=True, slots=True)
class SqlRule:
    """For hand-written statements: ``join`` (with ``params``, in order) then ``condition`` (none).

    After the join, ``consent_state.record_id`` is the ledger row that allows it (NULL where none is needed).
    """

    join: str
    condition: str
    params: tuple[int | str, ...]


def allowing_states(purpose: Purpose) -> frozenset[str | None]:
    """The definition. None stands for a person who never answered.

    Marketing and everything based on consent need a grant (GDPR Art. 6(1)(a)). A contract needs
    no answer. A legitimate interest holds until the person objects (Art. 21).
    """
    if purpose.archived_at is not None:
        return frozenset()
    if purpose.is_marketing or purpose.basis == Basis.CONSENT:
        return frozenset({Action.GRANTED.value})
    if purpose.basis == Basis.CONTRACT:
        return ANSWERS | {None}
    return (ANSWERS - OBJECTIONS) | {None}


def may(contact: Contact, purpose: Purpose) -> Verdict:
    """Whether ``purpose`` may be used for this person now. One query. Suppression is the address's affair."""
    state = states(purpose).filter(contact=contact).select_related("record").first()
    answer = state.state if state else None
    return Verdict(answer in allowing_states(purpose), reason_of(purpose, answer), state.record if state else None)


def reason_of(purpose: Purpose, answer: str | None) -> Reason:
    """The reason behind an answer (None: never asked), for the same words everywhere."""
    if purpose.archived_at is not None:
        return Reason.ARCHIVED
    if purpose.basis == Basis.CONTRACT:
        return Reason.CONTRACT
    if answer is not None:
        return Reason(answer)
    return Reason.INTEREST if purpose.basis == Basis.INTEREST else Reason.NEVER_ASKED


def granted(purpose: Purpose, *, contact: str = "pk") -> Q:
    """The rule for a queryset of contacts: ``Contact.objects.filter(granted(purpose))``.

    ``contact`` names the column that holds the contact's id, for other querysets.
    """
    allowing = allowing_states(purpose)
    answers = states(purpose)
    if None in allowing:
        return ~Q(Having(answers.filter(state__in=sorted(ANSWERS - allowing)), person=contact))
    return Q(Having(answers.filter(state__in=sorted(filter(None, allowing))), person=contact))


def sql(purpose: Purpose, *, one_by_one: bool = False) -> SqlRule:
    """The rule for hand-written SQL about contacts with the alias ``c``.

    ``one_by_one`` looks each person's answer up by itself: for the few thousand people of a chunk or a range.
    A small workspace in a large table has fewer answers in the planner's eyes than it has, and comparing
    every person with every answer then takes a hundred times as long.
    """
    answers = (
        f"SELECT state, record_id FROM {ConsentState.table()} answer WHERE answer.tenant_id = c.tenant_id"
        " AND answer.contact_id = c.id AND answer.purpose_id = %s AND answer.channel = %s"
    )
    # Without LIMIT the planner sees through the subquery, and may hash all the answers of the purpose.
    join = f"LEFT JOIN LATERAL ({answers}{' LIMIT 1' if one_by_one else ''}) consent_state ON true"
    return SqlRule(join, _condition(allowing_states(purpose), "consent_state.state"), (purpose.pk, purpose.channel))


def states(purpose: Purpose) -> models.QuerySet[ConsentState]:
    """Today's answers to one purpose."""
    return ConsentState.objects.filter(purpose=purpose, channel=purpose.channel)


def suppressed(channel: str = Channel.EMAIL, *, address_hash: str = "address_hash") -> Exists:
    """For a queryset of e-mail addresses: nobody may write to this one, whatever its person said."""
    live = Suppression.objects.filter(lifted_at=None, channel=channel, address_hash=OuterRef(address_hash))
    return Exists(live)


def suppressed_sql(*, address: str = "e", channel: Channel = Channel.EMAIL) -> str:
    """The same as an SQL condition on rows with the alias ``address``. No parameters."""
    return (
        f"EXISTS (SELECT FROM {Suppression.table()} blocked WHERE blocked.tenant_id = {address}.tenant_id"
        f" AND blocked.channel = '{channel.value}' AND blocked.address_hash = {address}.address_hash"
        " AND blocked.lifted_at IS NULL)"
    )


def _condition(allowing: frozenset[str | None], column: str) -> str:
    if allowing == ANSWERS | {None}:
        return "TRUE"
    if None in allowing:
        return f"({column} IS NULL OR {column} NOT IN ({_quoted(ANSWERS - allowing)}))"
    if not allowing:
        return "FALSE"
    return f"{column} IN ({_quoted(allowing)})"


def _quoted(answers: frozenset[str | None]) -> str:
    return ", ".join(f"'{answer}'" for answer in sorted(filter(None, answers)))
