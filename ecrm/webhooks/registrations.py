"""What the webhook inbox gives to the registries of the house."""

from __future__ import annotations

from ecrm.webhooks import tasks as tasks  # known to every process that enqueues
