"""The sample's cases: questions of the last weeks, most of them answered, some waiting."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from analytics.sample.people import Person
from analytics.sample.questions import TALKS, Talk
from analytics.sample.trades import Trade
from cases import services
from cases.models import Case, Priority, State
from contacts.models import Contact, EmailAddress
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User
from ecrm.tenancy.roles import Role

CASES = {"verdelume": 44, "bystra": 18}
DAYS = 45
_ANSWERING = {Role.SUPPORT, Role.OWNER}


def make(trade: Trade, random: Random, people: list[Person], *, now: datetime) -> str:
    """Opens the cases oldest first, so that their numbers follow the calendar."""
    staff = _staff()
    ages = sorted((DAYS * random.random() ** 2 for _number in range(CASES[trade.slug])), reverse=True)
    made = [_case(trade, random, people, staff, now - timedelta(days=age), now) for age in ages]
    waiting = sum(case.waiting_since is not None and not case.is_ended for case in made)
    return f"{len(made)} cases, {waiting} of them waiting for an answer"


def _case(trade: Trade, random: Random, people: list[Person], staff: list[User], at: datetime, now: datetime) -> Case:
    contact = _asker(random, people, at)
    language = contact.language if contact.language in TALKS[trade.slug] else trade.languages[0]
    talk = random.choice(TALKS[trade.slug][language])
    case = services.open_case(
        contact=contact,
        subject=_filled(talk.subject, contact),
        channel=talk.channel,
        message=_said(talk.said[0], contact, at),
        priority=random.choices(list(Priority), weights=(1, 12, 3, 1))[0],
        at=at,
    )
    _go_on(case, talk, contact, random, staff, at, now)
    return case.refreshed()


def _go_on(
    case: Case, talk: Talk, contact: Contact, random: Random, staff: list[User], at: datetime, now: datetime
) -> None:
    """As much of the conversation as fits between its beginning and now."""
    helper = random.choice(staff)
    is_fresh = now - at < timedelta(days=1.5)
    if is_fresh and random.random() < 0.6:
        return
    at += timedelta(minutes=random.uniform(4, 60))
    services.assign_case(case=case, to=helper, by=helper, at=min(at, now))
    if talk.note:
        services.write_note(case=case, text=talk.note, by=helper, at=min(at, now))
    for number, words in enumerate(talk.said[1:]):
        at += timedelta(hours=random.expovariate(1 / 7))
        if at > now:
            return
        if number % 2:
            services.add_reply(case=case, message=_said(words, contact, at))
        else:
            services.answer_case(case=case, text=_filled(words, contact), by=helper, at=at)
    at += timedelta(hours=random.uniform(1, 40))
    is_answered = len(talk.said) > 1
    if is_answered and at < now and random.random() < 0.85:
        services.solve_case(case=case.refreshed(), by=helper, at=at)
    elif random.random() < 0.1 and case.refreshed().state != State.ON_CUSTOMER:
        services.snooze_case(case=case, until=now + timedelta(days=2), by=helper)


def _said(words: str, contact: Contact, at: datetime) -> services.Incoming:
    address = EmailAddress.objects.filter(contact=contact, is_primary=True).first()
    return services.Incoming(
        text=_filled(words, contact),
        at=at,
        contact=contact,
        sender_name=contact.name,
        sender_address=address.address if address else "",
    )


def _filled(words: str, contact: Contact) -> str:
    return words.format(order=f"VL-{20000 + contact.pk % 9000}", name=contact.given_name)


def _asker(random: Random, people: list[Person], at: datetime) -> Contact:
    """Somebody who was there already, customers twice as likely."""
    known = [person for person in people if person.joined < at] or people
    buyers = [person for person in known if person.is_customer]
    return random.choice(buyers if buyers and random.random() < 0.7 else known).contact


def _staff() -> list[User]:
    members = Membership.objects.filter(tenant_id=require_tenant_id()).order_by("pk").select_related("user")
    found = [each.user for each in members if _ANSWERING & set(each.roles)]
    # Those of the service desk take three of four.
    return [user for user in found for _time in range(3 if user is not found[0] else 1)]
