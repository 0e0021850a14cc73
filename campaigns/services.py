"""The verbs of a draft. What happens to it once it is sent: ``campaigns.sending.services``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.content.blocks import parse_blocks
from campaigns.models import Campaign, CampaignContent
from campaigns.models.campaign import State
from consent.models import Purpose
from contacts.models import Segment
from ecrm.audit import services as audit
from ecrm.audit.models import AuditEntry
from ecrm.mail.models import SendingIdentity
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant, User

SETTINGS = ("name", "segment", "purpose", "identity", "holdout_percent")
LONGEST_LINE = 200
MOST_HELD_BACK = 50
ONE_SITTING = timedelta(minutes=10)


class Stale(Exception):
    """Somebody saved this draft since it was read. Nothing was written."""


class NotADraft(ValidationError):
    """The campaign has been scheduled or sent meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("This campaign is no longer a draft."))


@transaction.atomic
def create_campaign(
    *,
    name: str,
    by: User | None,
    segment: Segment | None = None,
    purpose: Purpose | None = None,
    identity: SendingIdentity | None = None,
    holdout_percent: int = 0,
    at: datetime | None = None,
) -> Campaign:
    """A draft with an empty message in the tenant's first language. Raises ``ValidationError`` by field."""
    now = at or timezone.now()
    campaign = Campaign(
        name=_checked_name(name),
        segment=segment,
        purpose=purpose,
        identity=identity,
        holdout_percent=_checked_share(holdout_percent),
        created_by=by,
        created_at=now,
        updated_at=now,
    )
    campaign.save()
    CampaignContent.objects.create(campaign=campaign, language=_languages()[0])
    audit.record("campaign.created", by=by, subject=campaign, at=at)
    return campaign


@transaction.atomic
def edit_settings(
    *,
    campaign: Campaign,
    by: User | None,
    expected_version: int | None = None,
    at: datetime | None = None,
    **changes: Any,
) -> Campaign:
    """Changes any of ``SETTINGS``. Raises ``Stale``, ``NotADraft`` or ``ValidationError`` by field."""
    assert set(changes) <= set(SETTINGS), changes
    if "name" in changes:
        changes["name"] = _checked_name(changes["name"])
    if "holdout_percent" in changes:
        changes["holdout_percent"] = _checked_share(changes["holdout_percent"])
    differing = {name: value for name, value in changes.items() if getattr(campaign, name) != value}
    if differing:
        _save_version(campaign, expected_version, at, **differing)
        audit.record("campaign.edited", by=by, subject=campaign, fields=differing, at=at)
        campaign.refresh_from_db()
    return campaign


@transaction.atomic
def edit_content(
    *,
    campaign: Campaign,
    language: str,
    subject: str,
    blocks: object,
    by: User | None,
    preheader: str = "",
    expected_version: int | None = None,
    at: datetime | None = None,
) -> CampaignContent:
    """Stores the words of one language, finished or not; what is wrong with them stops only the send.

    Raises ``Stale``, ``NotADraft``, ``ValidationError`` by field, or ``content.problems.ContentError``
    for blocks of a shape that is not ours. One sitting of the same person is audited once.
    """
    lines = {"subject": _checked_line("subject", subject), "preheader": _checked_line("preheader", preheader)}
    stored = [block.to_json() for block in parse_blocks(blocks)]
    content = _content(campaign, language)
    differing = {name: value for name, value in {**lines, "blocks": stored}.items() if getattr(content, name) != value}
    if content._state.adding or differing:
        _save_version(campaign, expected_version, at)
        for name, value in differing.items():
            setattr(content, name, value)
        content.save()
        _audit_writing(campaign, by, at)
        campaign.refresh_from_db(fields=["content_version", "updated_at"])
    return content


@transaction.atomic
def copy_content(
    *, campaign: Campaign, source: str, language: str, by: User | None, expected_version: int | None = None
) -> CampaignContent:
    """Begins another language with the words of ``source``, to be translated."""
    if language not in _languages():
        raise ValidationError({"language": _("Your workspace does not write in this language.")})
    written = CampaignContent.objects.filter(campaign=campaign, language=source).first()
    return edit_content(
        campaign=campaign,
        language=language,
        subject=written.subject if written else "",
        preheader=written.preheader if written else "",
        blocks=written.blocks if written else [],
        by=by,
        expected_version=expected_version,
    )


