"""One row of every tenant model, by factory-boy. A model without a factory turns the guards red.

Rows are made in the current tenant (``tenant_context``). Tests of behaviour make their people
through the services; these rows are for what looks at tables: walls, queries, erasure.
"""

from __future__ import annotations

from string import ascii_uppercase
from typing import Any

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from analytics import models as analytics
from campaigns import models as campaigns
from cases import models as cases
from consent import models as consent
from contacts import models as contacts
from contacts.imports import services as imports
from ecrm.administration.models import SupportVisit
from ecrm.api.models import ApiToken, KeptAnswer
from ecrm.audit.models import AuditEntry
from ecrm.files import services as files
from ecrm.files.models import File
from ecrm.jobs.models import Job, OutboxEntry
from ecrm.keys import address_hash, encrypt
from ecrm.mail.models import ImapMailbox, InboundAddress, InboundMail, SendingIdentity
from ecrm.notices.models import NoticeChoice, NoticeHabits, Notification
from ecrm.tenancy import sample
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, SampleMark, Team, TeamMember, User
from ecrm.tenancy.tokens import new_secret, secret_hash
from ecrm.ui.models import ShellSettings
from ecrm.webhooks.models import WebhookEndpoint, WebhookReceipt

NOW = factory.LazyFunction(timezone.now)


def some_member(_row: Any) -> Any:
    return Membership.objects.filter(tenant_id=require_tenant_id()).order_by("id").first().user


class TeamFactory(DjangoModelFactory):
    name = factory.Sequence("Team {}".format)

    class Meta:
        model = Team


class TeamMemberFactory(DjangoModelFactory):
    team = factory.SubFactory(TeamFactory)
    user = factory.LazyAttribute(some_member)

    class Meta:
        model = TeamMember


class SampleMarkFactory(DjangoModelFactory):
    """Nobody may write a mark: the database makes them for a tenant that is new."""

    class Meta:
        model = SampleMark

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        ContactFactory()
        sample.mark()
        return SampleMark.objects.get(table_name="contacts_contact")


class AuditEntryFactory(DjangoModelFactory):
    action = "contact.exported"

    class Meta:
        model = AuditEntry


class SupportVisitFactory(DjangoModelFactory):
    """A visit that is over: an open one would mark the tenant as visited."""

    visitor_id = factory.LazyFunction(lambda: some_member(None).pk)
    reason = "Asked to look at an import"
    expires_at = NOW

    class Meta:
        model = SupportVisit


class FileFactory(DjangoModelFactory):
    """A stored CSV of one person."""

    class Meta:
        model = File

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> File:
        content = [b"Name,Email\nAna,ana@example.com\n"]
        return files.store(content, name="people.csv", content_type="text/csv", capability="contacts.import", by=None)


class JobFactory(DjangoModelFactory):
    kind = "import"
    title = "Import people.csv"
    requested_by = factory.LazyAttribute(some_member)

    class Meta:
        model = Job


class ApiTokenFactory(DjangoModelFactory):
    name = "Shop"
    scopes = factory.LazyFunction(lambda: ["contacts:read"])
    secret_hash = factory.Sequence(lambda number: secret_hash(f"ecrm_{number}"))
    ending = "abcd"
    membership_id = factory.LazyFunction(
        lambda: Membership.objects.filter(tenant_id=require_tenant_id()).order_by("id").first().pk
    )

    class Meta:
        model = ApiToken


class KeptAnswerFactory(DjangoModelFactory):
    token = factory.SubFactory(ApiTokenFactory)
    key = factory.Sequence("order-{}".format)
    digest = b"0" * 32

    class Meta:
        model = KeptAnswer


class OutboxEntryFactory(DjangoModelFactory):
    task = "jobs.nothing"
    queue = "interactive"

    class Meta:
        model = OutboxEntry


class NotificationFactory(DjangoModelFactory):
    user = factory.LazyAttribute(some_member)
    kind = "job.finished"
    url = "/jobs/"
    facts = factory.LazyFunction(lambda: {"title": "Import people.csv"})

    class Meta:
        model = Notification


