"""`manage.py smtp_door`: take mail for all tenants by SMTP until told to stop."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ecrm.mail.inbound import addresses
from ecrm.mail.inbound.smtp_door import Door


class Command(BaseCommand):
    help = "Takes mail for the tenants' addresses at ECRM_SMTP_DOOR."

    def handle(self, *args: Any, **options: Any) -> None:
        addresses.furnish_all()
        host, _colon, port = settings.SMTP_DOOR.rpartition(":")
        asyncio.run(_serve(host or "127.0.0.1", int(port)))


async def _serve(host: str, port: int) -> None:
    door, stop = Door(), asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    await door.open(host, port)
    await stop.wait()
    await door.close()
