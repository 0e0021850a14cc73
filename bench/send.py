"""How fast a campaign leaves: from "send" to the last message accepted by a sink.

Everything is on: consent trigger, journal, history, counts, two real Celery workers, a durable
PostgreSQL. Beside it, on the same mails: a bare pipelined loop (what the sink takes at most), and
django-post_office (what a Django project would otherwise use).
"""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db import connection
from django.db.models import Max

from bench import cpu, population, workers
from bench.peers import post_office
from bench.report import Report
from bench.sinks import sink
from bench.sizes import count_of
from campaigns.models import Campaign, CampaignContent, Chunk, Delivery, Outcome, OutcomeKind
from campaigns.models.campaign import State
from campaigns.sending import journal, letters, services
from consent.models import Purpose
from contacts.models import Event, Segment
from ecrm.mail.handover import Outgoing
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant

DEFAULT_SIZE = "20k"
PATIENCE_SECONDS = 600
PEER_MESSAGES = 2_000
BLOCKS = [
    {"kind": "heading", "id": "b1", "text": "Hello {{ contact.given_name | default: 'friend' }}, spring is here"},
    {"kind": "text", "id": "b2", "html": "<p>We have <b>picked</b> something for {{ contact.city }}. " * 4 + "</p>"},
    {"kind": "button", "id": "b3", "label": "Look at it", "url": "https://shop.example/spring"},
    {"kind": "divider", "id": "b4"},
    {"kind": "text", "id": "b5", "html": "<p>Yours, {{ tenant.name }}. <a href='https://shop.example/'>Shop</a></p>"},
]


def run(size: str, report: Report) -> None:
    with report.step("People are there"):
        tenant = population.tenant_agreeing(count_of(size))
    with sink() as (port, kind), tempfile.TemporaryDirectory() as folder:
        report.say(
            f"The sink is {kind}; the relay is declared reconcilable, or each message would need its own commit."
        )
        environment = {"ECRM_RELAY_URL": f"smtp://127.0.0.1:{port}?reconcile=log", "ECRM_RELAY_LOG_URL": ""}
        with workers.running(environment, processes=2, log_path=Path(folder) / "worker.log") as worker:
            with report.step("One campaign went before, so that nothing is read from the disk for the first time"):
                _measure(tenant, campaign_to_everybody(tenant))
            campaign = campaign_to_everybody(tenant)
            spent = cpu.of_tree(worker) + cpu.of_database()
            count, seconds = _measure(tenant, campaign)
            spent = cpu.of_tree(worker) + cpu.of_database() - spent
            _say_where_time_went(report, tenant, campaign)
        mails = _same_mails(tenant, campaign)
        report.say(f"{count:,} messages of {sum(map(len, mails[0].content)):,} bytes")
        bare = _bare_loop(mails, port)
        report.add("campaign, from send to the last accepted", count / seconds, "messages/s", limit=len(mails) / bare)
        report.add("the same by processor time, workers and database", count / spent, "messages/s")
        with report.step(f"django-post_office sent {PEER_MESSAGES:,} of them"):
            peer = post_office.rate(mails[:PEER_MESSAGES], port)
        report.add("campaign beside django-post_office", count / seconds, "messages/s", limit=peer)


def campaign_to_everybody(tenant: Tenant) -> Campaign:
    """A draft, for the newsletter."""
    with tenant_context(tenant):
        segment, _is_new = Segment.objects.get_or_create(name="Everybody", defaults={"rule": {"all": []}})
        campaign = Campaign.objects.create(
            name=f"Bench {time.time():.0f}",
            segment=segment,
            purpose=Purpose.objects.get(key="newsletter"),
            identity=SendingIdentity.objects.first(),
        )
        CampaignContent.objects.create(
            campaign=campaign, language="en", subject="Spring for {{ contact.given_name }}", blocks=BLOCKS
        )
        return campaign


