from __future__ import annotations

import pytest

from analytics.models import Site
from analytics.tracking import sites
from contacts import services
from contacts.models import Contact
from ecrm.tenancy.models import Tenant
from tests.analytics.tracking.visiting import ORIGIN, Browser


@pytest.fixture
def shop(in_acme: Tenant) -> Site:
    return sites.create_site(name="Shop", origins=[ORIGIN], by=None)


@pytest.fixture
def browser(shop: Site) -> Browser:
    return Browser(shop)


@pytest.fixture
def dora(in_acme: Tenant) -> Contact:
    return services.create_contact(by=None, name="Dora", emails=["dora@example.com"])
