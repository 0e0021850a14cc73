"""The small form of ``manage.py bench faults``: real workers killed, Redis emptied, people opting out."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connections

from bench import faults, population
from ecrm.tenancy.models import Tenant

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, databases=["default", "dispatch", "migrate"])]
ALIASES = {"default": "ECRM_DATABASE_URL", "dispatch": "ECRM_DISPATCH_DATABASE_URL"}


@pytest.fixture
def shoppers(monkeypatch: pytest.MonkeyPatch) -> Tenant:
    """Some hundred people, committed, in the database that the workers are told to use."""
    for alias, variable in ALIASES.items():
        name = connections[alias].settings_dict["NAME"]
        monkeypatch.setenv(variable, urlsplit(os.environ[variable])._replace(path=f"/{name}").geturl())
    return population.tenant_agreeing(400)


def test_everybody_gets_one_message_though_workers_are_killed(shoppers: Tenant, tmp_path: Path) -> None:
    found = faults.trial(
        shoppers, tmp_path, crash=None, kills=2, say=print, workers_at_once=1, slow_ms=15.0, opt_outs_a_round=5
    )
    assert found["delivered"] == found["eligible"] > 300
    assert found["opt_outs"] > 0
