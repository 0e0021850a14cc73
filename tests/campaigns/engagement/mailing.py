"""A campaign whose messages arrived an hour ago, and the people and machines that fetch its addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from campaigns import tasks
from campaigns.engagement import judging, services
from campaigns.models import Campaign, Chunk, Delivery, Hit, Link, Outcome
from campaigns.sending import services as sending
from campaigns.sending.addresses import CLICK, LINK, OPEN, PATHS, UNSUBSCRIBE, VIEW
from contacts.models import Contact, Event
from ecrm.tenancy import tokens
from tests.campaigns.sending import world

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
BLOCKS: list[dict[str, Any]] = [
    {"kind": "heading", "id": "b1", "text": "Hello {{ contact.given_name | default: 'friend' }}"},
    {"kind": "button", "id": "b2", "label": "Look", "url": "https://shop.example/spring"},
    {"kind": "button", "id": "b3", "label": "Sale", "url": "https://shop.example/sale?colour=blue&size=2"},
    {"kind": "button", "id": "b4", "label": "Map", "url": "https://shop.example/map"},
]


@dataclass
class Mailing:
    campaign: Campaign
    ana: Contact
    bruno: Contact

    @classmethod
    def sent(cls, *others: str, ago: timedelta = timedelta(hours=1)) -> Mailing:
        ana = world.person("ana@example.com", given_name="Ana", tracked=True)
        bruno = world.person("bruno@example.com", given_name="Bruno")
        for address in others:
            world.person(address, tracked=True)
        campaign = world.campaign(blocks=BLOCKS)
        assert sending.start(campaign, by=None)
        tasks.materialise(campaign.pk)
        arrive(campaign, at=timezone.now() - ago)
        return cls(campaign, ana, bruno)

    def delivery(self, contact: Contact | None = None) -> Delivery:
        return Delivery.objects.get(campaign=self.campaign, contact=contact or self.ana)

    def link(self, place: int = 0) -> Link:
        return self.campaign.links.order_by("position")[place]

    def click_url(self, contact: Contact | None = None, place: int = 0) -> str:
        return f"{self._address(CLICK, contact)}/{self.link(place).position}"

    def unnamed_click_url(self, place: int = 0) -> str:
        return f"{PATHS[LINK]}{tokens.make(LINK, self.campaign.pk)}/{self.link(place).position}"

    def pixel_url(self, contact: Contact | None = None) -> str:
        return self._address(OPEN, contact)

    def view_url(self, contact: Contact | None = None) -> str:
        return self._address(VIEW, contact)

    def unsubscribe_url(self, contact: Contact | None = None) -> str:
        return self._address(UNSUBSCRIBE, contact)

    def keep_click(
        self,
        *,
        at: datetime,
        place: int = 0,
        delivery: Delivery | None = None,
        ip_hash: bytes = b"somewhere",
        agent: str = FIREFOX,
    ) -> Hit:
        """What a visit at that moment would have left."""
        return Hit.objects.create(
            campaign=self.campaign,
            delivery=delivery or self.delivery(),
            kind=Hit.Kind.CLICK,
            link=self.link(place),
            user_agent=agent,
            ip_hash=ip_hash,
            at=at,
        )

    def _address(self, kind: str, contact: Contact | None) -> str:
        return PATHS[kind] + tokens.make(kind, self.delivery(contact).pk)


def arrive(campaign: Campaign, *, at: datetime) -> None:
    """What the engine writes when the relay has accepted."""
    deliveries = Delivery.objects.filter(campaign=campaign)
    Outcome.objects.bulk_create(
        Outcome(campaign=campaign, delivery=each, kind="sent", created_at=at) for each in deliveries
    )
    for chunk in Chunk.objects.filter(campaign=campaign):
        Chunk.objects.filter(pk=chunk.pk).update(sent=deliveries.filter(chunk=chunk).count())


def fetch(
    url: str, agent: str = FIREFOX, *, method: str = "get", ip: str = "192.0.2.1", **headers: str
) -> HttpResponse:
    """One request by somebody without a session."""
    said = {"User-Agent": agent, **headers} if agent else headers
    return getattr(Client(), method)(url, headers=said, REMOTE_ADDR=ip)


def judge() -> int:
    """What the workers do once the last hit is old enough."""
    return services.judge_hits(now=timezone.now() + judging.DELAY)


def verdicts(**which: Any) -> list[tuple[str, str]]:
    return list(Hit.objects.filter(**which).order_by("id").values_list("verdict", "verdict_reason"))


def events(contact: Contact, name: str = "") -> list[Event]:
    found = Event.objects.filter(
        contact_id=contact.pk, name__in=["email.clicked", "email.opened", "email.unsubscribed"]
    )
    return list(found.filter(name=name) if name else found)
