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
    due_on, owner_id = _checked(contact, text, due_on, owner_id or by.pk, by)
    planned = FollowUp.objects.create(
        contact=contact, owner_id=owner_id, text=_words(text), due_on=due_on, created_by=by
    )
    drafts.forget(contact=contact, by=by)
    audit.record("follow_up.planned", by=by, subject=planned)
    _ask_to_tell(planned, by)
    return planned


@transaction.atomic
def change(*, follow_up: FollowUp, text: str, due_on: date | None, owner_id: int, by: User) -> bool:
    """Other words, another day, another colleague. False when nothing is different; raises as ``plan`` does."""
    held = FollowUp.objects.select_for_update(of=("self",)).select_related("contact").get(pk=follow_up.pk)
    due_on, owner_id = _checked(held.contact, text, due_on, owner_id, by)
    former = (held.text, held.due_on, held.owner_id)
    if former == (_words(text), due_on, owner_id):
        return False
    held.text, held.due_on, held.owner_id = _words(text), due_on, owner_id
    is_moved = former[1:] != (due_on, owner_id)
    if is_moved:
        held.told_at = None
    held.save(update_fields=["text", "due_on", "owner", "told_at"])
    audit.record("follow_up.changed", by=by, subject=held)
    if is_moved and held.done_at is None:
        _ask_to_tell(held, by, is_given=former[2] != owner_id)
    return True


@transaction.atomic
def drop(*, follow_up: FollowUp, by: User) -> bool:
    """Deletes it; ``reopen`` brings it back. False when it is over already."""
    dropped = FollowUp.objects.filter(pk=follow_up.pk, done_at=None).update(
        done_at=timezone.now(), done_by=by, is_dropped=True
    )
    if dropped:
        audit.record("follow_up.dropped", by=by, subject=follow_up)
    return bool(dropped)


@transaction.atomic
def finish(*, follow_up: FollowUp, by: User) -> bool:
    """False when it was done already."""
    done = FollowUp.objects.filter(pk=follow_up.pk, done_at=None).update(done_at=timezone.now(), done_by=by)
    if done:
        audit.record("follow_up.done", by=by, subject=follow_up)
    return bool(done)


@transaction.atomic
def reopen(*, follow_up: FollowUp, by: User) -> bool:
    """Takes "done" or "deleted" back. False when it is open."""
    over = FollowUp.objects.filter(pk=follow_up.pk, done_at__isnull=False)
    opened = over.update(done_at=None, done_by=None, is_dropped=False)
    if opened:
        audit.record("follow_up.reopened", by=by, subject=follow_up)
    return bool(opened)


def tell(follow_up_id: int) -> None:
    """Tells the owner, once, unless it is done or was put off."""
    open_one = FollowUp.objects.filter(pk=follow_up_id, done_at=None, told_at=None)
    found = open_one.first()
    if found is None or _morning(found) > timezone.now():
        return
    if open_one.update(told_at=timezone.now()):
        notices.due(FollowUp.objects.select_related("contact").get(pk=follow_up_id))


def _words(text: str) -> str:
    return " ".join(text.split())[:300]


def _checked(contact: Contact, text: str, due_on: date | None, owner_id: int, by: User) -> tuple[date, int]:
    if not text.strip():
        raise ValidationError({"text": _("Write what is to be done.")})
    if due_on is None:
        raise ValidationError({"due_on": _("Choose a day.")})
    if owner_id != by.pk and owner_id not in sight.able([owner_id], contact):
        raise ValidationError({"owner": _("This colleague cannot see this person.")})
    return due_on, owner_id


def _ask_to_tell(planned: FollowUp, by: User, *, is_given: bool = True) -> None:
    """In the morning of its day where the owner is. Who plans something for today knows of it."""
    due_at = _morning(planned)
    if is_given and planned.owner_id != by.pk:
        notices.given(planned, by=by)
    if due_at > timezone.now():
        enqueue(TELL, due_at=due_at, follow_up_id=planned.pk)


def _morning(planned: FollowUp) -> datetime:
    tenant = Tenant.objects.get(pk=require_tenant_id())
    zone = User.objects.get(pk=planned.owner_id).time_zone or tenant.time_zone
    return datetime.combine(planned.due_on, MORNING, ZoneInfo(zone)).astimezone(UTC)
