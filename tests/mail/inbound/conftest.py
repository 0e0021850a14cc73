from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from ecrm.mail.inbound import receivers
from ecrm.mail.inbound.receivers import Arrival
from ecrm.mail.inbound.smtp_door import Door


@pytest.fixture
def arrivals() -> Iterator[list[Arrival]]:
    """Everything that came, taken before any room is asked."""
    came: list[Arrival] = []

    def take(arrival: Arrival) -> bool:
        came.append(arrival)
        arrival.verdict = "collected"
        return True

    receivers.register(-1, take)
    yield came
    receivers._receivers.remove((-1, take))


class RunningDoor:
    """A door on a free port, in a thread of its own."""

    def __init__(self, **options: float) -> None:
        self._started = threading.Event()
        self._options = options
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._started.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(30)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self.door = Door(**self._options)
        self.port = await self.door.open("127.0.0.1", 0)
        self._started.set()
        await self._stopping.wait()
        await self.door.close()


@pytest.fixture
def open_door() -> Iterator[Callable[..., RunningDoor]]:
    running: list[RunningDoor] = []

    def start(**options: float) -> RunningDoor:
        running.append(RunningDoor(**options))
        return running[-1]

    yield start
    for each in running:
        each.stop()
