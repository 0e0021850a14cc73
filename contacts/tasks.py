"""Tasks of the rooms inside contacts: Celery looks for them here."""

from contacts.imports import tasks as imports
from contacts.merge import tasks as merge
from contacts.segments import tasks as segments

__all__ = ["imports", "merge", "segments"]
