"""Telling members, and marking what they have seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Model, QuerySet
from django.utils import timezone

from ecrm.jobs.outbox import enqueue
from ecrm.notices import kinds
from ecrm.notices.models import MailChoice, NoticeChoice, NoticeHabits, Notification
from ecrm.notices.timing import mail_moment
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User


@transaction.atomic
def notify(
    kind: str,
    *,
    to: Iterable[int],
    url: str,
    facts: dict[str, Any] | None = None,
    subject: Model | None = None,
    by: User | None = None,
    key: str = "",
    at: datetime | None = None,
    times: int = 1,
) -> int:
    """Tells the members ``to`` (user ids) of something; returns how many are told.

    Outsiders, ``by`` himself and those whose roles lack the kind's capability are left out. An
    unread notice of the same ``key`` is renewed instead of doubled; ``times`` is how many it tells of at
    once. ``url`` is a path inside the
    tenant, with or without its slug. Raises ``LookupError`` for a kind nobody registered.
    """
    known = kinds.of(kind)
    if known is None:
        raise LookupError(f"No room has registered the notice {kind}.")
    readers = _readers(known, set(to) - ({by.pk} if by else set()))
    if not readers:
        return 0
    made = Notification(
        kind=kind,
        key=key[:120],
        url=_inside(url, readers[0].tenant_slug),
        facts=facts or {},
        contact_id=_contact_id(subject),
        by=by,
        at=at or timezone.now(),
        times=times,
    )
    _write(made, readers)
    _plan_mails(made, readers)
    return len(readers)


def unread_count(user_id: int) -> int:
    return unread(user_id).count()


def unread_question(membership: Membership) -> tuple[str, list[Any]]:
    """``unread_count`` as the rail asks for it, with its other numbers."""
    unread = "tenant_id = %s AND user_id = %s AND read_at IS NULL AND is_shown"
    return f"SELECT count(*) FROM {Notification.table()} WHERE {unread}", [require_tenant_id(), membership.user_id]


def unread(user_id: int) -> QuerySet[Notification]:
    return Notification.objects.filter(user_id=user_id, read_at=None, is_shown=True)


def blank_facts(contact_ids: Iterable[int]) -> int:
    """Forgets the words of every notice about these people, for their erasure; returns how many.

    Deleting a contact's row does the same by itself (``contacts/sql/notices_forget.sql``).
    """
    return Notification.objects.filter(contact_id__in=list(contact_ids)).update(facts={}, contact_id=None)


def hand_over(*, from_contact_id: int, to_contact_id: int, pages: Iterable[str], since: datetime) -> int:
    """Notices of things that turn out to be somebody else's speak of that person now; returns how many.

    ``pages`` are paths inside the tenant, without a query.
    """
    wanted = set(pages)
    found = Notification.objects.filter(contact_id=from_contact_id, at__gte=since).values_list("pk", "url")
    theirs = [pk for pk, url in found if url.partition("?")[0] in wanted]
    return Notification.objects.filter(pk__in=theirs).update(contact_id=to_contact_id)


def mark_read(*, notification: Notification) -> bool:
    return bool(unread(notification.user_id).filter(pk=notification.pk).update(read_at=timezone.now()))


def mark_unread(*, notification: Notification) -> bool:
    """Back among the unread, unless a newer one of its key is waiting there already."""
    has_newer = bool(notification.key) and unread(notification.user_id).filter(key=notification.key).exists()
    if has_newer:
        return False
    return bool(
        Notification.objects.filter(pk=notification.pk, read_at__isnull=False).update(
            read_at=None, mailed_at=timezone.now()
        )
    )


def mark_all_read(*, by: User) -> int:
    return unread(by.pk).update(read_at=timezone.now())


def habits_of(user_id: int) -> NoticeHabits:
    """The member's own row, or an unsaved one with what everybody starts with."""
    return NoticeHabits.objects.filter(user_id=user_id).first() or NoticeHabits(user_id=user_id)


