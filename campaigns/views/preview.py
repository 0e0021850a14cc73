"""The message itself: as a document of its own in a sandboxed frame, and as whom it is read."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from campaigns.editing import reader
from campaigns.views import frame
from contacts.models import Contact
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability
from ecrm.ui import parts

MOST_PEOPLE = 8

# A mail brings its own styles and pictures from elsewhere; nothing in it may act.
_MAIL_POLICY: dict[str, Any] = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["https:", "http:", "data:"],
    "font-src": ["'none'"],
    "connect-src": ["'none'"],
    "frame-src": ["'none'"],
    "form-action": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups"],
}


@requires(Capability.CAMPAIGNS_VIEW)  # type: ignore[arg-type]  # csp_replace is typed for plain requests
@require_safe
@xframe_options_sameorigin
@csp_replace(_MAIL_POLICY)  # type: ignore[arg-type]
def message_preview(request: MemberRequest, campaign_id: int, language: str) -> HttpResponse:
    """The HTML a person would get, byte for byte, or its plain text with ``?part=text``.

    ``?scheme=light`` or ``dark`` shows it as in a mail program of that kind, whatever the reader's own.
    """
    campaign = frame.find(campaign_id)
    content = frame.content_of(request, campaign, language)
    chosen = reader.chosen(campaign, request.GET.get("as", ""), request.membership)
    reading = reader.read_as(campaign, content, chosen.reader)
    if reading.preview is None:
        return render(request, "campaigns/nothing_to_show.html", {"reading": reading})
    if request.GET.get("part") == "text":
        return HttpResponse(reading.preview.text, content_type="text/plain; charset=utf-8")
    return HttpResponse(_in_scheme(reading.preview.html, request.GET.get("scheme", "")))


@requires(Capability.CAMPAIGNS_VIEW)
@require_safe
def read_message(request: MemberRequest, campaign_id: int, language: str) -> HttpResponse:
    """The message without its editor, for campaigns that are no draft, and for those who only read."""
    campaign = frame.find(campaign_id)
    content = frame.content_of(request, campaign, language)
    chosen = reader.chosen(campaign, request.GET.get("as", ""), request.membership)
    context = {
        "campaign": campaign,
        "shape": frame.shape(campaign),
        "content": content,
        "language": language,
        "version": campaign.content_version,
        "chosen": chosen,
        "reading": reader.read_as(campaign, content, chosen.reader),
        "languages": [(each.language, frame.language_name(each.language)) for each in campaign.contents.order_by("id")],
    }
    return render(request, "campaigns/message.html", context)


@requires(Capability.CAMPAIGNS_VIEW)
@require_safe
def choose_reader(request: MemberRequest, campaign_id: int, language: str) -> HttpResponse:
    """Whom to read the message as: people found by name, with a way back to where it is read."""
    campaign = frame.find(campaign_id)
    term = request.GET.get("q", "").strip()
    seen = Contact.objects.visible_to(request.membership).unbinned()
    people = seen.resembling(term, membership=request.membership) if term else seen
    context = {
        "campaign": campaign,
        "language": language,
        "term": term,
        "people": people.order_by("-pk")[:MOST_PEOPLE],
        "back": "edit_content" if request.GET.get("back") == "edit_content" else "read_message",
    }
    return parts.render_page(request, "campaigns/choose_reader.html", part="campaigns/_readers.html", context=context)


def _in_scheme(html: str, scheme: str) -> str:
    """A frame follows the reader's system and cannot be told otherwise, so the question is answered here."""
    answer = {"light": "@media not all", "dark": "@media all"}.get(scheme)
    return html.replace("@media (prefers-color-scheme: dark)", answer) if answer else html
