"""Many new questions at once: ``receiver.receive`` with statements that all of them share."""

from __future__ import annotations

from collections.abc import Sequence

from cases.inbound import receiver
from cases.models import CaseMessage, Doubt
from cases.services import acknowledge, open_for_mails
from contacts import services as contacts
from ecrm.mail.inbound.receivers import Arrival


def receive(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Opens a case for each. What may be known already is left to ``receiver.receive``, which looks closely."""
    ordinary = _ordinary(arrivals)
    names: dict[str, str] = {}
    for each in ordinary:
        names.setdefault(each.letter.sender.address, each.letter.sender.name[:200])
    people = contacts.find_or_create_by_email(names, source=receiver.SOURCE)
    for each in ordinary:
        each.contact = people.get(each.letter.sender.address)
    opening = [each for each in ordinary if each.contact is not None]
    if opening:
        _open(opening)
    for each in arrivals:
        each.is_for_later = each not in opening
    return opening


def _open(arrivals: Sequence[Arrival]) -> None:
    mails = [(each.letter.subject, receiver.incoming(each, Doubt.NONE)) for each in arrivals]
    cases = open_for_mails(mails)
    for arrival, case in zip(arrivals, cases, strict=True):
        arrival.verdict = f"opened case {case.number}"
    acknowledge([(case, message) for case, (_subject, message) in zip(cases, mails, strict=True)])


def _ordinary(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """New, by somebody with an address, and to nobody else of us."""
    message_ids = [each.letter.message_id[:300] for each in arrivals]
    known_mails = set(
        CaseMessage.objects.filter(mail__in=[each.mail for each in arrivals]).values_list("mail_id", flat=True)
    )
    known_ids = set(
        CaseMessage.objects.filter(message_id__in=set(message_ids) - {""}).values_list("message_id", flat=True)
    )
    return [
        each
        for position, (each, message_id) in enumerate(zip(arrivals, message_ids, strict=True))
        if each.letter.sender
        and each.contact is None
        and each.campaign_id is None
        and each.mail.pk not in known_mails
        and not (message_id and (message_id in known_ids or message_id in message_ids[:position]))
    ]
