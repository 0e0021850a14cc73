"""Nobody twice, nobody lost, whatever dies: a campaign to a recording sink under faults.

Real Celery workers are killed (SIGKILL) five times, Redis is emptied, PostgreSQL crashes (immediate
shutdown, on a cluster of its own), and people opt out, all during the send. The sink writes each
message down before it answers. Raises ``Broken`` with what it found when anything is wrong.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone
from redis import Redis

from bench import population, servers, workers
from bench.report import Report
from bench.sizes import count_of
from campaigns.models import Campaign, Delivery, Intent, Outcome, OutcomeKind
from campaigns.models.campaign import State
from campaigns.sending import hints, services
from consent import services as consent
from contacts.models import Contact
from ecrm.jobs import outbox
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant

DEFAULT_SIZE = "20k"
KILLS = 5
RELAY_OPTIONS = "?reconcile=log&timeout=3"  # a short patience, so that leases end soon
PATIENCE_SECONDS = 1_800


class Broken(AssertionError):
    """Somebody got two, nobody got theirs, or somebody got one who had said no."""


@dataclass(slots=True)
class Run:
    """What a run needs to know. ``said_no`` holds when a person's refusal was committed, by id."""

    tenant: Tenant
    campaign: Campaign
    catcher: servers.Catcher
    environment: dict[str, str]
    folder: Path
    workers_at_once: int
    opt_outs_a_round: int
    processes: list[Any] = field(default_factory=list)
    said_no: dict[int, datetime] = field(default_factory=dict)


def run(size: str, report: Report) -> None:
    """Everything on servers of its own, since one of them is made to crash."""
    with tempfile.TemporaryDirectory(prefix="ecrm-faults-") as name, servers.own_postgres(Path(name)) as database:
        with report.step("People are there"):
            tenant = population.tenant_agreeing(count_of(size))
        found = trial(tenant, Path(name), crash=database.crash, kills=KILLS, say=report.say)
    report.add("messages, each to a person who was to get one", found["delivered"], "messages", limit=found["eligible"])
    report.add("copies too many", found["twice"], "messages", ratio=None)
    report.add("people forgotten", found["lost"], "people")
    report.add("messages after an opt-out", found["after_no"], "messages")
    report.add("opt-outs during the send", found["opt_outs"], "people")
    report.add("seconds", found["seconds"], "s")


def trial(
    tenant: Tenant,
    folder: Path,
    *,
    crash: Callable[[], None] | None,
    kills: int,
    say: Callable[[str], object],
    workers_at_once: int = 2,
    slow_ms: float = 1.0,
    opt_outs_a_round: int = 40,
) -> dict[str, float]:
    """One campaign to everybody of the tenant under faults; the counts. Raises ``Broken``."""
    with servers.catcher(folder, slow_ms=slow_ms, faults=("--drop-after-data", "0.0005")) as catcher:
        environment = {
            "ECRM_RELAY_URL": f"smtp://127.0.0.1:{catcher.smtp_port}{RELAY_OPTIONS}",
            "ECRM_RELAY_LOG_URL": catcher.http_url,
        }
        campaign = _start(tenant)
        this = Run(tenant, campaign, catcher, environment, folder, workers_at_once, opt_outs_a_round)
        began = time.monotonic()
        try:
            _suffer(this, kills=kills, crash=crash, say=say)
            _wait_for_the_end(this)
        finally:
            for worker in this.processes:
                if worker.poll() is None:
                    workers.kill(worker)
        return _judge(this) | {"seconds": time.monotonic() - began}


def _start(tenant: Tenant) -> Campaign:
    from bench.send import campaign_to_everybody

    campaign = campaign_to_everybody(tenant)
    with tenant_context(tenant):
        services.start(campaign, by=None)
    return campaign