def _measure(tenant: Tenant, campaign: Campaign) -> tuple[int, float]:
    """Messages sent and seconds by the database's clock, checked: everybody once, everything written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        began_at = cursor.fetchone()[0]
    with tenant_context(tenant):
        services.start(campaign, by=None)
    _wait_until_sent(tenant, campaign)
    with tenant_context(tenant):
        sent = Outcome.objects.filter(campaign=campaign, kind=OutcomeKind.SENT)
        count, last = sent.count(), sent.aggregate(last=Max("created_at"))["last"]
        people = Delivery.objects.filter(campaign=campaign).count()
        told = Event.objects.filter(campaign_id=campaign.pk, name="email.sent").count()
        if not count == people == told == sent.values("delivery").distinct().count():
            raise RuntimeError(f"{people} deliveries, {count} sent, {told} in the history: something is wrong.")
    return count, (last - began_at).total_seconds()


def _wait_until_sent(tenant: Tenant, campaign: Campaign) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with tenant_context(tenant):
            if Campaign.objects.filter(pk=campaign.pk, state=State.SENT).exists():
                return
        time.sleep(0.05)
    raise RuntimeError("The campaign did not finish in time.")


def _say_where_time_went(report: Report, tenant: Tenant, campaign: Campaign) -> None:
    with tenant_context(tenant):
        campaign.refresh_from_db()
        assert campaign.started_at
        assert campaign.audience_done_at
        audience = (campaign.audience_done_at - campaign.started_at).total_seconds()
        chunks = Chunk.objects.filter(campaign=campaign).count()
    report.say(
        f"The audience was decided after {audience:.1f} s, while its first chunks were being sent; {chunks} chunks"
    )


def _same_mails(tenant: Tenant, campaign: Campaign) -> list[Outgoing]:
    """The mails of the campaign again, finished, for those beside it."""
    with tenant_context(tenant):
        fresh = Campaign.objects.select_related("purpose", "identity").get(pk=campaign.pk)
        contents = CampaignContent.objects.filter(campaign=campaign)
        letter = letters.letter(fresh, contents.get().pk)
        Outcome.objects.none()
        return [letter.outgoing(pending, date=letters.today()) for pending in _everybody(campaign)]


def _everybody(campaign: Campaign) -> Iterator[journal.Pending]:
    rows = Delivery.objects.filter(campaign=campaign).order_by("id").values_list(
        "id", "contact_id", "address", "contact__name", "contact__given_name", "contact__family_name",
        "contact__city", "contact__country", "contact__language",
    )  # fmt: skip
    for pk, contact_id, address, name, given, family, city, country, language in rows:
        yield journal.Pending(
            pk, contact_id, address, True, 0, None, "", 0, 0, False, name, given, family, "", city, country, language
        )


def _bare_loop(mails: Sequence[Outgoing], port: int) -> float:
    """Seconds one connection takes to push the same bytes, doing nothing else. The sink's limit."""
    ready = [
        (
            b"MAIL FROM:<%b>\r\nRCPT TO:<%b>\r\nDATA\r\n" % (mail.sender.encode(), mail.recipient.encode()),
            b"".join((*mail.content, b".\r\n")),
        )
        for mail in mails
    ]
    with socket.create_connection(("127.0.0.1", port)) as wire, wire.makefile("rb") as replies:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _read(replies, 1)
        wire.sendall(b"EHLO bench\r\n")
        while replies.readline()[3:4] == b"-":
            pass
        began = time.perf_counter()
        wire.sendall(ready[0][0])
        for (_envelope, content), following in zip(ready, [*ready[1:], (b"QUIT\r\n", b"")], strict=True):
            _read(replies, 3)
            wire.sendall(content + following[0])
            _read(replies, 1)
        return time.perf_counter() - began


def _read(replies: object, count: int) -> None:
    for _reply in range(count):
        line = replies.readline()  # type: ignore[attr-defined]
        if line[:1] not in b"23":
            raise RuntimeError(f"The sink refused: {line!r}")
