"""Takes a mail in: finds or makes its person, opens or joins its case, keeps its files."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from cases.inbound import reports
from cases.inbound.threading import place_of
from cases.models import Case, CaseMessage, Channel, Direction
from cases.services import Incoming, acknowledge, add_reply, open_case
from contacts import services as contacts
from contacts.models import Contact
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.mail.inbound.letter import Letter
from ecrm.mail.inbound.receivers import Arrival
from ecrm.tenancy.roles import Capability

BEFORE_CAMPAIGNS, ORDER = 5, 50
MOST_FILES = 100
SOURCE = "email"


def receive(arrival: Arrival) -> bool:
    """True: the mail is part of a case now, or needs none. Runs in the transaction of the mail.

    Harmless when it runs again, and when the same mail came to several of our addresses.
    """
    if arrival.letter.report is not None or _is_stray(arrival):
        return False
    if is_known(arrival):
        arrival.verdict = "repeated"
        return True
    place = place_of(arrival.letter, at=arrival.mail.received_at, is_answer_to_campaign=arrival.campaign_id is not None)
    message = incoming(arrival, place.doubt)
    if place.case is not None:
        add_reply(case=place.case, message=message)
        arrival.verdict = f"joined case {place.case.number}"
        return True
    opened = _open(arrival, message, place.follows)
    acknowledge([(opened, message)])
    arrival.verdict = f"opened case {opened.number}"
    return True


def receive_report(arrival: Arrival) -> bool:
    """Delivery reports about our answers. Others go on to whoever sent what they are about."""
    return arrival.letter.report is not None and reports.take(arrival)


def _open(arrival: Arrival, message: Incoming, follows: Case | None) -> Case:
    return open_case(
        contact=message.contact,
        subject=arrival.letter.subject,
        channel=Channel.EMAIL,
        message=message,
        at=message.at,
        follows=follows,
        assignee=follows.assignee if follows else None,
        team=follows.team if follows else None,
        campaign_id=arrival.campaign_id,
    )


def incoming(arrival: Arrival, doubt: str) -> Incoming:
    letter = arrival.letter
    kept = letter.attachments[:MOST_FILES]
    return Incoming(
        text=(letter.reply_text or letter.text).strip(),
        at=arrival.mail.received_at,
        contact=arrival.contact or _person(letter),
        sender_name=letter.sender.name,
        sender_address=letter.sender.address,
        html=letter.html,
        message_id=letter.message_id[:300],
        in_reply_to=letter.in_reply_to[:300],
        is_automatic=letter.is_automatic,
        is_forged=letter.authentication.get("dmarc") == "fail",
        doubt=doubt,
        mail=arrival.mail,
        files=[(_store(each.name, each.content_type, each.content), each.content_id) for each in kept],
    )


def _person(letter: Letter) -> Contact | None:
    """By address, else a new one, who has agreed to nothing by writing. None when there is no usable address."""
    if not letter.sender:
        return None
    known = contacts.find_by_email(letter.sender.address)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return contacts.create_contact(
                by=None, name=letter.sender.name[:200], emails=[letter.sender.address], source=SOURCE
            )
    except ValidationError:
        # No address one could write to, or somebody took it in the same instant.
        return contacts.find_by_email(letter.sender.address)


def _store(name: str, content_type: str, content: bytes) -> File:
    return files.store([content], name=name, content_type=content_type, capability=Capability.CASES_VIEW, by=None)


def is_known(arrival: Arrival) -> bool:
    """This very mail, the same one under another of our addresses, or our own answer come home."""
    if CaseMessage.objects.filter(mail=arrival.mail).exists():
        return True
    if not arrival.letter.message_id:
        return False
    alike = CaseMessage.objects.filter(message_id=arrival.letter.message_id[:300])
    text = (arrival.letter.reply_text or arrival.letter.text).strip()
    return any(
        one.direction == Direction.OUT or (one.sender_address == arrival.letter.sender.address and one.text == text)
        for one in alike
    )


def _is_stray(arrival: Arrival) -> bool:
    """An out-of-office note to the return path of a campaign asks nothing of anybody."""
    return arrival.letter.is_automatic and arrival.mail.recipient.lower().startswith("bounce+")