@transaction.atomic
def remove_content(*, campaign: Campaign, language: str, by: User | None, expected_version: int | None = None) -> bool:
    """Takes a language out of the campaign. False when it is not in it. The last one stays."""
    contents = CampaignContent.objects.filter(campaign=campaign)
    if not contents.filter(language=language).exists():
        return False
    if not contents.exclude(language=language).exists():
        raise ValidationError({"language": _("A campaign needs one language at least.")})
    _save_version(campaign, expected_version, None)
    contents.filter(language=language).delete()
    audit.record("campaign.language_removed", by=by, subject=campaign)
    return True


@transaction.atomic
def duplicate(*, campaign: Campaign, by: User | None, name: str = "") -> Campaign:
    """A new draft with the same settings and words, whatever became of the first."""
    copied = create_campaign(
        name=name or _("%(name)s, copy") % {"name": campaign.name[:100]},
        by=by,
        segment=campaign.segment,
        purpose=campaign.purpose,
        identity=campaign.identity,
        holdout_percent=campaign.holdout_percent,
    )
    CampaignContent.objects.filter(campaign=copied).delete()
    CampaignContent.objects.bulk_create(
        CampaignContent(
            campaign=copied,
            language=each.language,
            variant=each.variant,
            subject=each.subject,
            preheader=each.preheader,
            blocks=each.blocks,
        )
        for each in CampaignContent.objects.filter(campaign=campaign).order_by("id")
    )
    return copied


@transaction.atomic
def delete_draft(*, campaign: Campaign, by: User | None) -> bool:
    """For good. False on a second click; raises ``NotADraft`` for one that was scheduled or sent.

    The contents go by the database's own cascade: Django would try to empty the journal as well.
    """
    drafts = Campaign.objects.filter(pk=campaign.pk, state=State.DRAFT)
    if not drafts.exists():
        if Campaign.objects.filter(pk=campaign.pk).exists():
            raise NotADraft
        return False
    CampaignContent.objects.filter(campaign=campaign).delete()
    deleted = drafts._raw_delete(drafts.db)
    if deleted:
        audit.record("campaign.deleted", by=by, subject=campaign)
    return bool(deleted)


def _save_version(campaign: Campaign, expected: int | None, at: datetime | None, **changes: Any) -> None:
    """A conditional UPDATE, so that of two people who save at once the second is told."""
    drafts = Campaign.objects.filter(pk=campaign.pk, state=State.DRAFT)
    current = drafts if expected is None else drafts.filter(content_version=expected)
    if current.update(content_version=F("content_version") + 1, updated_at=at or timezone.now(), **changes):
        return
    if drafts.exists():
        raise Stale
    raise NotADraft


def _content(campaign: Campaign, language: str) -> CampaignContent:
    found = CampaignContent.objects.filter(campaign=campaign, language=language, variant="A").first()
    return found or CampaignContent(campaign=campaign, language=language)


def _audit_writing(campaign: Campaign, by: User | None, at: datetime | None) -> None:
    since = (at or timezone.now()) - ONE_SITTING
    recent = AuditEntry.objects.filter(
        at__gte=since, action="campaign.written", subject_id=campaign.pk, actor_id=by.pk if by else None
    )
    if not recent.exists():
        audit.record("campaign.written", by=by, subject=campaign, at=at)


def _checked_name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise ValidationError({"name": _("Give the campaign a name.")})
    if len(name) > 120:
        raise ValidationError({"name": _("Give a name of at most 120 characters.")})
    return name


def _checked_share(percent: int) -> int:
    if not 0 <= percent <= MOST_HELD_BACK:
        raise ValidationError({"holdout_percent": _("Hold back between 0 and 50 percent.")})
    return percent


def _checked_line(field: str, text: str) -> str:
    """One line: a line end in a subject would start a header of its own."""
    text = text.replace("\0", "").strip()
    if any(character in text for character in "\r\n"):
        raise ValidationError({field: _("This has to be a single line.")})
    if len(text) > LONGEST_LINE:
        raise ValidationError({field: _("Write at most 200 characters.")})
    return text


def _languages() -> list[str]:
    return Tenant.objects.only("languages").get(pk=require_tenant_id()).languages
