from enum import StrEnum


class Queue(StrEnum):
    """Who waits for the work decides the queue; a campaign cannot starve a password reset."""

    INTERACTIVE = "interactive"
    SEND = "send"
    IMPORT = "import"
    INGEST = "ingest"
    WEBHOOK = "webhook"
