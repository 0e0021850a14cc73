"""What the editor shows of one language: its blocks as forms, the message as somebody reads it, its checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.content import rich_text
from campaigns.content.blocks import Block, Content, problems
from campaigns.content.problems import ContentError, Problem
from campaigns.editing import block_forms, checklist, chips, reader
from campaigns.editing.block_forms import LABELS, LINE, BlockForm, Control
from campaigns.editing.posted import Draft
from campaigns.models import Campaign, CampaignContent
from campaigns.services import LONGEST_LINE
from ecrm.tenancy.models import Membership

ENVELOPE = "envelope"


class EnvelopeForm(BlockForm):
    """The subject and what inboxes show after it."""

    kinds_of_text = {"subject": LINE, "preheader": LINE}

    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=LONGEST_LINE)
    preheader = forms.CharField(
        label=gettext_lazy("Preview text"),
        required=False,
        max_length=LONGEST_LINE,
        help_text=gettext_lazy("What inboxes show after the subject"),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    label: str
    saved: str
    yours: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody saved while somebody else wrote: what each of them says. ``version`` is the saved one."""

    version: int
    differences: Sequence[Difference]

    @classmethod
    def between(cls, campaign: Campaign, saved: CampaignContent, mine: Draft) -> Conflict:
        theirs = Content.from_json(saved.subject, saved.blocks, saved.preheader)
        pairs = [
            (_("Subject"), theirs.subject, mine.subject),
            (_("Preview text"), theirs.preheader, mine.preheader),
            (_("Blocks"), *_apart(_in_words(theirs.blocks), _in_words(mine.blocks))),
        ]
        listed = [Difference(label, saved, yours) for label, saved, yours in pairs if saved != yours]
        return cls(campaign.content_version, listed)


def editor(
    campaign: Campaign,
    content: CampaignContent,
    *,
    membership: Membership,
    reader_key: str,
    open_id: str,
    errors: dict[str, str],
) -> dict[str, Any]:
    """``errors`` are messages by field for what could not be stored; the rest is judged here."""
    parsed = Content.from_json(content.subject, content.blocks, content.preheader)
    found = problems(parsed)
    chosen = reader.chosen(campaign, reader_key, membership)
    open_id = open_id if open_id in {block.id for block in parsed.blocks} else ""
    return {
        "content": content,
        "envelope": _envelope(content, found, errors),
        "subject_words": chips.in_words(content.subject),
        "is_envelope_open": not open_id,
        "blocks": block_forms.views(parsed.blocks, found, language=content.language, open_id=open_id),
        "kinds": [(kind, block_forms.ICONS[kind], label) for kind, label in LABELS.items()],
        "fields": chips.choices(),
        "address_fields": chips.address_choices(),
        "errors": [message for field, message in errors.items() if field not in EnvelopeForm.base_fields],
        "chosen": chosen,
        "reading": reader.read_as(campaign, content, chosen.reader),
        "checklist": checklist.of(campaign, content),
    }


def errors_by_field(error: ValidationError | ContentError) -> dict[str, str]:
    """The first message of each field; what belongs to none stands under the empty name."""
    if isinstance(error, ContentError):
        return {problem.field: problem.message for problem in reversed(error.problems)}
    if hasattr(error, "error_dict"):
        return {field: messages[0] for field, messages in error.message_dict.items()}
    return {"": error.messages[0]}


def _envelope(content: CampaignContent, found: Sequence[Problem], errors: dict[str, str]) -> list[Control]:
    """A message nobody has begun is not told that it lacks a subject."""
    values = {"subject": content.subject, "preheader": content.preheader}
    form = EnvelopeForm(values)
    form.is_valid()
    is_untouched = not content.blocks and not content.subject
    said = {} if is_untouched else {each.field: each.message for each in found if not each.block_id}
    for name, message in {**said, **errors}.items():
        if name in values and not form.has_error(name):
            form.add_error(name, message)
    return [Control(form[name], LINE, chips.in_line(values[name])) for name in values]


def _apart(saved: Sequence[str], yours: Sequence[str]) -> tuple[str, str]:
    """Only the lines the other side lacks; all of them where just the order differs."""
    if sorted(saved) == sorted(yours):
        return "\n".join(saved), "\n".join(yours)
    return "\n".join(line for line in saved if line not in yours), "\n".join(
        line for line in yours if line not in saved
    )


def _in_words(blocks: Sequence[Block]) -> list[str]:
    lines = []
    for block in blocks:
        html = getattr(block, "html", "")
        words = rich_text.as_text(rich_text.sanitised(html)) if html else block_forms.summary(block)
        lines.append(f"{LABELS[block.kind]}: {' '.join(words.split())}".rstrip(": "))
    return lines
