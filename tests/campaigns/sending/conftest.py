from __future__ import annotations

import socket

import pytest

from campaigns.sending import letters


@pytest.fixture(autouse=True)
def _forget_letters() -> None:
    """Ids repeat between tests, letters are kept by them."""
    letters._kept.clear()


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
