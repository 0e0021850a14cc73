"""The list beside the editor: what stops the send, what to look at, and what is in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.content import checks
from campaigns.content.blocks import Content, Image, problems
from campaigns.content.checks import Finding, Severity
from campaigns.editing.block_forms import LABELS, summary
from campaigns.models import Campaign, CampaignContent
from campaigns.sending import letters
from contacts.texts.merge_fields import registered
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant


@dataclass(frozen=True, slots=True)
class Item:
    """``tone`` is bad (stops the send), warn or good. ``anchor`` is the block's id, ``where`` its words."""

    tone: str
    words: str
    where: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    items: Sequence[Item]

    @property
    def blockers(self) -> int:
        return sum(item.tone == "bad" for item in self.items)

    @property
    def passed(self) -> int:
        return sum(item.tone == "good" for item in self.items)

    @property
    def total(self) -> int:
        return len(self.items)


def of(campaign: Campaign, content: CampaignContent) -> Checklist:
    """One language of a campaign. Compiles it once."""
    parsed = Content.from_json(content.subject, content.blocks, content.preheader)
    findings = _findings(campaign, parsed, content.language)
    places = {block.id: f"{LABELS[block.kind]}: {summary(block)}".rstrip(": ") for block in parsed.blocks}
    found = [
        Item("bad" if each.severity is Severity.BLOCKER else "warn", each.message, *_place(each, places))
        for each in findings
    ]
    return Checklist([*found, *_passes(parsed, findings)])


def _findings(campaign: Campaign, parsed: Content, language: str) -> list[Finding]:
    if campaign.purpose is None or campaign.identity is None:
        missing = _("Choose a purpose and who it comes from first.")
        own = [Finding(Severity.BLOCKER, p.block_id, p.field, p.message) for p in problems(parsed, registered())]
        return [Finding(Severity.BLOCKER, "", "settings", missing), *own]
    tenant = Tenant.objects.get(pk=require_tenant_id())
    brand, sender = letters.brand_of(tenant, campaign, language), letters.sender_of(tenant, campaign)
    return checks.check(parsed, language=language, brand=brand, sender=sender)


def _place(finding: Finding, places: dict[str, str]) -> tuple[str, str]:
    if finding.block_id in places:
        return places[finding.block_id], finding.block_id
    return "", "envelope" if finding.field in {"subject", "preheader"} else ""


def _passes(parsed: Content, findings: Sequence[Finding]) -> list[Item]:
    """Only what was looked at: without blocks there is nothing to be in order."""
    wrong = {finding.field for finding in findings}
    if not parsed.blocks:
        return []
    images = sum(isinstance(block, Image) for block in parsed.blocks)
    passes = [
        ("brand" not in wrong, _("Unsubscribe link and postal address"), ""),
        (images > 0 and "alt" not in wrong, _("Every image has a description"), _images(images)),
        (not wrong & {"url", "src", "html"}, _("Links lead somewhere"), ""),
        (not wrong & {"text", "html", "label", "subject", "preheader"}, _("Fields have fall-backs"), ""),
        (not any(each.severity is Severity.BLOCKER for each in findings), _("Plain-text part"), _("Written for you")),
    ]
    return [Item("good", words, where) for holds, words, where in passes if holds]


def _images(count: int) -> str:
    return ngettext("%(count)s image", "%(count)s images", count) % {"count": count}
