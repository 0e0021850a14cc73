"""What is untidy in the base, and what was put right of it lately: duplicates, merges, sources that disagree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from analytics.sample.people import Person
from analytics.sample.trades import Trade
from contacts import services
from contacts.duplicates.services import dismiss_pair
from contacts.merge.services import merge_contacts, undo_merge
from contacts.models import DuplicatePair, PhoneNumber, QualityIssue
from contacts.quality import work
from contacts.quality.services import close_issue
from ecrm.tenancy.models import User

TWINS, QUIET, TORN = 14, 6, 5
MERGED = 3
_JOBS = (("Manager", "Owner"), ("Buyer", "Head of purchasing"), ("Teacher", "Headmaster"))


def make(trade: Trade, made: Sequence[Person], *, now: datetime, by: User) -> str:
    """Draws by itself, so that what is drawn elsewhere stays as it was."""
    random = Random(trade.people + 2)
    twins = _twins(trade, made, random, now)
    _quiet(trade, random, now)
    _torn(made, random, now)
    _look(now - timedelta(days=21))
    merged = _merge(now - timedelta(days=15), by)
    _look(now - timedelta(days=14))
    _leave(now - timedelta(days=6), by)
    for weeks in (1, 0):
        work.count_today((now - timedelta(weeks=weeks)).date())
    return f"{twins} people twice, {merged} merges"


def _twins(trade: Trade, made: Sequence[Person], random: Random, now: datetime) -> int:
    """The same people again under another address: they came by another door."""
    numbers = dict(PhoneNumber.objects.values_list("contact_id", "number"))
    known = [person for person in made if person.contact.pk in numbers and person.joined < now - timedelta(days=60)]
    for number, person in enumerate(random.sample(known, k=TWINS)):
        contact = person.contact
        services.create_contact(
            by=None,
            at=now - timedelta(days=40 - number),
            given_name=contact.given_name,
            family_name=contact.family_name,
            name=contact.name,
            emails=[f"twin{number}.{trade.slug}@example.org"],
            phones=[numbers[contact.pk]],
            source=random.choice(trade.sources),
            stage="lead",
            language=contact.language,
            country=contact.country,
            city=contact.city,
        )
    return TWINS


def _quiet(trade: Trade, random: Random, now: datetime) -> None:
    """From a list of years ago; no sign of them since."""
    for number in range(QUIET):
        locale = random.choice(trade.locales)
        given, family = random.choice(locale.given), random.choice(locale.family)
        services.create_contact(
            by=None,
            at=now - timedelta(days=1200 + 37 * number),
            given_name=given,
            family_name=family,
            emails=[f"old{number}.{trade.slug}@example.org"],
            source=trade.sources[-1],
            language=locale.language,
            country=locale.country,
        )


def _torn(made: Sequence[Person], random: Random, now: datetime) -> None:
    """Two systems gave them different jobs."""
    for number, person in enumerate(random.sample(list(made), k=TORN)):
        said = zip(("import", "api"), random.choice(_JOBS), (30, 25), strict=True)
        for source, job, days in said:
            at = now - timedelta(days=days - number)
            services.edit_contact(contact=person.contact, by=None, via=source, at=at, job_title=job)


def _look(at: datetime) -> None:
    work.look_at_everybody(lambda _count: None)
    work.count_today(at.date())


def _merge(at: datetime, by: User) -> int:
    """Some are merged, and one of these merges is taken back."""
    pairs = DuplicatePair.objects.filter(state=DuplicatePair.State.OPEN).order_by("-score", "id")
    chosen = list(pairs.select_related("first", "second")[:MERGED])
    for number, pair in enumerate(chosen):
        merge = merge_contacts(winner=pair.first, loser=pair.second, by=by, at=at + timedelta(hours=number))
        if number == MERGED - 1:
            undo_merge(merge=merge, by=by, at=at + timedelta(hours=number + 1))
    return len(chosen)


def _leave(at: datetime, by: User) -> None:
    """Of each sort one is left as it is, with a reason."""
    pair = DuplicatePair.objects.filter(state=DuplicatePair.State.OPEN).order_by("score", "id").first()
    if pair is not None:
        dismiss_pair(pair=pair, by=by, reason="shared", at=at)
    for kind, reason in (("incomplete", "unknown"), ("conflicting", "right")):
        issue = QualityIssue.objects.filter(kind=kind, closed_at=None).order_by("id").first()
        if issue is not None:
            close_issue(issue=issue, by=by, reason=reason, at=at)
