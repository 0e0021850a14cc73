"""``manage.py demo_shop``: serves the sample shop, a site that sends its visits here."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from analytics.models import Site
from analytics.sample.shop import Shop, server
from analytics.sample.trades import VERDELUME
from analytics.tracking import sites
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant

NAME = "Demo shop"


class Command(BaseCommand):
    help = "Serves the sample shop on a port of its own, for trying visits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8080)

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        shop = Shop(settings.BASE_URL, _site(f"http://localhost:{port}").key)
        signal.signal(signal.SIGTERM, _leave)
        with server(shop, port) as serving:
            serving.serve_forever()


def _site(origin: str) -> Site:
    """The shop's site, open for the port of today."""
    with tenant_context(Tenant.objects.get(slug=VERDELUME.slug)):
        found = Site.objects.filter(name=NAME).first()
        if found is None:
            return sites.create_site(name=NAME, origins=[origin], by=None)
        if origin not in found.origins:
            sites.change_site(site=found, name=NAME, origins=[*found.origins[-5:], origin], by=None)
        return found


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
