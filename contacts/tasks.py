"""Tasks of the rooms inside contacts: Celery looks for them here."""

from contacts.segments import tasks as segments

__all__ = ["segments"]