class NoticeChoiceFactory(DjangoModelFactory):
    user = factory.LazyAttribute(some_member)
    kind = factory.Sequence("job.kind{}".format)
    mail = "digest"

    class Meta:
        model = NoticeChoice


class NoticeHabitsFactory(DjangoModelFactory):
    user = factory.LazyAttribute(some_member)

    class Meta:
        model = NoticeHabits
        django_get_or_create = ("user",)


class ShellSettingsFactory(DjangoModelFactory):
    class Meta:
        model = ShellSettings

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> ShellSettings:
        row = ShellSettings.of_tenant()
        row.save()
        return row


class SendingIdentityFactory(DjangoModelFactory):
    name = "Acme"
    email = factory.Sequence("sender{}@acme.example".format)

    class Meta:
        model = SendingIdentity


class InboundAddressFactory(DjangoModelFactory):
    address = factory.Sequence("help{}.acme@in.localhost".format)
    address_norm = factory.SelfAttribute("address")

    class Meta:
        model = InboundAddress


class ImapMailboxFactory(DjangoModelFactory):
    address = factory.Sequence("post{}@acme.example".format)
    host = "127.0.0.1"
    username = factory.SelfAttribute("address")
    secret = factory.LazyFunction(lambda: encrypt("secret"))
    due_at = None

    class Meta:
        model = ImapMailbox


class InboundMailFactory(DjangoModelFactory):
    key = factory.Sequence("{:064}".format)
    file = factory.SubFactory(FileFactory)
    sender = "ana@example.com"
    recipient = "support.acme@in.localhost"
    channel = "smtp"

    class Meta:
        model = InboundMail


class WebhookEndpointFactory(DjangoModelFactory):
    provider = "postmark"
    secret_hash = factory.LazyFunction(lambda: new_secret()[1])

    class Meta:
        model = WebhookEndpoint


class WebhookReceiptFactory(DjangoModelFactory):
    endpoint = factory.SubFactory(WebhookEndpointFactory)
    key = factory.Sequence("{:064}".format)
    file = factory.SubFactory(FileFactory)

    class Meta:
        model = WebhookReceipt


class CompanyFactory(DjangoModelFactory):
    name = factory.Sequence("Company {}".format)
    name_norm = factory.LazyAttribute(lambda row: row.name.lower())

    class Meta:
        model = contacts.Company


class CompanyDomainFactory(DjangoModelFactory):
    company = factory.SubFactory(CompanyFactory)
    domain_norm = factory.Sequence("company{}.example".format)

    class Meta:
        model = contacts.CompanyDomain


class ContactFactory(DjangoModelFactory):
    name = factory.Sequence("Person {}".format)
    sort_key = factory.LazyAttribute(lambda row: row.name.lower())
    search_text = factory.LazyAttribute(lambda row: row.name.lower())

    class Meta:
        model = contacts.Contact


class EmailAddressFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    address = factory.Sequence("person{}@example.com".format)
    address_norm = factory.LazyAttribute(lambda row: row.address.lower())
    address_hash = factory.LazyAttribute(lambda row: address_hash(row.address_norm))
    is_primary = True

    class Meta:
        model = contacts.EmailAddress


class CompanyChangeFactory(DjangoModelFactory):
    company = factory.SubFactory(CompanyFactory)
    source_type = "web"
    changes = {"city": ["", "Braga"]}

    class Meta:
        model = contacts.CompanyChange


class ContactChangeFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    source_type = "web"
    changes = {"city": ["", "Braga"]}

    class Meta:
        model = contacts.ContactChange


class StageRuleFactory(DjangoModelFactory):
    kind = contacts.StageRule.Kind.EVENT
    event_name = factory.Sequence("thing{}.happened".format)
    stage = "customer"

    class Meta:
        model = contacts.StageRule


class PhoneNumberFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    number = factory.Sequence("+35191000{:04}".format)
    written = factory.SelfAttribute("number")

    class Meta:
        model = contacts.PhoneNumber


class PostalAddressFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    street = "Rua das Flores 12"

    class Meta:
        model = contacts.PostalAddress


class IdentityFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    namespace = "shop"
    external_id = factory.Sequence("C-{}".format)

    class Meta:
        model = contacts.Identity


class TagFactory(DjangoModelFactory):
    name = factory.Sequence("tag {}".format)
    name_norm = factory.SelfAttribute("name")

    class Meta:
        model = contacts.Tag


class TaggingFactory(DjangoModelFactory):
    tag = factory.SubFactory(TagFactory)
    contact = factory.SubFactory(ContactFactory)

    class Meta:
        model = contacts.Tagging


class EventFactory(DjangoModelFactory):
    name = "order.placed"
    contact_id = factory.LazyFunction(lambda: ContactFactory().pk)
    occurred_at = NOW
    received_at = NOW

    class Meta:
        model = contacts.Event


class EventKeyFactory(DjangoModelFactory):
    source = "shop"
    key = factory.Sequence("order-{}".format)
    occurred_at = NOW

    class Meta:
        model = contacts.EventKey


class RefusedEventFactory(DjangoModelFactory):
    source = "api"
    reason = "person: nobody here goes by this name"

    class Meta:
        model = contacts.RefusedEvent


class NameKeyFactory(DjangoModelFactory):
    key = 1
    contact_id = factory.LazyFunction(lambda: ContactFactory().pk)

    class Meta:
        model = contacts.NameKey


class SavedViewFactory(DjangoModelFactory):
    name = factory.Sequence("View {}".format)
    audience = "everyone"
    owner = factory.LazyAttribute(some_member)

    class Meta:
        model = contacts.SavedView


class ViewDefaultFactory(DjangoModelFactory):
    view = factory.SubFactory(SavedViewFactory)
    user = factory.Sequence(lambda number: User.objects.create_user(f"looker{number}@example.com", None))

    class Meta:
        model = contacts.ViewDefault


class BulkRunFactory(DjangoModelFactory):
    action = "tag"
    title = "Tag"
    arguments = factory.LazyFunction(lambda: {"tags": "VIP"})
    started_by = factory.LazyAttribute(some_member)

    class Meta:
        model = contacts.BulkRun


class BulkChunkFactory(DjangoModelFactory):
    run = factory.SubFactory(BulkRunFactory)
    number = 0
    contact_ids = factory.LazyFunction(list)

    class Meta:
        model = contacts.BulkChunk


class CustomFieldFactory(DjangoModelFactory):
    entity = "contact"
    kind = "choice"
    key = factory.Sequence("field_{}".format)
    label = factory.Sequence("Field {}".format)

    class Meta:
        model = contacts.CustomField


class CustomChoiceFactory(DjangoModelFactory):
    field = factory.SubFactory(CustomFieldFactory)
    key = factory.Sequence("choice_{}".format)
    label = factory.Sequence("Choice {}".format)

    class Meta:
        model = contacts.CustomChoice


class CustomValueFactory(DjangoModelFactory):
    field = factory.SubFactory(CustomFieldFactory)
    contact = factory.SubFactory(ContactFactory)
    choice = factory.SubFactory(CustomChoiceFactory, field=factory.SelfAttribute("..field"))

    class Meta:
        model = contacts.CustomValue


class SegmentFactory(DjangoModelFactory):
    name = factory.Sequence("Segment {}".format)
    rule = factory.LazyFunction(lambda: {"all": []})

    class Meta:
        model = contacts.Segment


class SegmentMembershipFactory(DjangoModelFactory):
    segment = factory.SubFactory(SegmentFactory)
    contact = factory.SubFactory(ContactFactory)
    entered_at = NOW

    class Meta:
        model = contacts.SegmentMembership


