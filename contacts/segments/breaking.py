"""A rule that cannot be evaluated says so, and its segment keeps the last good membership."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from contacts.criteria import Unanswerable
from contacts.models import Segment
from contacts.segments.tree import InvalidRule
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant

log = structlog.get_logger(__name__)
Fault = Unanswerable | InvalidRule | DatabaseError
# A rule that cannot even be compiled, and all that evaluating one may raise.
UNREADABLE = (Unanswerable, InvalidRule)
FAULTS = (*UNREADABLE, DatabaseError)


def note(segment: Segment, error: Fault, *, at: datetime) -> None:
    """Writes why the rule cannot be evaluated, in the tenant's words. Not within the transaction that failed."""
    segment.broken_reason, segment.reconciled_at = _words(segment, error)[:300], at
    Segment.objects.filter(pk=segment.pk).update(broken_reason=segment.broken_reason, reconciled_at=at)


def _words(segment: Segment, error: Fault) -> str:
    if isinstance(error, Unanswerable):
        return str(error)
    if isinstance(error, InvalidRule):
        return next(iter(error.errors.values()), "")
    log.warning("segment_broken", segment=segment.pk, error=type(error).__name__)
    tenant = Tenant.objects.only("languages").get(pk=require_tenant_id())
    with translation.override(tenant.language):
        return _("The database could not evaluate its rule.")
