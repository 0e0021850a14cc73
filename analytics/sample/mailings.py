"""The sample's segments, what a former system mailed, and a campaign ready to be looked at and sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from analytics.sample import words
from analytics.sample.trades import Trade
from campaigns import services as campaigns
from consent import purposes
from consent.models import Action, ConsentState
from contacts import events
from contacts.events import NewEvent
from contacts.models import Segment, Tag
from contacts.segments import services as segments
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.models import User

FORMER = "former-system"


def make(trade: Trade, random: Random, *, now: datetime, by: User) -> str:
    made = _segments(trade, by=by, now=now)
    told = events.record_many(list(_former(trade, random, now)))
    _draft(trade, made[0], by=by, now=now)
    return f"{len(made)} segments, {told} events of former mailings, 1 draft"


def _segments(trade: Trade, *, by: User, now: datetime) -> list[Segment]:
    newsletter = purposes.by_key(purposes.NEWSLETTER)
    assert newsletter is not None
    tags = dict(Tag.objects.values_list("name", "pk"))
    rules: dict[str, Any] = {
        words.REGULARS[trade.slug]: {
            "all": [_is("stage", "any_of", ["customer"]), _is("event:order.placed", "in_last", 120)]
        },
        words.QUIET[trade.slug]: {
            "all": [_is("stage", "any_of", ["customer", "lapsed"]), _is("event:order.placed", "not_in_last", 150)]
        },
        words.TAGGED[trade.slug]: {
            "any": [_is("tag", "any_of", [tags[trade.tags[0]]]), _is("tag", "any_of", [tags[trade.tags[-1]]])]
        },
        words.UNASKED[trade.slug]: {
            "all": [_is("consent", "unasked", newsletter.key), {"none": [_is("stage", "any_of", ["visitor"])]}]
        },
    }
    return [segments.create_segment(name=name, rule=rule, by=by, at=now) for name, rule in rules.items()]


def _is(criterion: str, operator: str, value: Any) -> dict[str, Any]:
    return {"criterion": criterion, "operator": operator, "value": value}


def _former(trade: Trade, random: Random, now: datetime) -> Iterator[NewEvent]:
    """Mailings of the year before the move, as an import would have brought them: sent and clicked."""
    newsletter = purposes.by_key(purposes.NEWSLETTER)
    granted = ConsentState.objects.filter(purpose=newsletter, state=Action.GRANTED)
    people = list(granted.order_by("contact_id").values_list("contact_id", "since"))
    for number, title in enumerate(trade.mailings):
        at = now - timedelta(days=18 + 24 * number)
        for contact_id, since in people:
            if since < at:
                yield _mail("email.sent", contact_id, at, title)
                if random.random() < 0.09:
                    yield _mail("email.clicked", contact_id, at + timedelta(hours=random.uniform(0.2, 60)), title)


def _mail(name: str, contact_id: int, at: datetime, title: str) -> NewEvent:
    return NewEvent(name, contact_id, at, source=FORMER, properties={"campaign": title})


def _draft(trade: Trade, segment: Segment, *, by: User, now: datetime) -> None:
    campaign = campaigns.create_campaign(
        name=words.CAMPAIGN[trade.slug],
        by=by,
        segment=segment,
        purpose=purposes.by_key(purposes.NEWSLETTER),
        identity=SendingIdentity.objects.get(email=trade.sender_email),
        at=now,
    )
    for language in trade.languages:
        letter = words.LETTERS[trade.slug][language]
        campaigns.edit_content(
            campaign=campaign,
            language=language,
            subject=letter.subject,
            preheader=letter.preheader,
            blocks=letter.blocks(),
            by=by,
            at=now,
        )
