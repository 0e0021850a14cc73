"""A mail as its sender made it: a document of its own, in which nothing can act."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import nh3
from csp.decorators import csp_replace
from django.http import HttpResponse
from django.utils.html import escape
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from cases.models import CaseFile, CaseMessage
from cases.views.frame import find_message
from ecrm.tenancy.policies import requires
from ecrm.tenancy.requests import MemberRequest
from ecrm.tenancy.roles import Capability

# Three walls: the HTML was sanitised when it came in and is again here, the policy allows nothing
# to run or to be fetched, and the frame is a sandbox without an origin.
_POLICY: dict[str, Any] = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "form-action": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
# Only for the answer to a click. Pictures may then come from anywhere; nothing else may.
_POLICY_WITH_PICTURES = _POLICY | {"img-src": ["data:", "https:", "http:"]}
_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_MOST_PICTURE_BYTES = 4_000_000
_WAITING = " data-remote-src="  # as the mail room's sanitiser leaves them
_FETCHABLE = re.compile(r"(?:cid:|https?://)", re.IGNORECASE)
_Filter = Callable[[str, str, str], str | None]
_CID = re.compile(r'(src=")cid:([^"]{1,200})(")', re.IGNORECASE)
_ATTRIBUTES = {
    "*": {"align", "bgcolor", "colspan", "dir", "height", "lang", "rowspan", "style", "title", "valign", "width"},
    "a": {"href"},
    "img": {"alt", "src"},
    "font": {"color", "face", "size"},
}
_HIDDEN = {"script", "style", "title", "noscript", "template", "svg", "math", "object", "iframe"}


@requires(Capability.CASES_VIEW)  # type: ignore[arg-type]  # csp_replace is typed for plain requests
@require_safe
@xframe_options_sameorigin
@csp_replace(_POLICY)  # type: ignore[arg-type]
def original_message(request: MemberRequest, case_message_id: int) -> HttpResponse:
    """The whole HTML with the pictures it brought along; remote ones are not fetched."""
    return _document(find_message(request, case_message_id), attribute_filter=_only_brought_along)


@requires(Capability.CASES_VIEW)  # type: ignore[arg-type]
@require_POST
@xframe_options_sameorigin
@csp_replace(_POLICY_WITH_PICTURES)  # type: ignore[arg-type]
def show_remote_pictures(request: MemberRequest, case_message_id: int) -> HttpResponse:
    """The same with the remote pictures, fetched by the reader's browser. A POST, so that no link and no
    prefetching leads here: only the button does. Nothing is remembered.
    """
    response = _document(find_message(request, case_message_id), attribute_filter=_remote_too)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def _document(message: CaseMessage, *, attribute_filter: _Filter) -> HttpResponse:
    html = cleaned(message.html, attribute_filter=attribute_filter)
    body = _with_pictures(message, html) if message.html else f"<pre>{escape(message.text)}</pre>"
    return HttpResponse(f'<!doctype html><meta charset="utf-8"><title>{message.pk}</title><body>{body}</body>')


def cleaned(html: str, *, attribute_filter: _Filter) -> str:
    """What of a stranger's HTML may be shown: words, tables, pictures, colours."""
    return nh3.clean(
        html.replace(_WAITING, " src="),
        tags=nh3.ALLOWED_TAGS | {"font", "center"},
        clean_content_tags=_HIDDEN,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        attribute_filter=attribute_filter,
        filter_style_properties=_STYLES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
    )


def _only_brought_along(tag: str, attribute: str, value: str) -> str | None:
    """A picture from elsewhere tells its owner that the mail was read."""
    is_picture = tag == "img" and attribute == "src"
    return None if is_picture and not value.lower().startswith("cid:") else value


def _remote_too(tag: str, attribute: str, value: str) -> str | None:
    is_picture = tag == "img" and attribute == "src"
    return None if is_picture and not _FETCHABLE.match(value) else value


_STYLES = {
    "background-color", "border", "border-color", "border-radius", "color", "font-family", "font-size", "font-style",
    "font-weight", "height", "line-height", "margin", "padding", "text-align", "text-decoration", "vertical-align",
    "width",
}  # fmt: skip


def _with_pictures(message: CaseMessage, html: str) -> str:
    """Pictures that came with the mail stand inside the document: a sandbox has no cookies to fetch them with."""
    if "cid:" not in html.lower():
        return html
    known = {each.content_id: each for each in CaseFile.objects.filter(message=message).select_related("file")}
    return _CID.sub(lambda found: found[1] + _data_url(known.get(found[2])) + found[3], html)


def _data_url(attached: CaseFile | None) -> str:
    if attached is None or attached.file.content_type not in _PICTURES or attached.file.size > _MOST_PICTURE_BYTES:
        return ""
    with attached.file.open() as stream:
        content = base64.b64encode(stream.read()).decode("ascii")
    return f"data:{attached.file.content_type};base64,{content}"
