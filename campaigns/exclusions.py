"""Why somebody of the segment is left out of a send. Upper rooms add their own reasons here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign


class Reason(models.TextChoices):
    """The engine's own reasons, the one that weighs most first: a person is given only one."""

    BINNED = "binned", _("In the bin")
    NO_ADDRESS = "no_address", _("No email address")
    SUPPRESSED = "suppressed", _("Address is blocked")
    WITHDRAWN = "withdrawn", _("Consent withdrawn")
    NO_CONSENT = "no_consent", _("Never agreed")
    DUPLICATE_ADDRESS = "duplicate_address", _("Somebody else has this address")
    HOLDOUT = "holdout", _("Kept back for comparison")


@dataclass(frozen=True, slots=True)
class Rule:
    """``condition`` gives the people to leave out of a campaign, or None when it leaves nobody out.

    It must be set-based and answer the same for the same data: the rehearsal and the send ask it
    separately. ``reason`` is at most 30 characters and never renamed.
    """

    reason: str
    label: str | Promise
    condition: Callable[[Campaign], Q | None]


_rules: dict[str, Rule] = {}


def register(rule: Rule) -> None:
    _rules[rule.reason] = rule


def rules() -> list[Rule]:
    """In the order they were registered; the first that applies is the reason given."""
    return list(_rules.values())


def label(reason: str) -> str | Promise:
    """The words for a reason; its key when nobody knows it any more."""
    if reason in Reason.values:
        return Reason(reason).label
    return _rules[reason].label if reason in _rules else reason
