"""Tasks of the rooms inside contacts: Celery looks for them here."""

from contacts.bulk import tasks as bulk
from contacts.companies import tasks as companies
from contacts.exports import tasks as exports
from contacts.imports import tasks as imports
from contacts.letters import tasks as letters
from contacts.merge import tasks as merge
from contacts.notes import tasks as notes
from contacts.quality import tasks as quality
from contacts.segments import tasks as segments
from contacts.stages import tasks as stages

__all__ = ["bulk", "companies", "exports", "imports", "letters", "merge", "notes", "quality", "segments", "stages"]
