"""What the columns of the kernel, of contacts and of consent hold."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from consent import models as consent
from consent.personal_data import Erasure, of_nobody, of_person, of_staff
from contacts import models as contacts
from ecrm.administration.models import PlatformEntry, SupportVisit
from ecrm.api.models import ApiToken, KeptAnswer
from ecrm.audit.models import AuditEntry
from ecrm.files.models import File
from ecrm.jobs.models import Job, OutboxEntry
from ecrm.mail.models import ImapMailbox, InboundAddress, InboundMail, SendingIdentity
from ecrm.notices.models import NoticeChoice, Notification
from ecrm.tenancy.models import ErasedTenant, Invitation, Membership, Route, SampleMark, Team, Tenant, User
from ecrm.ui.models import ShellSettings
from ecrm.webhooks.models import WebhookEndpoint, WebhookReceipt

_PROOF = "Proof of consent while claims can be made; without the contact's data it names nobody (GDPR Art. 17(3)(e))."
_SHIELD = "A keyed hash, kept so that an erased person is never written to again (GDPR Art. 21(3))."


def register() -> None:
    _kernel()
    _people()
    _history()
    _imports()
    _cleaning()
    _consent()


def _kernel() -> None:
    of_staff(User, "password", "email", "name", "language", "time_zone")
    of_staff(Membership, "roles")
    of_staff(Invitation, "email", "roles", "token_hash")
    of_staff(AuditEntry, "action", "subject_type", "fields", "reason")
    of_staff(PlatformEntry, "action", "subject_type", "fields", "reason")
    of_staff(SupportVisit, "reason")
    of_staff(SendingIdentity, "name", "email", "reply_to")
    of_nobody(SendingIdentity, "relay_url")
    of_nobody(
        Tenant,
        *("slug", "name", "languages", "time_zone", "currency", "country", "postal_address"),
        *("sender_name", "sender_email", "reply_to", "suspended_for"),
    )
    of_nobody(Team, "name")
    of_nobody(SampleMark, "table_name")
    of_nobody(ErasedTenant, "slug")
    of_nobody(ShellSettings, "hidden_places", "skipped_steps")
    of_nobody(Route, "kind", "key_hash")
    of_nobody(File, "name", "content_type", "sha256", "key", "capability")
    of_nobody(Job, "kind", "title", "url", "error", "call")
    of_person(Notification, {"facts": None}, erasure=Erasure.BLANK)
    of_nobody(Notification, "kind", "key", "url")
    of_staff(NoticeChoice, "kind")
    of_nobody(OutboxEntry, "task", "queue", "arguments", "error")
    of_nobody(ApiToken, "name", "scopes", "secret_hash", "ending")
    # Encrypted, and gone within a day: erasure need not look for the person in it.
    of_nobody(KeptAnswer, "key", "digest", "body")

    _incoming()


def _incoming() -> None:
    # A mail that came has met nobody yet: erasure finds it by the address.
    of_person(InboundMail, {"sender": _("Mail came from")}, erasure=Erasure.BLANK, person="")
    of_nobody(InboundMail, "key", "recipient", "verdict", "error")
    of_nobody(InboundAddress, "address", "address_norm", "kind")
    of_staff(ImapMailbox, "address", "username")
    of_nobody(ImapMailbox, "host", "secret", "folder", "error")
    of_nobody(WebhookEndpoint, "provider", "secret_hash", "signing_key")
    of_nobody(WebhookReceipt, "key", "content_type", "headers", "query", "verdict", "error")


def _people() -> None:
    of_person(
        contacts.Contact,
        {
            "name": _("Name"),
            "given_name": _("Given name"),
            "family_name": _("Family name"),
            "stage": _("Stage"),
            "job_title": _("Job title"),
            "language": _("Language"),
            "time_zone": _("Time zone"),
            "country": _("Country"),
            "city": _("City"),
            "birthday": _("Birthday"),
            "source": _("Source"),
            "sort_key": None,
            "search_text": None,
        },
        erasure=Erasure.BLANK,
        person="pk",
    )
    of_person(
        contacts.EmailAddress,
        {"address": _("Email"), "address_norm": None, "address_hash": None},
        erasure=Erasure.DELETE,
    )
    of_person(contacts.PhoneNumber, {"written": _("Phone"), "number": None}, erasure=Erasure.DELETE)
    of_person(
        contacts.PostalAddress,
        {
            "street": _("Street"),
            "postcode": _("Postcode"),
            "city": _("City"),
            "region": _("Region"),
            "country": _("Country"),
        },
        erasure=Erasure.DELETE,
    )
    of_person(contacts.Identity, {"namespace": _("System"), "external_id": _("Number there")}, erasure=Erasure.DELETE)
    of_person(
        contacts.ContactChange,
        {"changes": _("Earlier values"), "source_type": _("Source")},
        erasure=Erasure.DELETE,
    )
    _beside_people()
    _written()


def _beside_people() -> None:
    """Companies, fields, segments and what else is made for people."""
    of_nobody(
        contacts.Company,
        *("name", "name_norm", "search_text", "phone"),
        *("street", "postcode", "city", "region", "country"),
    )
    of_nobody(contacts.CompanyDomain, "domain_norm")
    of_nobody(contacts.CompanyChange, "changes", "source_type")
    of_person(
        contacts.CustomValue,
        {"text_value": _("Further details"), "text_norm": None, "currency": None},
        erasure=Erasure.DELETE,
    )
    of_nobody(contacts.CustomField, "key", "label", "note", "visible_to", "required_at")
    of_nobody(contacts.CustomChoice, "key", "label")
    of_nobody(contacts.StageRule, "event_name")
    of_nobody(contacts.Tag, "name", "name_norm")
    of_nobody(contacts.Segment, "name", "description", "kind", "rule", "broken_reason")
    of_nobody(contacts.SegmentRule, "rule")
    of_nobody(contacts.SavedView, "name", "query")
    of_nobody(contacts.ViewDefault, "role")
    of_nobody(contacts.BulkRun, "action", "title", "arguments", "query")
    of_nobody(contacts.BulkChunk, "contact_ids", "changed_ids")
    of_nobody(contacts.SegmentMembership, "entered_place", "left_place")
    of_nobody(contacts.DirtyContact, "reason")


def _written() -> None:
    """Letters to and from people, and what members write down about them."""
    of_person(
        contacts.Letter,
        {
            "subject": _("Subject"),
            "text": _("Message"),
            "signature": None,
            "sender_name": _("Name of the sender"),
            "sender_address": _("Address of the sender"),
            "message_id": None,
        },
        erasure=Erasure.DELETE,
    )
    of_person(contacts.LetterFile, {"content_id": None}, erasure=Erasure.DELETE, person="letter__contact_id")
    of_person(
        contacts.LetterHandover,
        {"recipient": _("Address written to"), "reply_text": None},
        erasure=Erasure.DELETE,
        person="letter__contact_id",
    )
    of_nobody(contacts.LetterTemplate, "name", "subject", "text", "language")
    of_staff(contacts.LetterSignature, "text")
    of_person(contacts.ContactNote, {"text": _("Note")}, erasure=Erasure.DELETE)
    of_person(contacts.FollowUp, {"text": _("What to do")}, erasure=Erasure.DELETE)
    of_person(contacts.ComposeDraft, {"kind": None, "subject": None, "text": None}, erasure=Erasure.DELETE)


def _history() -> None:
    of_person(
        contacts.Event,
        {
            "name": _("What happened"),
            "source_type": _("Source"),
            "currency": _("Currency"),
            "object_type": None,
        },
        erasure=Erasure.KEEP,
        why="Counted facts, cut loose from the person: which kind of thing happened, never to whom.",
    )
    of_person(contacts.Event, {"properties": _("Details")}, erasure=Erasure.BLANK)
    of_nobody(contacts.EventKey, "source", "key")
    # It met nobody, and goes within a month.
    of_nobody(contacts.RefusedEvent, "source", "reason", "content")


def _imports() -> None:
    # A staged row has met nobody yet: erasure finds it by the address.
    of_person(
        contacts.ImportRow,
        {"values": _("Imported values"), "address_norm": None, "match_key": None},
        erasure=Erasure.DELETE,
        person="",
    )
    of_nobody(
        contacts.ImportRun,
        *("name", "dialect", "mapping", "options", "counts", "applied_counts", "undo_counts", "error"),
    )
    of_nobody(contacts.ImportChunk, "counts", "made")
    of_nobody(contacts.ImportMapping, "headers_sha256", "mapping", "options")
    of_nobody(contacts.ImportProblem, "column", "reason")


def _cleaning() -> None:
    # What the other person had before a merge; theirs stays in their own row.
    of_person(contacts.Merge, {"snapshot": None}, erasure=Erasure.BLANK, person="winner_id")
    of_nobody(contacts.Merge, "rule")
    of_nobody(contacts.CompanyMerge, "snapshot", "name_norm")
    of_person(contacts.MatchCard, {"words": None, "sounds": None}, erasure=Erasure.DELETE)
    # Codes of what two people share, and of what is missing.
    of_nobody(contacts.DuplicatePair, "reasons", "decided_as")
    of_nobody(contacts.QualityIssue, "kind", "facts", "source", "closed_as")
    of_nobody(contacts.QualityCount, "dimension", "value", "counts")
    of_nobody(contacts.CleaningSettings, "required_fields", "safe_rules")


def _consent() -> None:
    of_person(
        consent.ConsentRecord,
        {"channel": _("Channel"), "action": _("Decision"), "source": _("Source")},
        erasure=Erasure.KEEP,
        why=_PROOF,
    )
    of_person(consent.ConsentRecord, {"evidence": _("Evidence")}, erasure=Erasure.BLANK)
    of_person(consent.Suppression, {"address_hash": None}, erasure=Erasure.KEEP, person="", why=_SHIELD)
    of_person(consent.Suppression, {"note": _("Note")}, erasure=Erasure.BLANK, person="")
    of_nobody(consent.Purpose, "key")
    of_nobody(consent.CustomerRule, "country", "law", "reason")
    of_nobody(consent.PurposeText, "language", "name", "description")
    of_nobody(consent.Notice, "language", "text", "sha256")
    of_person(
        consent.ConsentClaim,
        {"origin": _("Said to have agreed"), "file_name": _("File"), "file_sha256": None},
        erasure=Erasure.DELETE,
    )
    _moving()


def _moving() -> None:
    of_nobody(consent.Move, "found", "options", "planned", "applied", "made", "error")
    of_nobody(consent.MoveFile, "name", "sha256", "dialect", "left")
    of_nobody(consent.FormerTrace, "kind", "target", "example")
