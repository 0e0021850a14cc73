"""Where a person stands on one purpose, in three words: may be mailed, needs evidence, never."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from consent import rules
from consent.models import Channel, Purpose
from contacts.criteria import Having
from contacts.models import Contact, EmailAddress


class ConsentClass(models.TextChoices):
    """``NEVER``: said no, or has no address that may be written to. ``NEEDS``: all others who said no yes."""

    MAY = "may", _("May be mailed")
    NEEDS = "needs", _("Needs evidence")
    NEVER = "never", _("Never")


def of(purpose: Purpose, which: str) -> Q:
    """The condition for a queryset of contacts."""
    barred = Q(Having(_objections(purpose)))
    if purpose.channel == Channel.EMAIL:
        barred |= ~Q(Having(_open_addresses()))
    if which == ConsentClass.NEVER:
        return barred
    granted = rules.granted(purpose)
    return ~barred & granted if which == ConsentClass.MAY else ~barred & ~granted


def counts(people: QuerySet[Contact], purpose: Purpose) -> dict[str, int]:
    """How many of ``people`` stand where. One statement."""
    counted = {which.value: Count("pk", filter=of(purpose, which)) for which in ConsentClass}
    return people.order_by().aggregate(**counted)


def of_one(*, is_allowed: bool, has_objected: bool, is_reachable: bool) -> ConsentClass:
    """The same of one person whose rows are at hand."""
    if has_objected or not is_reachable:
        return ConsentClass.NEVER
    return ConsentClass.MAY if is_allowed else ConsentClass.NEEDS


def _objections(purpose: Purpose) -> Any:
    return rules.states(purpose).filter(state__in=sorted(rules.OBJECTIONS))


def _open_addresses() -> Any:
    """Main addresses that nothing blocks."""
    return EmailAddress.objects.filter(is_primary=True, binned_at=None).exclude(rules.suppressed())
