"""What to look at before sending: blockers, which stop it, and warnings, which do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.content import links
from campaigns.content.blocks import Content, addresses, liquid_sources, problems
from campaigns.content.brand import Brand, Sender
from campaigns.content.compiler import compile_message
from campaigns.content.links import LinkRegistry
from campaigns.content.markup import Tracking
from campaigns.content.problems import ContentError
from contacts.texts.merge_fields import Fields, registered
from contacts.texts.template_language import fields_without_fallback

SUBJECT_CHARACTERS_ON_PHONES = 41
CLIPPED_ABOVE = 102 * 1024  # octets of HTML after which Gmail hides the rest


class Severity(StrEnum):
    BLOCKER = "blocker"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the checklist. `block_id` and `field` say where to go; empty is the envelope."""

    severity: Severity
    block_id: str
    field: str
    message: str


def check(
    content: Content, *, language: str, brand: Brand, sender: Sender, fields: Fields | None = None
) -> list[Finding]:
    """All findings, blockers first. Never raises for what an author wrote."""
    known = registered() if fields is None else fields
    found = problems(content, known)
    blockers = [Finding(Severity.BLOCKER, p.block_id, p.field, p.message) for p in found]
    if not blockers:
        blockers, size_warnings = _compiled(content, language, brand, sender, known)
    else:
        size_warnings = []
    broken = {(finding.block_id, finding.field) for finding in blockers}
    warnings = [*_subject(content), *_fallbacks(content, known), *_addresses(content), *size_warnings]
    return blockers + [warning for warning in warnings if (warning.block_id, warning.field) not in broken]


def can_be_sent(findings: Sequence[Finding]) -> bool:
    return all(finding.severity is not Severity.BLOCKER for finding in findings)


def _compiled(
    content: Content, language: str, brand: Brand, sender: Sender, known: Fields
) -> tuple[list[Finding], list[Finding]]:
    """What shows only in the finished message: the frame around the content, and the weight."""
    try:
        compiled = compile_message(
            content,
            language=language,
            brand=brand,
            sender=sender,
            links=LinkRegistry(),
            tracking=Tracking.CLICKS | Tracking.OPENS,
            fields=known,
        )
    except ContentError as error:
        return [Finding(Severity.BLOCKER, p.block_id, p.field, p.message) for p in error.problems], []
    return [], list(_weight(compiled.size))


def _weight(size: int) -> Iterator[Finding]:
    if size > CLIPPED_ABOVE:
        message = _("The message weighs %(size)d KB. Some inboxes cut it off above 100 KB.") % {"size": size // 1024}
        yield Finding(Severity.WARNING, "", "blocks", message)


def _subject(content: Content) -> Iterator[Finding]:
    length = len(content.subject)
    if length > SUBJECT_CHARACTERS_ON_PHONES and "{{" not in content.subject:
        message = ngettext(
            "The subject is cut on phones: it has %(length)d character, about %(shown)d are shown.",
            "The subject is cut on phones: it has %(length)d characters, about %(shown)d are shown.",
            length,
        )
        values = {"length": length, "shown": SUBJECT_CHARACTERS_ON_PHONES}
        yield Finding(Severity.WARNING, "", "subject", message % values)
    if not content.preheader.strip():
        message = _("Without a preview text, inboxes show the beginning of the message.")
        yield Finding(Severity.WARNING, "", "preheader", message)


def _fallbacks(content: Content, known: Fields) -> Iterator[Finding]:
    for block_id, field, text in liquid_sources(content):
        for name in fields_without_fallback(text, known):
            message = _("“%(label)s” has no fallback for those who lack it.") % {"label": known[name].label}
            yield Finding(Severity.WARNING, block_id, field, message)


def _addresses(content: Content) -> Iterator[Finding]:
    for block_id, field, address in addresses(content):
        if address.strip().startswith("{{") or links.problem_with(address.partition("{{")[0] or address):
            continue
        if links.is_private(address):
            message = _("“%(url)s” only works inside your own network.") % {"url": address}
            yield Finding(Severity.WARNING, block_id, field, message)
        elif field == "src":
            continue
        elif "{{" in address:
            message = _("Clicks on a link with a field in it are not counted.")
            yield Finding(Severity.WARNING, block_id, field, message)
        elif address.strip().lower().startswith("http://"):
            message = _("“%(url)s” is not encrypted. Use https:// if the site offers it.") % {"url": address}
            yield Finding(Severity.WARNING, block_id, field, message)
