"""Who a message comes from and how it looks."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
INK, PAPER = "#1d2326", "#ffffff"


@dataclass(frozen=True, slots=True)
class Brand:
    """`postal_address` is required in every commercial message (CAN-SPAM, and most EU law).

    `colour` is #rrggbb. `reason` says why somebody gets this ("You agreed to the newsletter…").
    """

    name: str
    postal_address: str
    colour: str = "#15616d"
    reason: str = ""
    font: str = "Helvetica, Arial, sans-serif"

    def __post_init__(self) -> None:
        if not _COLOUR.fullmatch(self.colour):
            raise ValueError("A brand colour is written #rrggbb.")

    @property
    def on_colour(self) -> str:
        """Black or white, whichever reads better on the brand colour (WCAG relative luminance)."""
        luminance = _luminance(self.colour)
        return PAPER if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


@dataclass(frozen=True, slots=True)
class Sender:
    """The From line and its companions. `list_id` is a host-like name (`news.example.com`), and
    `feedback_id` what mailbox providers group complaints by (at most four parts)."""

    name: str
    address: str
    reply_to: str = ""
    list_id: str = ""
    feedback_id: str = ""


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