@dataclass(frozen=True, slots=True)
class _Reader:
    """A member to be told, and how."""

    user_id: int
    tenant_slug: str
    zone: str
    is_shown: bool
    mail: str


def _readers(kind: kinds.NoticeKind, wanted: set[int]) -> list[_Reader]:
    memberships = Membership.objects.filter(
        tenant_id=require_tenant_id(), user_id__in=wanted, user__is_active=True
    ).select_related("user", "tenant")
    allowed = [m for m in memberships if kind.capability is None or m.may(kind.capability)]
    chosen = {c.user_id: c for c in NoticeChoice.objects.filter(kind=kind.name, user_id__in=wanted)} if allowed else {}
    readers = [_reader(kind, membership, chosen.get(membership.user_id)) for membership in allowed]
    return [reader for reader in readers if reader.is_shown or reader.mail != MailChoice.NEVER]


def _reader(kind: kinds.NoticeKind, membership: Membership, choice: NoticeChoice | None) -> _Reader:
    return _Reader(
        user_id=membership.user_id,
        tenant_slug=membership.tenant.slug,
        zone=membership.user.time_zone or membership.tenant.time_zone,
        is_shown=choice.is_shown if choice else True,
        mail=choice.mail if choice else kind.mail,
    )


def _write(made: Notification, readers: list[_Reader]) -> None:
    """Renews what is unread under the same key, and makes the rest."""
    renewed: set[int] = set()
    if made.key:
        waiting = Notification.objects.filter(user_id__in=[r.user_id for r in readers], key=made.key, read_at=None)
        renewed = set(waiting.select_for_update().values_list("user_id", flat=True))
        waiting.update(
            at=made.at,
            times=F("times") + made.times,
            mailed_at=None,
            facts=made.facts,
            url=made.url,
            by=made.by,
            contact_id=made.contact_id,
        )
    Notification.objects.bulk_create(
        [_copy_for(made, reader) for reader in readers if reader.user_id not in renewed],
        ignore_conflicts=bool(made.key),
    )


def _copy_for(made: Notification, reader: _Reader) -> Notification:
    return Notification(
        user_id=reader.user_id,
        kind=made.kind,
        key=made.key,
        url=made.url,
        facts=made.facts,
        contact_id=made.contact_id,
        by=made.by,
        at=made.at,
        times=made.times,
        is_shown=reader.is_shown,
        is_mail_wanted=reader.mail != MailChoice.NEVER,
    )


def _plan_mails(made: Notification, readers: list[_Reader]) -> None:
    """One mail waits per member at most: an earlier moment replaces a later one."""
    mailed = [reader for reader in readers if reader.mail != MailChoice.NEVER]
    if not mailed:
        return
    rows = [NoticeHabits(user_id=reader.user_id) for reader in mailed]
    NoticeHabits.objects.bulk_create(rows, ignore_conflicts=True)
    locked = NoticeHabits.objects.filter(user_id__in=[reader.user_id for reader in mailed])
    habits = {own.user_id: own for own in locked.order_by("pk").select_for_update()}
    now = timezone.now()
    for reader in mailed:
        own = habits[reader.user_id]
        moment = mail_moment(own, is_urgent=reader.mail == MailChoice.NOW, now=now, zone=reader.zone)
        if own.mail_due_at is None or own.mail_due_at < now or moment < own.mail_due_at:
            NoticeHabits.objects.filter(pk=own.pk).update(mail_due_at=moment)
            enqueue("notices.mail", due_at=moment if moment > now else None, user_id=reader.user_id)


def _contact_id(subject: Model | None) -> int | None:
    """Whom the facts speak of: the subject is a contact, or has one."""
    if subject is None:
        return None
    if subject._meta.label_lower == "contacts.contact":
        return int(subject.pk)
    return getattr(subject, "contact_id", None)


def _inside(url: str, slug: str) -> str:
    """Without the slug, so that the address survives a change of it."""
    return f"/{url.removeprefix(f'/{slug}/').removeprefix('/')}"[:300]
