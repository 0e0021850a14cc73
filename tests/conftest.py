"""What every test stands on: its worker's own database, an empty Redis, and no outside world."""

import gc
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import TransactionTestCase
from redis import Redis

from tests import databases
from tests.isolation import WORKER

pytest_plugins = ["tests.cast", "tests.chromium", "tests.relay"]


def pytest_configure() -> None:
    """Argon2 takes a tenth of a second by design: too long for a cast made anew by every test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_finish() -> None:
    """Thousands of tests and all of Django stay until the end: nobody needs to look for garbage among them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Instead of pytest-django's: the app role may neither create nor migrate a database."""
    with django_db_blocker.unblock():
        databases.use(databases.make_for(WORKER))
    yield
    with django_db_blocker.unblock():
        for connection in connections.all():
            connection.close()


@pytest.fixture(scope="session", autouse=True)
def _owner_undoes_transactional_tests() -> Iterator[None]:
    """Django's way is TRUNCATE as the app role, which has no such right."""
    original = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: databases.empty()
    yield
    TransactionTestCase._fixture_teardown = original


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """Broker, cache and rate limits of one test must not reach the next."""
    _redis().flushdb()
    cache.close()


@lru_cache(maxsize=1)
def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL)
