"""Takes the answer to a letter in: into the open matter there is with its writer, else into the history."""

from __future__ import annotations

from contacts import events
from contacts.letters import notices, open_matters, refusals
from contacts.letters.sending import DESK, SOURCE
from contacts.letters.threading import answered
from contacts.models import Letter, LetterFile, LetterHandover
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.mail.addresses import normalise
from ecrm.mail.classify import Refusal, classify
from ecrm.mail.inbound import letter as inbound
from ecrm.mail.inbound.letter import Attachment, Bounced, BounceReport
from ecrm.mail.inbound.receivers import Arrival
from ecrm.mail.posting import journal
from ecrm.mail.posting.handovers import HandoverState
from ecrm.tenancy.roles import Capability

REPLIED, AUTO_REPLIED = "letter.replied", "letter.auto_replied"
BEFORE_CAMPAIGNS, ORDER = 6, 40  # cases come at 50
MOST_FILES = 100


def receive(arrival: Arrival) -> bool:
    """True: the mail answers a letter and has its place. Runs in the transaction of the mail.

    Harmless when it runs again, and when the same mail came to several of our addresses.
    """
    mail = arrival.letter
    if mail.report is not None or not (mail.token or mail.answered_ids):
        return False
    if _is_known(arrival):
        arrival.verdict = "repeated"
        return True
    letter = answered(mail)
    if letter is None:
        return False
    arrival.contact = letter.contact
    matter = None if mail.is_automatic else open_matters.take(arrival, letter.contact)
    if matter is not None:
        if matter:
            notices.replied(letter, mail.sender.name, at=arrival.mail.received_at, path=matter)
        return True
    _hear(arrival, letter)
    arrival.verdict = "answered a letter"
    return True


def receive_report(arrival: Arrival) -> bool:
    """Delivery reports about our letters: shown as not delivered, the writer told."""
    report = arrival.letter.report
    if not isinstance(report, BounceReport) or not report.message_id:
        return False
    about = LetterHandover.objects.filter(letter__message_id=report.message_id)
    handover = about.select_related("letter__contact", "letter__author").first()
    if handover is None:
        return False
    failed = [each for each in report.recipients if each.action == "failed"]
    if failed and handover.state == HandoverState.SENT:
        journal.bounced(DESK, handover, reason=_words(failed[0]), code=failed[0].code)
        if classify(failed[0].code, failed[0].status, failed[0].text) == Refusal.HARD:
            refusals.tell_dead(normalise(handover.recipient))
    arrival.verdict = "report on a letter"
    return True


def _hear(arrival: Arrival, letter: Letter) -> None:
    mail = arrival.letter
    heard = Letter.objects.create(
        contact=letter.contact,
        direction=Letter.Direction.IN,
        root=letter.root or letter,
        sender_name=mail.sender.name[:200],
        sender_address=mail.sender.address[:254],
        subject=(mail.subject or letter.subject)[:300],
        text=(mail.reply_text or mail.text).strip(),
        is_automatic=mail.is_automatic,
        message_id=mail.message_id[:300],
        mail=arrival.mail,
        at=arrival.mail.received_at,
    )
    _keep_files(heard, mail)
    events.record(
        AUTO_REPLIED if mail.is_automatic else REPLIED,
        contact=letter.contact,
        at=heard.at,
        source=SOURCE,
        source_id=heard.pk,
        key=f"heard:{heard.pk}",
        subject=heard,
        properties={"subject": heard.subject},
    )
    if not mail.is_automatic:
        notices.replied(letter, mail.sender.name, at=heard.at)


def _keep_files(heard: Letter, mail: inbound.Letter) -> None:
    kept = [(_stored(each), each.content_id) for each in mail.attachments[:MOST_FILES]]
    LetterFile.objects.bulk_create(
        [LetterFile(letter=heard, file=file, content_id=content_id[:200]) for file, content_id in kept]
    )


def _stored(each: Attachment) -> File:
    return files.store(
        [each.content], name=each.name, content_type=each.content_type, capability=Capability.CONTACTS_VIEW, by=None
    )


def _is_known(arrival: Arrival) -> bool:
    """This very mail, or the same one under another of our addresses."""
    if Letter.objects.filter(mail=arrival.mail).exists():
        return True
    message_id = arrival.letter.message_id[:300]
    return bool(message_id) and Letter.objects.filter(message_id=message_id).exists()


def _words(bounced: Bounced) -> str:
    return f"{bounced.status} {bounced.text}".strip()
