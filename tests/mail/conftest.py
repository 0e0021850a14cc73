from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecrm.mail.catcher.rules import Faults
from ecrm.mail.relays import Relay
from ecrm.mail.transports import SmtpTransport
from tests.mail.catching import RunningCatcher
from tests.mail.scripted import ScriptedServer, Wire


@pytest.fixture
def start_catcher(tmp_path: Path) -> Iterator[Callable[..., RunningCatcher]]:
    running: list[RunningCatcher] = []

    def start(keep: int = 5000, **faults: object) -> RunningCatcher:
        running.append(RunningCatcher(tmp_path, Faults(**faults), keep))
        return running[-1]

    yield start
    for catcher in running:
        catcher.stop()


@pytest.fixture
def catcher(start_catcher: Callable[..., RunningCatcher]) -> RunningCatcher:
    return start_catcher()


@pytest.fixture
def start_server() -> Iterator[Callable[..., ScriptedServer]]:
    running: list[ScriptedServer] = []

    def start(*scripts: Callable[[Wire], None]) -> ScriptedServer:
        running.append(ScriptedServer(*scripts))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def transport_to() -> Iterator[Callable[[str], SmtpTransport]]:
    opened: list[SmtpTransport] = []

    def connect(url: str) -> SmtpTransport:
        opened.append(SmtpTransport(Relay.parse(url)))
        return opened[-1]

    yield connect
    for transport in opened:
        transport.close()
