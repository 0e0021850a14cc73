"""The bell, the list and the choice, for their owner alone."""

from __future__ import annotations

import pytest

from ecrm.notices.models import NoticeChoice, NoticeHabits, Notification
from ecrm.notices.services import unread_count
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cast import Member
from tests.factories import NotificationFactory


@pytest.fixture
def notice(acme: Tenant, alice: Member) -> Notification:
    with tenant_context(acme):
        return NotificationFactory(user=alice.user, url="/jobs/", facts={"title": "Import people.csv"})


def unread(member: Member) -> int:
    with tenant_context(member.tenant):
        return unread_count(member.user.pk)


def test_it_stands_in_the_list_of_its_owner_alone(alice: Member, bob: Member, notice: Notification) -> None:
    for page in ("notifications", "recent_notifications"):
        assert "Import people.csv" in alice.get(page).content.decode()
        assert "Import people.csv" not in bob.get(page).content.decode()


def test_opening_it_marks_it_read_and_goes_there(alice: Member, notice: Notification) -> None:
    assert unread(alice) == 1
    response = alice.get("notification", notice.pk)
    assert (response.status_code, response.url) == (302, "/acme/jobs/")
    assert unread(alice) == 0


def test_nobody_opens_or_reads_anothers(bob: Member, alice: Member, outsider: Member, notice: Notification) -> None:
    for member in (bob, outsider):
        assert member.get("notification", notice.pk).status_code == 404
        assert member.post("read_notification", notice.pk).status_code == 404
    bob.post("read_all_notifications")
    assert unread(alice) == 1


def test_reading_and_unreading_twice_is_harmless(alice: Member, notice: Notification) -> None:
    for _click in range(2):
        assert alice.post("read_notification", notice.pk).status_code == 302
    assert unread(alice) == 0
    for _click in range(2):
        part = alice.post("read_notification", notice.pk, form={"unread": "1"}, htmx=True)
        assert 'class="unread"' in part.content.decode()
    assert unread(alice) == 1


def test_all_are_read_at_once(alice: Member, notice: Notification) -> None:
    assert alice.post("read_all_notifications").status_code == 302
    assert unread(alice) == 0


def test_the_bell_is_quiet_when_nothing_changed(alice: Member, notice: Notification) -> None:
    first = alice.get("bell")
    assert "1" in first.content.decode()
    again = alice.client.get(alice.url("bell"), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    alice.post("read_all_notifications")
    changed = alice.client.get(alice.url("bell"), headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.content.strip()) == (200, b"")


def test_the_choice_is_kept_per_member(alice: Member, bob: Member) -> None:
    assert alice.get("notice_settings").status_code == 200
    form = {
        "rhythm": "hourly", "digest_at": "09:00", "quiet_from": "19:00", "quiet_until": "06:30",
        "mail:job.failed": "now", "shown:job.failed": "on", "mail:job.finished": "perhaps",
    }  # fmt: skip
    for _click in range(2):
        assert alice.post("notice_settings", form=form).status_code == 302
    with tenant_context(alice.tenant):
        chosen = {c.kind: (c.is_shown, c.mail) for c in NoticeChoice.objects.filter(user=alice.user)}
        assert chosen["job.failed"] == (True, "now")
        assert chosen["job.finished"] == (False, "never")
        assert NoticeHabits.objects.get(user=alice.user).rhythm == "hourly"
        assert not NoticeChoice.objects.filter(user=bob.user).exists()


def test_a_wrong_time_is_said_and_nothing_kept(alice: Member) -> None:
    response = alice.post("notice_settings", form={"rhythm": "daily", "digest_at": "late"})
    assert response.status_code == 422
    with tenant_context(alice.tenant):
        assert not NoticeChoice.objects.exists()
