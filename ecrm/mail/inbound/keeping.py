"""Keeping what comes through a door at the same time: one transaction for all that wait."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from ecrm.files import services as files
from ecrm.jobs.outbox import enqueue_each
from ecrm.mail.inbound import services
from ecrm.mail.models import InboundMail
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.roles import Capability

MOST_TOGETHER = 50
MOST_BYTES_TOGETHER = 8 * 1024 * 1024
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """One mail for ``recipients``, each with whose it is."""

    content: bytes
    sender: str
    recipients: dict[str, int]
    channel: str


class InThread(Protocol):
    def __call__(self, ask: Callable[[], None]) -> Awaitable[None]: ...


class Keeper:
    """While one batch is being committed, the next one gathers: the busier, the cheaper each mail."""

    def __init__(self, in_thread: InThread) -> None:
        self._in_thread = in_thread
        self._waiting: list[tuple[Offer, asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def keep(self, offer: Offer) -> None:
        """Returns when it is committed for every recipient; raises when it may not be."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((offer, kept))
        if self._work is None:
            self._work = asyncio.create_task(self._keep_waiting())
        await kept

    async def _keep_waiting(self) -> None:
        try:
            while self._waiting:
                batch = self._next()
                if len(batch) == 1 or not await self._keep(batch):
                    for each in batch:
                        await self._keep([each])
        finally:
            self._work = None

    def _next(self) -> list[tuple[Offer, asyncio.Future[None]]]:
        size = count = 0
        for offer, _kept in self._waiting[:MOST_TOGETHER]:
            size += len(offer.content) * len(offer.recipients)
            if count and size > MOST_BYTES_TOGETHER:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _keep(self, batch: list[tuple[Offer, asyncio.Future[None]]]) -> bool:
        """False when the batch failed and each has to be tried alone."""
        try:
            await self._in_thread(lambda: keep_all([offer for offer, _kept in batch]))
        except Exception as error:
            if len(batch) > 1:
                log.warning("not_kept_together", mails=len(batch), exc_info=True)
                return False
            _tell(batch, error)
            return True
        _tell(batch, None)
        return True


def keep_all(offers: Sequence[Offer]) -> None:
    """Commits every offer, one transaction a tenant. One alone goes through ``services.accept``.

    What was kept of a failed try is known again when it is repeated.
    """
    if len(offers) == 1:
        for recipient, tenant_id in offers[0].recipients.items():
            services.accept(
                offers[0].content,
                recipient=recipient,
                sender=offers[0].sender,
                channel=offers[0].channel,
                tenant_id=tenant_id,
            )
        return
    by_tenant: dict[int, dict[str, tuple[Offer, str]]] = defaultdict(dict)
    for offer in offers:
        for recipient, tenant_id in offer.recipients.items():
            by_tenant[tenant_id][services.content_key(offer.content, recipient)] = (offer, recipient)
    for tenant_id, wanted in by_tenant.items():
        with tenant_context(tenant_id):
            _keep_of_tenant(wanted)


def _keep_of_tenant(wanted: dict[str, tuple[Offer, str]]) -> None:
    known = set(InboundMail.objects.filter(key__in=list(wanted)).values_list("key", flat=True))
    new = {key: wanted[key] for key in sorted(wanted.keys() - known)}
    if not new:
        return
    stored = files.store_each(
        [offer.content for offer, _recipient in new.values()],
        name="message.eml",
        content_type="message/rfc822",
        capability=Capability.CASES_MANAGE,
    )
    try:
        mails = InboundMail.objects.bulk_create(
            [
                services.unsaved(file, key=key, sender=offer.sender, recipient=recipient, channel=offer.channel)
                for file, (key, (offer, recipient)) in zip(stored, new.items(), strict=True)
            ]
        )
    except Exception:
        files.discard(stored)
        raise
    enqueue_each(services.TAKE_IN, [{"mail_id": mail.pk} for mail in mails])


def _tell(batch: list[tuple[Offer, asyncio.Future[None]]], error: Exception | None) -> None:
    for _offer, kept in batch:
        if kept.done():  # hung up meanwhile
            continue
        if error is None:
            kept.set_result(None)
        else:
            kept.set_exception(error)
