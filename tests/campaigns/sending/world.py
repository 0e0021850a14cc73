"""People, their consent and a campaign to them, made through the services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from campaigns import tasks
from campaigns.models import Campaign, CampaignContent, Chunk, Outcome
from campaigns.sending import claims, journal, outcomes, services
from campaigns.sending.claims import Claim
from consent import purposes
from consent import services as consent
from consent.models import Purpose
from contacts import services as contacts
from contacts.models import Contact, Event, Segment
from contacts.segments import tree
from ecrm.mail.models import SendingIdentity
from ecrm.mail.transports import SmtpTransport

EVERYBODY = {"all": []}
BLOCKS: list[dict[str, Any]] = [
    {"kind": "heading", "id": "b1", "text": "Hello {{ contact.given_name | default: 'friend' }}"},
    {"kind": "text", "id": "b2", "html": "<p>Spring is here in {{ contact.city | default: 'your town' }}.</p>"},
    {"kind": "button", "id": "b3", "label": "Look", "url": "https://shop.example/spring"},
]


def newsletter() -> Purpose:
    return purpose(purposes.NEWSLETTER)


def purpose(key: str) -> Purpose:
    return Purpose.objects.get(key=key)


def person(address: str = "", *, agreed: bool = True, tracked: bool = False, **fields: Any) -> Contact:
    contact = contacts.create_contact(by=None, emails=[address] if address else [], **fields)
    wanted = [purposes.NEWSLETTER] * agreed + [purposes.TRACKING] * tracked
    for purpose in Purpose.objects.filter(key__in=wanted):
        consent.grant(contact=contact, purpose=purpose, source="form", evidence={"url": "https://shop.example/join"})
    return contact


def agree(contact: Contact) -> None:
    consent.grant(contact=contact, purpose=newsletter(), source="form", evidence={"url": "https://shop.example/join"})


def opt_out(contact: Contact) -> None:
    consent.withdraw(contact=contact, purpose=newsletter(), source="preferences", evidence={"url": "/p/preferences/x"})


def people(count: int, *, domain: str = "example.com") -> list[Contact]:
    return [person(f"person{number}@{domain}", given_name=f"Person {number}") for number in range(count)]


def campaign(*, languages: tuple[str, ...] = ("en",), blocks: Any = None, **fields: Any) -> Campaign:
    """A draft to everybody, for the newsletter, from the tenant's first identity."""
    segment = fields.pop("segment", None) or Segment.objects.create(
        name=f"Everybody {Segment.objects.count()}", rule=EVERYBODY
    )
    defaults = {"name": "Spring", "purpose": newsletter(), "identity": SendingIdentity.objects.first()}
    made = Campaign.objects.create(segment=segment, **{**defaults, **fields})
    for language in languages:
        CampaignContent.objects.create(
            campaign=made, language=language, subject=f"Spring ({language})", blocks=blocks or BLOCKS
        )
    return made


def send(found: Campaign, *, by: Any = None) -> Campaign:
    """Start, and do what the workers would do, until nothing is due."""
    assert services.start(found, by=by)
    run(found)
    return found


def run(found: Campaign) -> None:
    tasks.materialise(found.pk)
    tasks.work(found.pk)
    found.refresh_from_db()


def let_time_pass(found: Campaign) -> None:
    """Everything that waits has waited long enough, and every lease has run out, by the database's clock."""
    Chunk.objects.filter(campaign=found, done_at=None).update(due_at=Now() - timedelta(seconds=1), leased_until=None)


def declare(found: Campaign, held: Claim) -> journal.Intended:
    todo = journal.pending(held.chunk_id, is_fresh=False, is_unknown_final=False)
    assert found.purpose is not None
    return journal.intend(held, {each.delivery_id: each.attempt + 1 for each in todo}, purpose=found.purpose)


def after_hand_overs(monkeypatch: pytest.MonkeyPatch, count: int, act: Callable[[], object]) -> None:
    """``act`` happens once, when the relay has taken ``count`` windows."""
    taken = 0
    deliver = SmtpTransport.deliver

    def watched(transport: SmtpTransport, batch: Any) -> Iterator[Any]:
        nonlocal taken
        yield from deliver(transport, batch)
        taken += 1
        if taken == count:
            act()

    monkeypatch.setattr(SmtpTransport, "deliver", watched)


@contextmanager
def killed_before_writing_down() -> Iterator[None]:
    """The process ends when the relay has taken a window: nothing after that runs."""
    patch = pytest.MonkeyPatch()

    def killed(*_args: Any, **_kwargs: Any) -> None:
        raise SystemExit(9)

    def arm() -> None:
        patch.setattr(outcomes, "settle", killed)
        patch.setattr(claims, "release", killed)

    after_hand_overs(patch, 1, arm)
    try:
        with pytest.raises(SystemExit):
            yield
    finally:
        patch.undo()


@contextmanager
def rule_breaks() -> Iterator[None]:
    """A criterion goes away between two releases: rules that name it can be read no more."""
    patch = pytest.MonkeyPatch()
    patch.setattr(tree, "KINDS", ())
    yield
    patch.undo()


def kinds(found: Campaign) -> dict[str, list[str]]:
    """Outcome kinds by address, in order."""
    known: dict[str, list[str]] = {}
    rows = Outcome.objects.filter(campaign=found).order_by("id").values_list("delivery__address", "kind")
    for address, kind in rows:
        known.setdefault(address, []).append(kind)
    return known


def reasons(found: Campaign) -> dict[str, int]:
    return {each.reason: each.count for each in services.reasons(found)}


def event_names(contact: Contact) -> list[str]:
    return list(
        Event.objects.filter(contact_id=contact.pk).order_by("occurred_at", "id").values_list("name", flat=True)
    )
