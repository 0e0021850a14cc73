"""A draft as one person would read it, as far as it is finished."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from campaigns.content import blocks
from campaigns.content.blocks import Content
from campaigns.content.compiler import preview
from campaigns.content.links import LinkRegistry
from campaigns.content.plan import Preview
from campaigns.content.problems import ContentError
from campaigns.models import Campaign, CampaignContent
from campaigns.sending import letters
from campaigns.sending.addresses import of_nobody
from campaigns.sending.proofs import Reader
from contacts.models import Contact, EmailAddress
from contacts.segments.membership import members
from contacts.texts import merge_fields
from ecrm.tenancy.models import Membership

NOBODY = "nobody"  # in an address: a contact without a name, to see what the fall-backs say


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whose eyes a draft is seen with. ``contact`` is None for the one with empty fields."""

    key: str
    label: str
    contact: Contact | None
    reader: Reader


@dataclass(frozen=True, slots=True)
class Reading:
    """``preview`` is None while nothing can be shown; ``missing`` counts blocks left out until they
    are corrected, ``reasons`` says what keeps the rest from being shown."""

    preview: Preview | None
    missing: int = 0
    reasons: tuple[str, ...] = ()


def chosen(campaign: Campaign, key: str, membership: Membership) -> Chosen:
    """The person of ``?as=``, else one of the segment, else one with empty fields. Never a stranger's."""
    if key == NOBODY:
        return nobody()
    seen = Contact.objects.visible_to(membership).unbinned().select_related("company")
    contact = seen.filter(pk=int(key[:18])).first() if key.isdecimal() else None
    if contact is None:
        contact = _somebody(campaign, membership)
    if contact is None:
        return nobody()
    reader = Reader.of(contact)
    return Chosen(str(contact.pk), contact.name or reader.address or str(contact), contact, reader)


def nobody() -> Chosen:
    sample = merge_fields.samples(merge_fields.registered().values())["contact.email"]
    reader = Reader(sample, "", "", "", "", "", "", "")
    return Chosen(NOBODY, _("A contact with empty fields"), None, reader)


def read_as(campaign: Campaign, content: CampaignContent, reader: Reader) -> Reading:
    """What ``reader`` would get: the bytes of the send, less the blocks that still have mistakes."""
    if campaign.identity is None or campaign.purpose is None:
        return Reading(None, reasons=(_("Choose a purpose and who it comes from first."),))
    shown, missing = _finished(content)
    if not shown.blocks:
        return Reading(None, missing)
    try:
        letter = letters.compiled(campaign, shown, links=LinkRegistry(), counts_clicks=False)
    except ContentError as error:
        return Reading(None, missing, tuple(dict.fromkeys(problem.message for problem in error.problems)))
    return Reading(preview(letter.untracked, letter.values(reader.facing(letter), of_nobody())), missing)


def _finished(content: CampaignContent) -> tuple[CampaignContent, int]:
    """The content itself when nothing is wrong with it, else a copy of what can be shown of it."""
    parsed = Content.from_json(content.subject, content.blocks, content.preheader)
    found = blocks.problems(parsed)
    if not found:
        return content, 0
    broken = {problem.block_id for problem in found}
    lines = {problem.field for problem in found if not problem.block_id}
    good = [block.to_json() for block in parsed.blocks if block.id not in broken]
    copy = CampaignContent(
        campaign_id=content.campaign_id,
        language=content.language,
        subject=_("(no subject yet)") if "subject" in lines else content.subject,
        preheader="" if "preheader" in lines else content.preheader,
        blocks=good,
    )
    return copy, len(parsed.blocks) - len(good)


def _somebody(campaign: Campaign, membership: Membership) -> Contact | None:
    reachable = EmailAddress.objects.filter(contact=OuterRef("pk"), is_primary=True, binned_at=None)
    everybody = Contact.objects.unbinned()
    for people in (members(campaign.segment) if campaign.segment else None, everybody):
        if people is None:
            continue
        visible = people.filter(pk__in=Contact.objects.visible_to(membership).values("pk"))
        found = visible.filter(Exists(reachable)).select_related("company").order_by("-pk").first()
        if found is not None:
            return found
    return None
