"""Every address of the product, with arguments that belong to Acme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from ecrm.tenancy.models import Invitation, Membership
from tests import factories as make

# What a path parameter stands for. A parameter without a maker turns the guards red.
ARGUMENTS: dict[str, Callable[[], Any]] = {
    "contact_id": lambda: make.ContactFactory().pk,
    "other_id": lambda: make.ContactFactory().pk,
    "kind_key": lambda: "incomplete",
    "other_company_id": lambda: make.CompanyFactory().pk,
    "company_merge_id": lambda: make.CompanyMergeFactory().pk,
    "customer_rule_id": lambda: make.CustomerRuleFactory().pk,
    "merge_id": lambda: make.MergeFactory().pk,
    "pair_id": lambda: make.DuplicatePairFactory().pk,
    "quality_issue_id": lambda: make.QualityIssueFactory().pk,
    "view_id": lambda: make.SavedViewFactory().pk,
    "bulk_run_id": lambda: make.BulkRunFactory().pk,
    "field_id": lambda: make.CustomFieldFactory().pk,
    "segment_id": lambda: make.SegmentFactory().pk,
    "campaign_id": lambda: make.CampaignFactory().pk,
    "run_id": lambda: make.ImportRunFactory().pk,
    "job_id": lambda: make.JobFactory().pk,
    "file_id": lambda: make.FileFactory().pk,
    "purpose_id": lambda: make.PurposeFactory().pk,
    "notification_id": lambda: make.NotificationFactory().pk,
    "notice_id": lambda: make.NoticeFactory().pk,
    "record_id": lambda: make.ConsentRecordFactory().pk,
    "move_id": lambda: make.MoveFactory().pk,
    "move_file_id": lambda: make.MoveFileFactory().pk,
    "trace_id": lambda: make.FormerTraceFactory().pk,
    "suppression_id": lambda: make.SuppressionFactory().pk,
    "site_id": lambda: make.SiteFactory().pk,
    "team_id": lambda: make.TeamFactory().pk,
    "tag_id": lambda: make.TagFactory().pk,
    "company_id": lambda: make.CompanyFactory().pk,
    "change_id": lambda: make.ContactChangeFactory().pk,
    "company_change_id": lambda: make.CompanyChangeFactory().pk,
    "stage_rule_id": lambda: make.StageRuleFactory().pk,
    "membership_id": lambda: Membership.objects.latest("id").pk,
    "invitation_id": lambda: Invitation.objects.latest("id").pk,
    "token_id": lambda: make.ApiTokenFactory().pk,
    "letter_id": lambda: make.LetterFactory().pk,
    "letter_template_id": lambda: make.LetterTemplateFactory().pk,
    "note_id": lambda: make.ContactNoteFactory().pk,
    "follow_up_id": lambda: make.FollowUpFactory().pk,
    "case_id": lambda: make.CaseFactory().pk,
    "case_merge_id": lambda: make.CaseMergeFactory().pk,
    "case_message_id": lambda: make.CaseMessageFactory().pk,
    "visit_id": lambda: make.SupportVisitFactory().pk,
    "inbound_address_id": lambda: make.InboundAddressFactory().pk,
    "imap_mailbox_id": lambda: make.ImapMailboxFactory().pk,
    "inbound_mail_id": lambda: make.InboundMailFactory().pk,
    "endpoint_id": lambda: make.WebhookEndpointFactory().pk,
    "receipt_id": lambda: make.WebhookReceiptFactory().pk,
    "language": lambda: "en",
    "fact": lambda: "job_title",
    "step_key": lambda: "people",
}


@dataclass(frozen=True)
class Address:
    """One URL pattern: its name, path parameters and view."""

    name: str
    parameters: tuple[str, ...]
    view: Any

    def __str__(self) -> str:
        return self.name


def tenant_addresses() -> list[Address]:
    return list(_walk(get_resolver("ecrm.urls_tenant").url_patterns, ()))


def platform_addresses() -> list[Address]:
    return list(_walk(get_resolver("ecrm.urls").url_patterns, ()))


# The admin's pages have a matrix of their own: every table, in tests/administration.
SEPARATE = frozenset({"admin"})


def _walk(patterns: list[Any], outer: tuple[str, ...]) -> Iterator[Address]:
    for pattern in patterns:
        if getattr(pattern, "namespace", None) in SEPARATE:
            continue
        parameters = (*outer, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, parameters)
        elif isinstance(pattern, URLPattern):
            yield Address(pattern.name or "", parameters, pattern.callback)
