"""What upper rooms add to the page of a company: cases, orders, deals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.safestring import SafeString

from contacts.models import Company
from ecrm.tenancy.models import Membership
from ecrm.tenancy.requests import MemberRequest


@dataclass(frozen=True, slots=True)
class CompanyPanel:
    """A ``<div class="sec">`` beside a company, rendered by its room; an empty string shows nothing.

    One query, two at most: a company may have ten thousand people, so it asks through
    ``Contact.company`` and never by a list of ids.
    """

    key: str
    render: Callable[[MemberRequest, Company], SafeString | str]
    order: int = 50
    capability: str | None = None


_panels: dict[str, CompanyPanel] = {}


def register(panel: CompanyPanel) -> None:
    _panels[panel.key] = panel


def panels(membership: Membership) -> list[CompanyPanel]:
    """Those this member may see, in order."""
    allowed = (panel for panel in _panels.values() if panel.capability is None or membership.may(panel.capability))
    return sorted(allowed, key=lambda panel: (panel.order, panel.key))