class SegmentRuleFactory(DjangoModelFactory):
    segment = factory.SubFactory(SegmentFactory)
    version = 1
    rule = factory.LazyFunction(lambda: {"all": []})

    class Meta:
        model = contacts.SegmentRule


class SegmentPickFactory(DjangoModelFactory):
    segment = factory.SubFactory(SegmentFactory, kind="static")
    contact = factory.SubFactory(ContactFactory)

    class Meta:
        model = contacts.SegmentPick


class MergeFactory(DjangoModelFactory):
    winner = factory.SubFactory(ContactFactory)
    loser = factory.SubFactory(ContactFactory)
    survivor = factory.SelfAttribute("winner")
    snapshot = factory.LazyFunction(
        lambda: {
            **{key: {} for key in ("moved", "before", "after", "primary")},
            **dict.fromkeys(("last_active_at", "loser_last_active_at")),
            "since": timezone.now().isoformat(),
        }
    )

    class Meta:
        model = contacts.Merge


class CustomerRuleFactory(DjangoModelFactory):
    country = factory.Iterator([f"{first}{second}" for first in ascii_uppercase for second in ascii_uppercase])
    is_allowed = True
    law = "An act"
    reason = "Our lawyer"

    class Meta:
        model = consent.CustomerRule


class CompanyMergeFactory(DjangoModelFactory):
    winner = factory.SubFactory(CompanyFactory)
    loser = factory.SubFactory(CompanyFactory)
    survivor = factory.SelfAttribute("winner")
    name_norm = factory.LazyAttribute(lambda row: row.loser.name_norm)
    snapshot = factory.LazyFunction(lambda: {key: {} for key in ("moved", "before", "after", "fields")})

    class Meta:
        model = contacts.CompanyMerge


class MatchKeyFactory(DjangoModelFactory):
    kind = 1
    key = factory.Sequence(int)
    contact_id = factory.LazyFunction(lambda: ContactFactory().pk)

    class Meta:
        model = contacts.MatchKey


class MatchCardFactory(DjangoModelFactory):
    contact_id = factory.LazyFunction(lambda: ContactFactory().pk)

    class Meta:
        model = contacts.MatchCard


class MatchCountFactory(DjangoModelFactory):
    key = factory.Sequence(int)
    people = 1

    class Meta:
        model = contacts.MatchCount


class UnmatchedContactFactory(DjangoModelFactory):
    contact_id = factory.LazyFunction(lambda: ContactFactory().pk)

    class Meta:
        model = contacts.UnmatchedContact


class DuplicatePairFactory(DjangoModelFactory):
    first = factory.SubFactory(ContactFactory)
    second = factory.SubFactory(ContactFactory)
    score = 80

    class Meta:
        model = contacts.DuplicatePair


class QualityIssueFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    kind = "incomplete"

    class Meta:
        model = contacts.QualityIssue


class QualityCountFactory(DjangoModelFactory):
    day = factory.LazyFunction(lambda: timezone.now().date())
    dimension = "source"
    value = factory.Sequence("source {}".format)
    people = 1

    class Meta:
        model = contacts.QualityCount


class CleaningSettingsFactory(DjangoModelFactory):
    class Meta:
        model = contacts.CleaningSettings


class DirtyContactFactory(DjangoModelFactory):
    contact_id = factory.LazyFunction(lambda: ContactFactory().pk)

    class Meta:
        model = contacts.DirtyContact


class ImportRunFactory(DjangoModelFactory):
    """As an upload makes it: read, guessed, ready to be mapped."""

    class Meta:
        model = contacts.ImportRun

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> contacts.ImportRun:
        upload = SimpleUploadedFile("people.csv", b"Name,Email\nAna,ana@example.com\n", "text/csv")
        return imports.begin_import(upload=upload, by=some_member(None))


class ImportRowFactory(DjangoModelFactory):
    run = factory.SubFactory(ImportRunFactory)
    line = factory.Sequence(lambda number: number + 2)

    class Meta:
        model = contacts.ImportRow


