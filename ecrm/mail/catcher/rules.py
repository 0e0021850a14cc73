"""How the catcher treats a recipient: by the part before the @, and by faults asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

DEFERRALS = 2  # how often `later@…` is put off before it is taken


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares between 0 and 1 of messages (or recipients, for `defer`) that go wrong."""

    drop_after_data: float = 0.0
    lose: float = 0.0
    defer: float = 0.0
    slow_seconds: float = 0.0
    pipelining: bool = True
    seed: int | None = None
    random: Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "random", Random(self.seed))  # noqa: S311 - not for secrets

    def strikes(self, share: float) -> bool:
        return share > 0 and self.random.random() < share


def answer(recipient: str, *, deferrals: int) -> bytes:
    """The reply to RCPT. `deferrals`: how often this recipient has been put off before."""
    local = recipient.partition("@")[0].lower()
    if local.startswith(("bounce", "hardbounce")):
        return b"550 5.1.1 No such mailbox here"
    if local.startswith("full"):
        return b"552 5.2.2 Mailbox full"
    if local.startswith(("later", "softbounce")) and deferrals < DEFERRALS:
        return b"451 4.2.1 Try again later"
    return b"250 2.1.5 Ok"