def _suffer(this: Run, *, kills: int, crash: Callable[[], None] | None, say: Callable[[str], object]) -> None:
    """Each share of the send has its fault: kills spread out, the others in between."""
    with tenant_context(this.tenant):
        total = services.rehearse(this.campaign).eligible
    moments: list[tuple[float, str]] = [((number + 1) / (kills + 1), "kill") for number in range(kills)]
    moments += [(0.3, "flush")] + ([(0.55, "crash")] if crash else [])
    _keep_workers(this)
    for share, fault in sorted(moments):
        _wait_until_sent(this, int(total * share))
        _opt_out(this)
        say(f"{this.catcher.delivered():,} of about {total:,} delivered: {fault}")
        if fault == "kill":
            workers.kill(this.processes[0])
        elif fault == "flush":
            Redis.from_url(settings.REDIS_URL).flushdb()
        elif crash is not None:
            crash()
        _keep_workers(this)


def _keep_workers(this: Run) -> None:
    """As a supervisor would: what died is started again."""
    this.processes = [worker for worker in this.processes if worker.poll() is None]
    while len(this.processes) < this.workers_at_once:
        with (this.folder / "workers.log").open("ab") as log:
            started = workers.start(this.environment, name=f"w{time.monotonic_ns()}", log=log)
        this.processes.append(started)


def _beat() -> None:
    """What beat's ticks would do, and in the database's absence fail to do."""
    with contextlib.suppress(DatabaseError):
        hints.tick()
        outbox.poll()
        return
    for alias in ("default", "dispatch"):
        connections[alias].close()


def _wait_until_sent(this: Run, count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while this.catcher.delivered() < count:
        if time.monotonic() > deadline:
            raise Broken(f"Only {this.catcher.delivered()} of {count} were delivered in time.")
        _beat()
        _keep_workers(this)
        time.sleep(0.5)


def _wait_for_the_end(this: Run) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        _beat()
        _keep_workers(this)
        with tenant_context(this.tenant):
            if Campaign.objects.filter(pk=this.campaign.pk, state=State.SENT).exists():
                return
        time.sleep(0.5)
    raise Broken("The campaign did not come to its end.")


def _opt_out(this: Run) -> None:
    """Some of those who have not got theirs say no; each in a transaction of its own."""
    with tenant_context(this.tenant):
        waiting = list(
            Delivery.objects.filter(campaign=this.campaign)
            .exclude(contact__in=list(this.said_no))
            .exclude(pk__in=Intent.objects.filter(campaign=this.campaign).values("delivery"))
            .order_by("-pk")
            .values_list("contact", flat=True)[: this.opt_outs_a_round]
        )
    for contact_id in waiting:
        with tenant_context(this.tenant):
            contact = Contact.objects.get(pk=contact_id)
            assert this.campaign.purpose is not None
            consent.withdraw(
                contact=contact, purpose=this.campaign.purpose, source="one_click", evidence={"url": "/p/u/faults"}
            )
        this.said_no[contact_id] = timezone.now()


def _judge(this: Run) -> dict[str, float]:
    """Compares what the sink wrote down with what was to happen."""
    got = Counter(this.catcher.recipients())
    with tenant_context(this.tenant):
        deliveries = dict(Delivery.objects.filter(campaign=this.campaign).values_list("address_norm", "contact"))
        sent = set(
            Outcome.objects.filter(campaign=this.campaign, kind=OutcomeKind.SENT).values_list(
                "delivery__address_norm", flat=True
            )
        )
        intended = dict(
            Intent.objects.filter(campaign=this.campaign)
            .order_by("attempt")
            .values_list("delivery__contact", "created_at")
        )
    eligible = {address for address, contact in deliveries.items() if contact not in this.said_no}
    after_no = [
        contact for address, contact in deliveries.items()
        if contact in this.said_no and got[address] and intended[contact] > this.said_no[contact]
    ]  # fmt: skip
    found = {
        "eligible": len(eligible),
        "delivered": sum(1 for address in eligible if got[address]),
        "twice": sum(count - 1 for count in got.values()),
        "lost": sum(1 for address in eligible if not got[address]),
        "after_no": len(after_no),
        "opt_outs": len(this.said_no),
    }
    strangers = set(got) - set(deliveries)
    unwritten = set(got) - sent
    if found["twice"] or found["lost"] or after_no or strangers or unwritten:
        raise Broken(f"{found}, strangers {len(strangers)}, delivered but not written down {len(unwritten)}")
    return found
