"""Who customers are, and what happened."""

from contacts.models.companies import Company, CompanyDomain
from contacts.models.fields import CustomChoice, CustomField, CustomValue
from contacts.models.history import Event, EventKey
from contacts.models.imports import ImportProblem, ImportRow, ImportRun
from contacts.models.intake import RefusedEvent
from contacts.models.people import Contact, EmailAddress, Identity, PhoneNumber, PostalAddress, Tag, Tagging
from contacts.models.provenance import ContactChange, StageRule
from contacts.models.segments import DirtyContact, Segment, SegmentMembership

__all__ = [
    "Company",
    "CompanyDomain",
    "Contact",
    "ContactChange",
    "CustomChoice",
    "CustomField",
    "CustomValue",
    "DirtyContact",
    "EmailAddress",
    "Event",
    "EventKey",
    "Identity",
    "ImportProblem",
    "ImportRow",
    "ImportRun",
    "PhoneNumber",
    "PostalAddress",
    "RefusedEvent",
    "Segment",
    "SegmentMembership",
    "StageRule",
    "Tag",
    "Tagging",
]
