"""Where a mail belongs: by the reply address it was sent to, else by the messages it answers.

Never by its subject, which anybody can guess. A reply address proves that its sender was given it;
a Message-ID proves less, so there the sender must be known to the case as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404

from cases.models import Case, CaseMessage, Direction, Doubt
from cases.services import takes_answers, whole_of
from contacts.models import EmailAddress
from ecrm.mail.addresses import normalise
from ecrm.mail.inbound.letter import Letter
from ecrm.tenancy import tokens
from ecrm.tenancy.context import require_tenant_id

TOKEN_KIND = "case"
MOST_REFERENCES = 50


@dataclass(frozen=True, slots=True)
class Place:
    """``case`` to join, or None for a new one; ``follows`` is the closed case the new one takes up;
    ``doubt`` why it was not believed that it belongs somewhere."""

    case: Case | None = None
    follows: Case | None = None
    doubt: str = Doubt.NONE


def place_of(letter: Letter, *, at: datetime, is_answer_to_campaign: bool = False) -> Place:
    """At most four queries. ``is_answer_to_campaign``: somebody else knows what it answers."""
    named = _by_token(letter.token) if letter.token else None
    if named is not None:
        return _join(named, at)
    doubt: str = Doubt.FORGED_TOKEN if letter.token else Doubt.NONE
    answered = _by_reference(letter)
    if answered is not None and _is_of(answered, letter):
        return _join(answered, at)
    if answered is not None:
        return Place(doubt=Doubt.OTHER_SENDER)
    if letter.answered_ids and not is_answer_to_campaign:
        doubt = doubt or Doubt.UNKNOWN_REFERENCE
    return Place(doubt=doubt)


def reply_token(case: Case) -> str:
    """What stands in the reply address of a case; ``_by_token`` reads it."""
    return tokens.make(TOKEN_KIND, case.pk, tenant_id=case.tenant_id)


def _join(case: Case, at: datetime) -> Place:
    case = whole_of(case)
    return Place(case=case) if takes_answers(case, at) else Place(follows=case)


def _by_token(token: str) -> Case | None:
    """None for a token that is altered, of another kind, or of another tenant."""
    try:
        named = tokens.read(TOKEN_KIND, token)
    except Http404:
        return None
    if named.tenant.pk != require_tenant_id():
        return None
    return Case.objects.filter(pk=named.object_id).select_related("contact").first()


def _by_reference(letter: Letter) -> Case | None:
    """The case of the newest message of ours that the mail says it answers."""
    ids = letter.answered_ids[:MOST_REFERENCES]
    if not ids:
        return None
    found = CaseMessage.objects.filter(message_id__in=ids).select_related("case__contact").order_by("-pk").first()
    return found.case if found else None


def _is_of(case: Case, letter: Letter) -> bool:
    """Whether this sender takes part in the case already; one that failed DMARC is nobody."""
    sender = letter.sender.norm
    if not sender or letter.authentication.get("dmarc") == "fail":
        return False
    if EmailAddress.objects.filter(contact=case.contact_id, address_norm=sender).exists():
        return True
    heard = CaseMessage.objects.filter(case=case, direction=Direction.IN)
    return sender in {normalise(address) for address in heard.values_list("sender_address", flat=True)}