class ImportChunkFactory(DjangoModelFactory):
    run = factory.SubFactory(ImportRunFactory)
    first_line = factory.Sequence(lambda n: n * 10 + 2)
    last_line = factory.LazyAttribute(lambda chunk: chunk.first_line + 9)
    row_count = 10

    class Meta:
        model = contacts.ImportChunk


class ImportMappingFactory(DjangoModelFactory):
    headers_sha256 = factory.Sequence(lambda n: f"{n:064x}")

    class Meta:
        model = contacts.ImportMapping


class ImportProblemFactory(DjangoModelFactory):
    run = factory.SubFactory(ImportRunFactory)
    line = 2
    reason = "No email address."

    class Meta:
        model = contacts.ImportProblem


class PurposeFactory(DjangoModelFactory):
    key = factory.Sequence("purpose-{}".format)
    channel = "email"

    class Meta:
        model = consent.Purpose


class PurposeTextFactory(DjangoModelFactory):
    purpose = factory.SubFactory(PurposeFactory)
    language = "en"
    name = "Newsletter"

    class Meta:
        model = consent.PurposeText


class NoticeFactory(DjangoModelFactory):
    purpose = factory.SubFactory(PurposeFactory)
    version = 1
    language = "en"
    text = "We write once a month."
    sha256 = "0" * 64

    class Meta:
        model = consent.Notice


class ConsentRecordFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    purpose = factory.SubFactory(PurposeFactory)
    channel = "email"
    action = "granted"
    source = "form"
    given_at = NOW

    class Meta:
        model = consent.ConsentRecord


class ConsentStateFactory(DjangoModelFactory):
    """Nobody may write a state: a ledger row makes it."""

    class Meta:
        model = consent.ConsentState

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        record = ConsentRecordFactory()
        return consent.ConsentState.objects.get(record=record)


class SuppressionFactory(DjangoModelFactory):
    address_hash = factory.Sequence(lambda number: address_hash(f"gone{number}@example.com"))
    reason = "hard_bounce"

    class Meta:
        model = consent.Suppression


class ConsentClaimFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    purpose = factory.SubFactory(PurposeFactory)

    class Meta:
        model = consent.ConsentClaim


class ConsentAskFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    purpose = factory.SubFactory(PurposeFactory)

    class Meta:
        model = consent.ConsentAsk


class MoveFactory(DjangoModelFactory):
    system = "mailchimp"
    state = "read"

    class Meta:
        model = consent.Move


class MoveFileFactory(DjangoModelFactory):
    move = factory.SubFactory(MoveFactory)
    name = "subscribed_members_export.csv"
    kind = "subscribed"

    class Meta:
        model = consent.MoveFile


class FormerTraceFactory(DjangoModelFactory):
    system = "mailchimp"
    kind = "step"
    target = factory.Sequence("step-{}".format)

    class Meta:
        model = consent.FormerTrace


class CampaignFactory(DjangoModelFactory):
    name = factory.Sequence("Campaign {}".format)
    segment = factory.SubFactory(SegmentFactory)
    purpose = factory.SubFactory(PurposeFactory)
    identity = factory.SubFactory(SendingIdentityFactory)

    class Meta:
        model = campaigns.Campaign


class CampaignContentFactory(DjangoModelFactory):
    campaign = factory.SubFactory(CampaignFactory)
    language = "en"
    subject = "Spring"

    class Meta:
        model = campaigns.CampaignContent


class LinkFactory(DjangoModelFactory):
    campaign = factory.SubFactory(CampaignFactory)
    position = 1
    url = "https://shop.example/spring"

    class Meta:
        model = campaigns.Link


class ChunkFactory(DjangoModelFactory):
    content = factory.SubFactory(CampaignContentFactory)
    campaign = factory.SelfAttribute("content.campaign")

    class Meta:
        model = campaigns.Chunk


