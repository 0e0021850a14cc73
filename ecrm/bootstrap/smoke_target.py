"""What the smoke test walks on, and what its steps say when they stumble."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from ecrm.bootstrap.logins import Login
from ecrm.bootstrap.visitor import Visitor


@dataclass(frozen=True)
class Target:
    """What is tried out. `watch` is called while waiting and raises when a process keeps dying.

    `door` is where mail comes in, host:port, for addresses of `inbound_domain`. `shop_url` is the
    demo's shop, a site of the first login's workspace.
    """

    base_url: str
    mailbox_url: str
    logins: tuple[Login, ...] = ()
    watch: Callable[[], None] = field(default=lambda: None)
    door: str = ""
    inbound_domain: str = ""
    shop_url: str = ""

    def wait_for(self, what: str, seen: Callable[[], bool], *, seconds: float = 30) -> None:
        """Until `seen()`; raises Unexpected naming `what` after that many seconds."""
        deadline = time.monotonic() + seconds
        while not seen():
            if time.monotonic() > deadline:
                raise Unexpected(f"waited {seconds:.0f} s for {what}")
            self.watch()
            time.sleep(0.2)

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        """What the mail catcher has for an address, newest first."""
        answer = Visitor(self.mailbox_url).get(f"/api/messages?{urlencode({'to': address})}")
        found = json.loads(answer.text)
        return list(found["messages"])


class Unexpected(Exception):
    """What the step saw instead of what a person would expect."""


Step = Callable[[Target, Visitor], None]


def expect(fact: bool, otherwise: str) -> None:
    if not fact:
        raise Unexpected(otherwise)
