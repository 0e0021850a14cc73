"""What engagement gives to the registries of the house."""

from __future__ import annotations

from campaigns.engagement import kinds
from contacts import events

for kind in kinds.KINDS:
    events.register(kind)