class DeliveryFactory(DjangoModelFactory):
    """With the consent that its purpose asks for, to an address of the person: the database insists."""

    chunk = factory.SubFactory(ChunkFactory)
    campaign = factory.SelfAttribute("chunk.campaign")
    content = factory.SelfAttribute("chunk.content")
    consent_record = factory.LazyAttribute(lambda row: ConsentRecordFactory(purpose=row.campaign.purpose))
    contact = factory.SelfAttribute("consent_record.contact")
    address = factory.LazyAttribute(lambda row: EmailAddressFactory(contact=row.contact).address)
    address_norm = factory.SelfAttribute("address")
    address_hash = factory.LazyAttribute(lambda row: address_hash(row.address_norm))

    class Meta:
        model = campaigns.Delivery


class ExclusionFactory(DjangoModelFactory):
    campaign = factory.SubFactory(CampaignFactory)
    contact = factory.SubFactory(ContactFactory)
    reason = "no_consent"

    class Meta:
        model = campaigns.Exclusion


class IntentFactory(DjangoModelFactory):
    delivery = factory.SubFactory(DeliveryFactory)
    campaign = factory.SelfAttribute("delivery.campaign")

    class Meta:
        model = campaigns.Intent


class OutcomeFactory(DjangoModelFactory):
    delivery = factory.SubFactory(DeliveryFactory)
    campaign = factory.SelfAttribute("delivery.campaign")
    kind = "sent"

    class Meta:
        model = campaigns.Outcome


class ThrottleFactory(DjangoModelFactory):
    scope = "tenant"
    key = factory.Sequence("{}".format)
    per_second = 10
    burst = 10
    tokens = 10

    class Meta:
        model = campaigns.Throttle


class HitFactory(DjangoModelFactory):
    delivery = factory.SubFactory(DeliveryFactory)
    campaign = factory.SelfAttribute("delivery.campaign")
    kind = "click"
    ip_hash = b"0" * 32

    class Meta:
        model = campaigns.Hit


class LetterFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    direction = "out"
    author = factory.LazyAttribute(some_member)
    subject = "Your new lid"
    text = "It leaves today."

    class Meta:
        model = contacts.Letter


class LetterFileFactory(DjangoModelFactory):
    letter = factory.SubFactory(LetterFactory)
    file = factory.SubFactory(FileFactory)

    class Meta:
        model = contacts.LetterFile


class LetterHandoverFactory(DjangoModelFactory):
    letter = factory.SubFactory(LetterFactory)
    recipient = "person@example.com"
    due_at = NOW

    class Meta:
        model = contacts.LetterHandover


class LetterTemplateFactory(DjangoModelFactory):
    name = factory.Sequence("Thank you {}".format)
    text = "Thank you."

    class Meta:
        model = contacts.LetterTemplate


def some_member_without_signature(_row: Any) -> Any:
    """Each has one; a second signature needs a second member."""
    first = some_member(_row)
    if not contacts.LetterSignature.objects.filter(user=first).exists():
        return first
    count = Membership.objects.filter(tenant_id=require_tenant_id()).count()
    user = User.objects.create_user(f"signer{count}@example.com", name=f"Signer {count}")
    Membership.objects.create(tenant_id=require_tenant_id(), user=user, roles=["viewer"])
    return user


class LetterSignatureFactory(DjangoModelFactory):
    user = factory.LazyAttribute(some_member_without_signature)
    text = "Alice, Acme"

    class Meta:
        model = contacts.LetterSignature


class ContactNoteFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    author = factory.LazyAttribute(some_member)
    text = "Prefers to be called after six."

    class Meta:
        model = contacts.ContactNote


class NoteFileFactory(DjangoModelFactory):
    note = factory.SubFactory(ContactNoteFactory)
    file = factory.SubFactory(FileFactory)

    class Meta:
        model = contacts.NoteFile


class FollowUpFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    owner = factory.LazyAttribute(some_member)
    text = "Ask how the lid fits"
    due_on = factory.LazyFunction(timezone.localdate)

    class Meta:
        model = contacts.FollowUp


