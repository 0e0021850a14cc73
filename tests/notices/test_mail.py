"""Mail about what was not read: in the reader's morning, never in quiet hours, in one letter."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from ecrm.jobs.models import OutboxEntry
from ecrm.notices.mailing import mail_unread
from ecrm.notices.models import NoticeChoice, NoticeHabits, Notification
from ecrm.notices.services import mark_all_read, notify
from ecrm.notices.timing import mail_moment
from ecrm.tenancy.models import Tenant
from tests.cast import Member

MIDDAY = datetime(2026, 3, 12, 12, 30, tzinfo=UTC)
NIGHT = datetime(2026, 3, 12, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rhythm", "is_urgent", "now", "expected"),
    [
        ("daily", False, MIDDAY, "13 08:00"),
        ("hourly", False, MIDDAY, "12 13:00"),
        ("hourly", False, NIGHT, "13 07:00"),
        ("daily", True, MIDDAY, "12 12:30"),
        ("daily", True, NIGHT, "13 07:00"),
    ],
)
def test_the_moment_keeps_quiet_hours(rhythm: str, is_urgent: bool, now: datetime, expected: str) -> None:
    moment = mail_moment(NoticeHabits(tenant_id=1, rhythm=rhythm), is_urgent=is_urgent, now=now, zone="Europe/Lisbon")
    assert f"{moment:%d %H:%M}" == expected


def test_hours_are_the_readers_own() -> None:
    moment = mail_moment(NoticeHabits(tenant_id=1), is_urgent=False, now=MIDDAY, zone="America/Sao_Paulo")
    assert moment.astimezone(UTC) == datetime(2026, 3, 13, 11, 0, tzinfo=UTC)


def test_quiet_hours_can_lie_within_a_day() -> None:
    habits = NoticeHabits(tenant_id=1, quiet_from=time(12), quiet_until=time(14))
    assert f"{mail_moment(habits, is_urgent=True, now=MIDDAY, zone='UTC'):%H:%M}" == "14:00"


def fail(job: str, *members: Member) -> None:
    notify("job.failed", to=[m.user.pk for m in members], url="/jobs/", facts={"title": job}, key=job)


def mails_waiting() -> list[datetime]:
    return list(OutboxEntry.objects.filter(task="notices.mail").order_by("due_at").values_list("due_at", flat=True))


def test_one_mail_waits_however_much_happens(in_acme: Tenant, alice: Member) -> None:
    fail("Import a", alice)
    fail("Import b", alice)
    assert len(mails_waiting()) == 1
    assert mails_waiting()[0] > timezone.now()


def test_the_letter_holds_all_that_was_not_read_in_the_readers_language(in_acme: Tenant, alice: Member) -> None:
    alice.user.language = "pt"
    alice.user.save()
    fail("Import a", alice)
    fail("Import b", alice)
    assert mail_unread(user_id=alice.user.pk) == 2
    [letter] = mail.outbox
    assert letter.to == ["alice@example.com"]
    assert "Import a" in letter.body
    assert "Import b" in letter.body
    assert "/acme/jobs/" in letter.body
    assert mail_unread(user_id=alice.user.pk) == 0
    assert len(mail.outbox) == 1


def test_what_was_read_meanwhile_is_not_mailed(in_acme: Tenant, alice: Member) -> None:
    fail("Import a", alice)
    mark_all_read(by=alice.user)
    assert mail_unread(user_id=alice.user.pk) == 0
    assert mail.outbox == []


def test_a_former_member_gets_no_mail(in_acme: Tenant, bob: Member) -> None:
    fail("Import a", bob)
    in_acme.memberships.filter(user=bob.user).delete()
    assert mail_unread(user_id=bob.user.pk) == 0
    assert mail.outbox == []


def test_mail_without_the_bell_folds_no_later_news(in_acme: Tenant, alice: Member) -> None:
    NoticeChoice.objects.create(user=alice.user, kind="job.failed", is_shown=False, mail="now")
    fail("Import a", alice)
    mail_unread(user_id=alice.user.pk)
    fail("Import a", alice)
    assert mail_unread(user_id=alice.user.pk) == 1
    assert Notification.objects.filter(user=alice.user).count() == 2


def test_once_a_choice_is_now_the_mail_is_due_before_the_morning(in_acme: Tenant, alice: Member, bob: Member) -> None:
    habits: Any = NoticeHabits.objects.create(user=alice.user, quiet_from=time(3), quiet_until=time(3))
    fail("Import a", alice)
    NoticeChoice.objects.create(user=alice.user, kind="job.failed", mail="now")
    fail("Import b", alice)
    assert mails_waiting()[0] <= timezone.now()
    assert NoticeHabits.objects.get(pk=habits.pk).mail_due_at <= timezone.now()
