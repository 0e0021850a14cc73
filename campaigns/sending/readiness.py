"""What keeps a campaign from being sent, said where it can be put right."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from campaigns.content.problems import ContentError, Problem
from campaigns.models import Campaign, CampaignContent
from campaigns.sending import letters, people
from consent.models import Channel


@dataclass(frozen=True, slots=True)
class ContentProblem:
    """A problem of one content, at its block and field."""

    content: CampaignContent
    problem: Problem


class NotReady(ValidationError):
    """Lists messages by what they concern: segment, purpose, identity or content.

    ``content_problems`` says the same of the words in full.
    """

    def __init__(self, messages: dict[str, list[str]], content_problems: list[ContentProblem]) -> None:
        super().__init__(messages)
        self.content_problems = content_problems


def make_ready(campaign: Campaign) -> None:
    """Compiles every content and stores the links met. Raises ``NotReady`` with all there is to mend."""
    messages = missing(campaign)
    problems: list[ContentProblem] = []
    if "identity" not in messages and "purpose" not in messages:
        problems = _compile_all(campaign)
    for each in problems:
        messages.setdefault("content", []).append(each.problem.message)
    if messages:
        raise NotReady(messages, problems)


def missing(campaign: Campaign) -> dict[str, list[str]]:
    """What still has to be chosen, by what it concerns; says nothing about the words."""
    found: dict[str, list[str]] = {}
    if campaign.segment is None or campaign.segment.archived_at is not None:
        found["segment"] = [_("Choose whom to write to.")]
    elif words := _broken(campaign.segment.rule):
        found["segment"] = [_("The segment's rule cannot be answered: %(reason)s") % {"reason": words}]
    if campaign.purpose is None or campaign.purpose.archived_at is not None:
        found["purpose"] = [_("Choose the purpose people agreed to.")]
    elif campaign.purpose.channel != Channel.EMAIL:
        found["purpose"] = [_("This purpose is not for email.")]
    if campaign.identity is None:
        found["identity"] = [_("Choose who it comes from.")]
    if not CampaignContent.objects.filter(campaign=campaign).exists():
        found["content"] = [_("Write the message.")]
    return found


def _broken(rule: object) -> str:
    try:
        people.check_rule(rule)
    except people.BrokenRule as error:
        return str(error)
    return ""


def _compile_all(campaign: Campaign) -> list[ContentProblem]:
    links = letters.stored_links(campaign)
    found: list[ContentProblem] = []
    for content in CampaignContent.objects.filter(campaign=campaign).order_by("variant", "id"):
        try:
            letters.compiled(campaign, content, links=links)
        except ContentError as error:
            found += [ContentProblem(content, problem) for problem in error.problems]
    if not found:
        letters.store_links(campaign, links)
    return found