class ComposeDraftFactory(DjangoModelFactory):
    contact = factory.SubFactory(ContactFactory)
    user = factory.LazyAttribute(some_member)
    kind = "note"
    text = "Prefers to be"

    class Meta:
        model = contacts.ComposeDraft


class DraftFileFactory(DjangoModelFactory):
    draft = factory.SubFactory(ComposeDraftFactory)
    file = factory.SubFactory(FileFactory)

    class Meta:
        model = contacts.DraftFile


class CaseFactory(DjangoModelFactory):
    number = factory.Sequence(lambda number: 1001 + number)
    subject = "Lid arrived chipped"
    contact = factory.SubFactory(ContactFactory)
    waiting_since = NOW

    class Meta:
        model = cases.Case


class CaseCounterFactory(DjangoModelFactory):
    last = 1000

    class Meta:
        model = cases.CaseCounter


class CaseMessageFactory(DjangoModelFactory):
    case = factory.SubFactory(CaseFactory)
    direction = "in"
    text = "The lid arrived chipped."
    html = "<p>The lid arrived chipped.</p>"
    sender_address = "person@example.com"

    class Meta:
        model = cases.CaseMessage


class CaseFileFactory(DjangoModelFactory):
    message = factory.SubFactory(CaseMessageFactory)
    file = factory.SubFactory(FileFactory)

    class Meta:
        model = cases.CaseFile


class HandoverFactory(DjangoModelFactory):
    message = factory.SubFactory(CaseMessageFactory, direction="out", author=factory.LazyAttribute(some_member))
    recipient = "person@example.com"
    due_at = NOW
    former_state = "new"

    class Meta:
        model = cases.Handover


class CaseReaderFactory(DjangoModelFactory):
    case = factory.SubFactory(CaseFactory)
    user = factory.LazyAttribute(some_member)
    read_at = NOW

    class Meta:
        model = cases.CaseReader


class CaseDraftFactory(DjangoModelFactory):
    case = factory.SubFactory(CaseFactory)
    user = factory.LazyAttribute(some_member)
    text = "We send"
    updated_at = NOW

    class Meta:
        model = cases.CaseDraft


class CaseMergeFactory(DjangoModelFactory):
    kept = factory.SubFactory(CaseFactory)
    merged = factory.SubFactory(CaseFactory)
    former_state = kept_state = "new"

    class Meta:
        model = cases.CaseMerge


class MovedMessageFactory(DjangoModelFactory):
    merge = factory.SubFactory(CaseMergeFactory)
    message = factory.SubFactory(CaseMessageFactory)

    class Meta:
        model = cases.MovedMessage


class AcknowledgementFactory(DjangoModelFactory):
    language = factory.Sequence("l{}".format)  # one text a language
    text = "Your mail has arrived."

    class Meta:
        model = cases.Acknowledgement


class CaseSettingsFactory(DjangoModelFactory):
    signature = "Your Acme"

    class Meta:
        model = cases.CaseSettings


def every_factory() -> dict[type[Any], type[DjangoModelFactory]]:
    """Factories by model."""
    return {found._meta.model: found for found in DjangoModelFactory.__subclasses__() if found._meta.model}


class SiteFactory(DjangoModelFactory):
    name = "Shop"
    key = factory.Sequence("site-key-{:07}".format)
    origins = ("https://shop.example",)

    class Meta:
        model = analytics.Site


class VisitorFactory(DjangoModelFactory):
    site = factory.SubFactory(SiteFactory)
    contact = factory.SubFactory(ContactFactory)
    key_hash = factory.Sequence(lambda number: number.to_bytes(32, "big"))
    first_seen_at = last_seen_at = NOW

    class Meta:
        model = analytics.Visitor


class VisitorAnswerFactory(DjangoModelFactory):
    visitor = factory.SubFactory(VisitorFactory)
    site = factory.SelfAttribute("visitor.site")
    action = "granted"
    given_at = NOW

    class Meta:
        model = analytics.VisitorAnswer
