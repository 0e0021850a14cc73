"""What somebody means to do about a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from contacts.models import Contact, FollowUp
from ecrm.jobs.models import OutboxEntry
from ecrm.notices.models import Notification
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import work
from tests.cast import Member
from tests.contacts.conftest import add


def plan(member: Member, contact: Contact, days: int = 0, **fields: object) -> None:
    due_on = (timezone.localdate() + timedelta(days=days)).isoformat()
    form = {"kind": "task", "text": "Ask how the lid fits", "due_on": due_on, **fields}
    assert member.post("compose", contact.pk, form=form).status_code == 302


def only(acme: Tenant) -> FollowUp:
    with tenant_context(acme):
        return FollowUp.objects.get()


def morning_comes(acme: Tenant) -> None:
    with tenant_context(acme):
        FollowUp.objects.update(due_on=timezone.localdate() - timedelta(days=1))
        OutboxEntry.objects.filter(task="follow_ups.tell").update(due_at=timezone.now() - timedelta(minutes=1))
    work(acme)


def test_it_stands_on_the_page_and_on_today_until_it_is_done(
    acme: Tenant, bob: Member, alice: Member, ines: Contact
) -> None:
    plan(bob, ines)
    assert "Ask how the lid fits" in bob.get("contact_page", ines.pk).content.decode()
    assert "Ask how the lid fits" in bob.get("today").content.decode()
    assert "Ask how the lid fits" not in alice.get("today").content.decode(), "it is Bob's"
    task = only(acme)
    answer = bob.post("finish_follow_up", task.pk, form={"next": bob.url("today")})
    assert answer.headers["Location"] == bob.url("today")
    assert 'id="follow-ups"' not in bob.get("today").content.decode()
    bob.post("reopen_follow_up", task.pk)
    assert only(acme).done_at is None


def test_what_is_for_another_day_does_not_stand_on_today(acme: Tenant, bob: Member, ines: Contact) -> None:
    plan(bob, ines, days=2)
    assert "Ask how the lid fits" not in bob.get("today").content.decode()


def test_its_owner_is_told_in_the_morning_of_its_day_once(acme: Tenant, bob: Member, ines: Contact) -> None:
    plan(bob, ines, days=2)
    work(acme)
    with tenant_context(acme):
        assert not Notification.objects.filter(kind="follow_up.due").exists()
    morning_comes(acme)
    morning_comes(acme)
    with tenant_context(acme):
        assert Notification.objects.get(kind="follow_up.due").user == bob.user


def test_what_is_done_alarms_nobody(acme: Tenant, bob: Member, ines: Contact) -> None:
    plan(bob, ines, days=2)
    bob.post("finish_follow_up", only(acme).pk)
    morning_comes(acme)
    with tenant_context(acme):
        assert not Notification.objects.filter(kind="follow_up.due").exists()


def test_a_colleague_is_told_what_they_are_given(acme: Tenant, bob: Member, alice: Member, ines: Contact) -> None:
    plan(bob, ines, days=1, owner=alice.user.pk)
    with tenant_context(acme):
        assert Notification.objects.get(kind="follow_up.given").user == alice.user
    assert only(acme).owner == alice.user


def test_nobody_is_given_what_they_cannot_see(acme: Tenant, bob: Member, alice: Member, sam: Member) -> None:
    hers = add(acme, name="Hers", owner=alice.user)
    form = {"kind": "task", "text": "Call", "due_on": "2030-01-01", "owner": sam.user.pk}
    answer = bob.post("compose", hers.pk, form=form)
    assert answer.status_code == 422
    assert "cannot see this person" in answer.content.decode()


def test_without_words_or_day_it_is_no_task(bob: Member, ines: Contact) -> None:
    assert bob.post("compose", ines.pk, form={"kind": "task", "due_on": "2030-01-01"}).status_code == 422
    assert bob.post("compose", ines.pk, form={"kind": "task", "text": "Call", "due_on": ""}).status_code == 422


def test_who_may_only_look_finishes_nothing(acme: Tenant, bob: Member, vera: Member, ines: Contact) -> None:
    plan(bob, ines)
    assert vera.post("finish_follow_up", only(acme).pk).status_code == 403
    assert "Ask how the lid fits" in vera.get("contact_page", ines.pk).content.decode()


def change(member: Member, task: FollowUp, *, days: int, **fields: Any) -> Any:
    due_on = (timezone.localdate() + timedelta(days=days)).isoformat()
    form = {"text": task.text, "due_on": due_on, "owner": task.owner_id, **fields}
    return member.post("change_follow_up", task.pk, form=form)


def test_it_is_put_off_and_told_on_its_new_day(acme: Tenant, bob: Member, ines: Contact) -> None:
    plan(bob, ines, days=2)
    answer = change(bob, only(acme), days=9, text="Ask again", next=bob.url("today"))
    assert answer.headers["Location"] == bob.url("today")
    assert (only(acme).text, only(acme).due_on) == ("Ask again", timezone.localdate() + timedelta(days=9))
    with tenant_context(acme):
        OutboxEntry.objects.filter(task="follow_ups.tell").update(due_at=timezone.now() - timedelta(minutes=1))
    work(acme)
    with tenant_context(acme):
        assert not Notification.objects.filter(kind="follow_up.due").exists(), "the old day came"
    change(bob, only(acme), days=1)
    morning_comes(acme)
    with tenant_context(acme):
        assert Notification.objects.get(kind="follow_up.due").user == bob.user


def test_it_is_given_to_a_colleague_who_is_told(acme: Tenant, bob: Member, alice: Member, ines: Contact) -> None:
    plan(bob, ines, days=2)
    change(bob, only(acme), days=2, owner=alice.user.pk)
    assert only(acme).owner == alice.user
    with tenant_context(acme):
        assert Notification.objects.get(kind="follow_up.given").user == alice.user


@pytest.mark.parametrize("wrong", [{"text": " "}, {"due_on": ""}, {"owner": "0"}])
def test_a_change_nobody_can_read_is_refused(acme: Tenant, bob: Member, ines: Contact, wrong: dict[str, str]) -> None:
    plan(bob, ines, days=2)
    before = only(acme)
    assert change(bob, before, days=5, **wrong).status_code == 422
    assert only(acme).due_on == before.due_on


def test_deleted_it_comes_back_with_undo(acme: Tenant, bob: Member, ines: Contact) -> None:
    plan(bob, ines)
    task = only(acme)
    bob.post("drop_follow_up", task.pk)
    bob.post("drop_follow_up", task.pk)
    assert f'action="{bob.url("reopen_follow_up", task.pk)}"' in bob.get("contact_page", ines.pk).content.decode()
    assert task.text not in bob.get("contact_page", ines.pk).content.decode()
    assert "This task was deleted." in bob.get("change_follow_up", task.pk).content.decode()
    bob.post("reopen_follow_up", task.pk)
    assert task.text in bob.get("contact_page", ines.pk).content.decode()
    assert not only(acme).is_dropped
