"""Who customers are, and what happened."""

from contacts.models.cleaning import (
    CleaningSettings,
    CompanyMerge,
    DuplicatePair,
    MatchCard,
    MatchCount,
    MatchKey,
    Merge,
    QualityCount,
    QualityIssue,
    UnmatchedContact,
)
from contacts.models.companies import Company, CompanyDomain
from contacts.models.fields import CustomChoice, CustomField, CustomValue
from contacts.models.history import Event, EventKey
from contacts.models.imports import ImportChunk, ImportMapping, ImportProblem, ImportRow, ImportRun
from contacts.models.intake import RefusedEvent
from contacts.models.letters import Letter, LetterFile, LetterHandover, LetterSignature, LetterTemplate
from contacts.models.lists import BulkChunk, BulkRun, NameKey, SavedView, ViewDefault
from contacts.models.notes import ComposeDraft, ContactNote, DraftFile, FollowUp, NoteFile
from contacts.models.people import Contact, EmailAddress, Identity, PhoneNumber, PostalAddress, Tag, Tagging
from contacts.models.provenance import CompanyChange, ContactChange, StageRule
from contacts.models.segments import DirtyContact, Segment, SegmentMembership, SegmentPick, SegmentRule

__all__ = [
    "BulkChunk",
    "BulkRun",
    "CleaningSettings",
    "Company",
    "CompanyChange",
    "CompanyDomain",
    "CompanyMerge",
    "ComposeDraft",
    "Contact",
    "ContactChange",
    "ContactNote",
    "CustomChoice",
    "CustomField",
    "CustomValue",
    "DirtyContact",
    "DraftFile",
    "DuplicatePair",
    "EmailAddress",
    "Event",
    "EventKey",
    "FollowUp",
    "Identity",
    "ImportChunk",
    "ImportMapping",
    "ImportProblem",
    "ImportRow",
    "ImportRun",
    "Letter",
    "LetterFile",
    "LetterHandover",
    "LetterSignature",
    "LetterTemplate",
    "MatchCard",
    "MatchCount",
    "MatchKey",
    "Merge",
    "NameKey",
    "NoteFile",
    "PhoneNumber",
    "PostalAddress",
    "QualityCount",
    "QualityIssue",
    "RefusedEvent",
    "SavedView",
    "Segment",
    "SegmentMembership",
    "SegmentPick",
    "SegmentRule",
    "StageRule",
    "Tag",
    "Tagging",
    "UnmatchedContact",
    "ViewDefault",
]
