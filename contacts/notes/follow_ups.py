"""What somebody means to do about a person on a day: planned, told when it is due, done."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.models import Contact, FollowUp
from contacts.notes import drafts, notices, sight
from ecrm.audit import services as audit
from ecrm.jobs.outbox import enqueue
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Tenant, User

TELL = "follow_ups.tell"
MORNING = time(8)


@transaction.atomic
def plan(*, contact: Contact, text: str, due_on: date | None, by: User, owner_id: int | None = None) -> FollowUp:
    """A task for ``owner_id`` (the planner unless given). Raises ``ValidationError`` by field."""
    if contact.binned_at is not None:
        raise ValidationError({"text": _("This person is in the bin.")})
    if not text.strip():
        raise ValidationError({"text": _("Write what is to be done.")})
    if due_on is None:
        raise ValidationError({"due_on": _("Choose a day.")})
    owner_id = owner_id or by.pk
    if owner_id != by.pk and owner_id not in sight.able([owner_id], contact):
        raise ValidationError({"owner": _("This colleague cannot see this person.")})
    planned = FollowUp.objects.create(
        contact=contact, owner_id=owner_id, text=" ".join(text.split())[:300], due_on=due_on, created_by=by
    )
    drafts.forget(contact=contact, by=by)
    audit.record("follow_up.planned", by=by, subject=planned)
    _ask_to_tell(planned, by)
    return planned


@transaction.atomic
def finish(*, follow_up: FollowUp, by: User) -> bool:
    """False when it was done already."""
    done = FollowUp.objects.filter(pk=follow_up.pk, done_at=None).update(done_at=timezone.now(), done_by=by)
    if done:
        audit.record("follow_up.done", by=by, subject=follow_up)
    return bool(done)


@transaction.atomic
def reopen(*, follow_up: FollowUp, by: User) -> bool:
    """Takes "done" back. False when it is open."""
    opened = FollowUp.objects.filter(pk=follow_up.pk, done_at__isnull=False).update(done_at=None, done_by=None)
    if opened:
        audit.record("follow_up.reopened", by=by, subject=follow_up)
    return bool(opened)


def tell(follow_up_id: int) -> None:
    """Tells the owner, once, unless it is done."""
    open_one = FollowUp.objects.filter(pk=follow_up_id, done_at=None, told_at=None)
    if open_one.update(told_at=timezone.now()):
        notices.due(FollowUp.objects.select_related("contact").get(pk=follow_up_id))


def _ask_to_tell(planned: FollowUp, by: User) -> None:
    """In the morning of its day where the owner is. Who plans something for today knows of it."""
    due_at = _morning(planned)
    if planned.owner_id != by.pk:
        notices.given(planned, by=by)
    if due_at > timezone.now():
        enqueue(TELL, due_at=due_at, follow_up_id=planned.pk)


def _morning(planned: FollowUp) -> datetime:
    tenant = Tenant.objects.get(pk=require_tenant_id())
    zone = User.objects.get(pk=planned.owner_id).time_zone or tenant.time_zone
    return datetime.combine(planned.due_on, MORNING, ZoneInfo(zone)).astimezone(UTC)
