"""From an author's content to a message that can be sent a million times.

    blocks -> MJML -> HTML -> styles inlined -> literals with markers

Done once for a campaign's language, variant and kind of tracking; anything an author could have
got wrong is found here and not at recipient 40,000.
"""

from __future__ import annotations

import re

import css_inline
import mjml
from django.utils import translation
from django.utils.translation import gettext as _

from campaigns.content import markup
from campaigns.content.blocks import Content, problems
from campaigns.content.brand import Brand, Sender
from campaigns.content.links import LinkRegistry
from campaigns.content.markup import Tracking, Writer
from campaigns.content.message import CompiledMessage
from campaigns.content.plan import Preview
from campaigns.content.problems import ContentError, Problem
from campaigns.content.values import Values
from contacts.texts.merge_fields import Fields, registered
from contacts.texts.template_language import Context, Tokens
from ecrm.mail.addresses import unsafe_in_envelope

__all__ = ["CompiledMessage", "Preview", "Tracking", "compile_message", "preview"]

_LIST_ID = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_FEEDBACK_ID = re.compile(r"[A-Za-z0-9_.@-]*(:[A-Za-z0-9_.@-]*){0,3}")
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def compile_message(
    content: Content,
    *,
    language: str,
    brand: Brand,
    sender: Sender,
    links: LinkRegistry,
    tracking: Tracking | bool = Tracking.NONE,
    fields: Fields | None = None,
) -> CompiledMessage:
    """Compile, or raise `ContentError` with every problem at its block and field.

    `links` is filled with the targets met (`True` for `tracking` counts clicks, not opens).
    """
    known = registered() if fields is None else fields
    found = [*problems(content, known), *_frame_problems(brand, sender)]
    if found:
        raise ContentError(found)
    tokens = Tokens.for_sources(_everything(content, brand))
    writer = Writer(tokens, brand, links, Tracking(int(tracking)))
    subject, preheader = tokens.hide(content.subject), tokens.hide(content.preheader)
    for block in content.blocks:
        writer.write(block)
    with translation.override(language):
        footer = markup.footer(writer)
    source = markup.mjml_document(writer, language=language, subject=subject, preheader=preheader, footer=footer)
    return CompiledMessage(
        subject=subject,
        text=markup.plain_document(writer, footer=footer),
        html=_html(source, writer),
        tokens=tokens,
        fields=known,
        sender=sender,
        language=language,
    )


def preview(compiled: CompiledMessage, values: Values) -> Preview:
    """What this person would get: the same text that is sent."""
    return compiled.preview(values)


def _html(source: str, writer: Writer) -> str:
    try:
        html: str = _INLINER.inline(mjml.mjml2html(source))
    except (ValueError, css_inline.InlineError) as error:
        message = _("The message could not be laid out: %(reason)s.") % {"reason": error}
        raise ContentError([Problem("", "blocks", message)]) from error
    if writer.tracking & Tracking.OPENS:
        address = writer.tokens.output("open_url", Context.ADDRESS)
        pixel = f'<img src="{address}" width="1" height="1" alt="" />'
        html = html.replace("</body>", pixel + "</body>")
    return html


def _frame_problems(brand: Brand, sender: Sender) -> list[Problem]:
    checks = [
        (brand.name.strip(), "brand", _("Set the name of your organisation.")),
        (brand.postal_address.strip(), "brand", _("Set your postal address: every mailing has to carry it.")),
        (not unsafe_in_envelope(sender.address), "sender", _("Choose a sender address.")),
        (not sender.reply_to or not unsafe_in_envelope(sender.reply_to), "sender", _("The reply address is wrong.")),
        (not sender.list_id or _LIST_ID.fullmatch(sender.list_id), "sender", _("The list's id is wrong.")),
        (_FEEDBACK_ID.fullmatch(sender.feedback_id), "sender", _("The feedback id is wrong.")),
    ]
    return [Problem("", field, message) for is_right, field, message in checks if not is_right]


def _everything(content: Content, brand: Brand) -> list[str]:
    """All text that reaches the message, to find a marker that is in none of it."""
    texts = [repr(block) for block in content.blocks]
    return [content.subject, content.preheader, repr(brand), *texts]
