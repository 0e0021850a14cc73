"""What colleagues wrote, said and planned: notes, calls, meetings, letters and what is still to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from analytics.sample.people import Person
from analytics.sample.trades import Trade
from contacts.letters.keeping import keep_answer, keep_letter
from contacts.models import Contact, ContactNote
from contacts.notes import follow_ups
from contacts.notes.writing import write_note
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.roles import Role

Kind = ContactNote.Kind
# How many people each has, of a thousand.
SHARES = {Kind.NOTE: 40, Kind.CALL: 20, Kind.MEETING: 8, Kind.LETTER: 4}
LETTERS, PLANNED = 15, 12
DAYS = 120
_WRITING = {Role.OWNER, Role.SALES, Role.SUPPORT}


@dataclass(frozen=True, slots=True)
class Mail:
    subject: str
    text: str
    answer: str


NOTES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "verdelume": {
        Kind.NOTE: (
            "Prefers to be called after five.",
            "Asked for the refill station at the Saturday market, show the new scents there.",
            "Has a shop of her own and may sell our soaps; wants samples first.",
            "Allergic to lemon verbena: never send it as a gift.",
        ),
        Kind.CALL: (
            "Wanted to know when the 5 l refill is back. Told: in a week.",
            "Will order for the whole house in the new year.",
            "",
        ),
        Kind.MEETING: (
            "Met at the market in Porto. Took the starter kit home to try.",
            "Talked about a wholesale price list.",
        ),
        Kind.LETTER: ("Sent a card and a small soap to say thank you.",),
    },
    "bystra": {
        Kind.NOTE: (
            "Rower stoi na balkonie, sprawdzić łańcuch po zimie.",
            "Woli SMS niż telefon.",
            "Ma kartę stałego klienta.",
        ),
        Kind.CALL: ("Pytał o termin przeglądu. Umówione na przyszły tydzień.", ""),
        Kind.MEETING: ("Był w warsztacie, pokazał dwa rowery firmowe.",),
        Kind.LETTER: ("Wysłany kalendarz na nowy rok.",),
    },
}
MAILS: Mapping[str, Sequence[Mail]] = {
    "verdelume": (
        Mail(
            "Your refill",
            "Your canister is ready at the counter. It keeps there for two weeks.",
            "Thank you, I will fetch it on Friday.",
        ),
        Mail(
            "Samples for your shop",
            "As we spoke: four samples leave today. Which scent do your guests like best?",
            "The fig one, by far. Could we have twenty for the spring?",
        ),
    ),
    "bystra": (
        Mail("Przegląd roweru", "Rower jest gotowy, można go odebrać do 18.", "Dziękuję, będę jutro rano."),
        Mail(
            "Oferta dla floty", "W załączeniu ceny serwisu dla dziesięciu rowerów.", "Wygląda dobrze, proszę o termin."
        ),
    ),
}
PLANS: Mapping[str, Sequence[str]] = {
    "verdelume": ("Call about the refill", "Send the price list", "Ask how the samples were liked"),
    "bystra": ("Zadzwonić w sprawie przeglądu", "Wysłać ofertę"),
}


def make(trade: Trade, made: Sequence[Person], *, now: datetime) -> str:
    """Draws by itself, so that what is drawn elsewhere stays as it was."""
    random = Random(trade.people + 1)
    staff = _staff()
    notes = sum(_notes(trade, kind, share, made, staff, random, now) for kind, share in SHARES.items())
    for person in random.sample(_reachable(made), k=max(LETTERS * trade.people // 2000, 4)):
        _conversation(trade, person, random.choice(staff), random, now)
    for person in random.sample(list(made), k=PLANNED):
        _plan(trade, person.contact, random.choice(staff), random, now)
    return f"{notes} notes, calls and meetings, letters, and {PLANNED} things to do"


def _notes(
    trade: Trade, kind: Kind, share: int, made: Sequence[Person], staff: list[User], random: Random, now: datetime
) -> int:
    chosen = random.sample(list(made), k=max(len(made) * share // 1000, 2))
    for person in chosen:
        at = _since(person, random, now)
        text = random.choice(NOTES[trade.slug][kind])
        write_note(contact=person.contact, text=text, by=random.choice(staff), kind=kind, at=at)
    return len(chosen)


def _conversation(trade: Trade, person: Person, writer: User, random: Random, now: datetime) -> None:
    mail = random.choice(MAILS[trade.slug])
    at = _since(person, random, now)
    letter = keep_letter(contact=person.contact, subject=mail.subject, text=mail.text, by=writer, at=at)
    answered = at + timedelta(hours=random.uniform(1, 50))
    if answered < now and random.random() < 0.7:
        keep_answer(letter=letter, text=mail.answer, at=answered)


def _plan(trade: Trade, contact: Contact, owner: User, random: Random, now: datetime) -> None:
    """From a few days late to next week; some are done."""
    due_on = (now + timedelta(days=random.randint(-3, 8))).date()
    planned = follow_ups.plan(contact=contact, text=random.choice(PLANS[trade.slug]), due_on=due_on, by=owner)
    if random.random() < 0.25:
        follow_ups.finish(follow_up=planned, by=owner)


def _since(person: Person, random: Random, now: datetime) -> datetime:
    first = max(person.joined, now - timedelta(days=DAYS))
    return first + (now - first) * random.random()


def _reachable(made: Sequence[Person]) -> list[Person]:
    known = set(Contact.objects.filter(emails__isnull=False).values_list("pk", flat=True))
    return [person for person in made if person.contact.pk in known]


def _staff() -> list[User]:
    members = Membership.objects.filter(tenant_id=require_tenant_id()).order_by("pk").select_related("user")
    return [each.user for each in members if _WRITING & set(each.roles)]
