"""The intake: events from outside, handed over durably here and written to the history soon after.

A door (the API, the visit script) calls ``offer`` or ``hand_over`` and answers its caller; the
flusher (``manage.py flush_events``) moves what waits on the Redis stream into PostgreSQL, exactly
once in effect. What cannot be written is set aside with its reason, never dropped.
"""

from contacts.ingest.offering import offer
from contacts.ingest.raw import InvalidEvent, RawEvent, check
from contacts.ingest.stream import IntakeFull, hand_over

__all__ = ["IntakeFull", "InvalidEvent", "RawEvent", "check", "hand_over", "offer"]
