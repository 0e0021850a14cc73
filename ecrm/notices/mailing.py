"""The mail that tells a member what was not yet read: one for everything that waits."""

from __future__ import annotations

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import ngettext

from ecrm.notices.models import NoticeHabits, Notification
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership
from ecrm.tenancy.urls import absolute, tenant_url

MOST = 30


def mail_unread(*, user_id: int) -> int:
    """Mails what the member has neither read nor been mailed; returns how many lines it had.

    Rows are marked in the caller's transaction: when the relay refuses, they wait again.
    """
    NoticeHabits.objects.filter(user_id=user_id, mail_due_at__lte=timezone.now()).update(mail_due_at=None)
    membership = (
        Membership.objects.filter(tenant_id=require_tenant_id(), user_id=user_id, user__is_active=True)
        .select_related("user", "tenant")
        .first()
    )
    waiting = Notification.objects.filter(user_id=user_id, read_at=None, mailed_at=None, is_mail_wanted=True)
    notifications = list(waiting.select_related("by").select_for_update(of=("self",)).order_by("-at", "-id"))
    if membership is None or not notifications:
        return 0
    _mark([n.pk for n in notifications])
    _send(membership, notifications)
    return len(notifications)


def _mark(pks: list[int]) -> None:
    """What the bell does not show is read with its mail; else the next one would fold into it."""
    now = timezone.now()
    told = Notification.objects.filter(pk__in=pks)
    told.filter(is_shown=False).update(mailed_at=now, read_at=now)
    told.filter(mailed_at=None).update(mailed_at=now)


def _send(membership: Membership, notifications: list[Notification]) -> None:
    user, tenant = membership.user, membership.tenant
    with translation.override(user.language or tenant.language), timezone.override(user.time_zone or tenant.time_zone):
        count = len(notifications)
        subject = (
            notifications[0].sentence
            if count == 1
            else ngettext("%(count)s notification", "%(count)s notifications", count) % {"count": count}
        )
        context = {
            "lines": [(n, absolute(f"/{tenant.slug}{n.url}")) for n in notifications[:MOST]],
            "more": max(0, count - MOST),
            "tenant": tenant,
            "list_url": absolute(tenant_url(tenant, "notifications")),
            "settings_url": absolute(tenant_url(tenant, "notice_settings")),
        }
        text = render_to_string("notices/mail.txt", context)
    send_mail(f"{tenant.name}: {' '.join(subject.split())}"[:200], text, None, [user.email])
