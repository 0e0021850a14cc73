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
from ecrm.api import services
from ecrm.api.models import ApiToken
from ecrm.api.scopes import Scope
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Role

NAME = "Demo shop"


class Command(BaseCommand):
    help = "Serves the sample shop on a port of its own, for trying visits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8080)

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        site, token = _site(f"http://localhost:{port}"), _token()
        shop = Shop(settings.BASE_URL, site.key, f"{settings.BASE_URL}/{VERDELUME.slug}/api/v1", token)
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


def _token() -> str:
    """For the shop's server. A secret is shown once, so each start makes a new one and ends the last."""
    tenant = Tenant.objects.get(slug=VERDELUME.slug)
    with tenant_context(tenant):
        owner = tenant.memberships.filter(roles__contains=[Role.OWNER]).select_related("user").earliest("pk")
        for former in ApiToken.objects.filter(name=NAME, revoked_at=None):
            services.revoke_token(token=former, by=owner.user)
        return services.make_token(name=NAME, scopes=[Scope.VISITORS_WRITE], by=owner)[1]


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
