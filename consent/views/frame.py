"""What the consent pages share: their tabs, and whose languages they speak."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ecrm.tenancy.requests import MemberRequest


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    is_current: bool
    count: int | None = None
    is_hot: bool = False


def tabs(request: MemberRequest) -> list[Tab]:
    places = [(_("Purposes"), "consent"), (_("Evidence"), "consent_ledger"), (_("Suppression list"), "suppression")]
    return [Tab(label, url, url == request.path) for label, url in ((label, reverse(name)) for label, name in places)]


def languages(request: MemberRequest) -> list[str]:
    """For texts a tenant wrote: the reader's language, then the tenant's own."""
    return [get_language() or "en", request.tenant.language]
