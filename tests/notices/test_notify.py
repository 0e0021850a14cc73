"""Who is told of something, once, and only inside their own tenant."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.services import create_contact
from ecrm.jobs import services as jobs
from ecrm.notices import kinds
from ecrm.notices.kinds import NoticeKind
from ecrm.notices.models import NoticeChoice, Notification
from ecrm.notices.services import mark_read, notify
from ecrm.tenancy.models import Tenant
from ecrm.tenancy.roles import Capability
from tests.cast import Member
from tests.factories import JobFactory


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    kinds.register(NoticeKind("tea.ready", "Tea", "bell", lambda n: f"{n.facts['pot']} is ready"))
    kinds.register(NoticeKind("key.made", "Key", "lock", lambda n: "Key", capability=Capability.API_MANAGE))


def told(member: Member) -> list[str]:
    return [n.sentence for n in Notification.objects.filter(user=member.user).order_by("id")]


def tell(*members: Member, kind: str = "tea.ready", pot: str = "Green", **kwargs: Any) -> int:
    return notify(kind, to=[m.user.pk for m in members], url="/jobs/", facts={"pot": pot}, **kwargs)


def test_members_are_told_and_outsiders_are_not(in_acme: Tenant, alice: Member, bob: Member, charlie: Member) -> None:
    assert tell(alice, bob, charlie) == 2
    assert told(alice) == told(bob) == ["Green is ready"]
    assert told(charlie) == []


def test_nobody_is_told_of_what_they_did_themselves(in_acme: Tenant, alice: Member, bob: Member) -> None:
    tell(alice, bob, by=alice.user)
    assert (told(alice), told(bob)) == ([], ["Green is ready"])


def test_a_role_that_may_not_see_it_is_not_told(in_acme: Tenant, alice: Member, vera: Member) -> None:
    tell(alice, vera, kind="key.made")
    assert (told(alice), told(vera)) == (["Key"], [])


def test_the_same_key_folds_while_unread(in_acme: Tenant, alice: Member) -> None:
    tell(alice, key="pot:1")
    tell(alice, key="pot:1", pot="Black")
    only = Notification.objects.get(user=alice.user)
    assert (only.sentence, only.times) == ("Black is ready", 2)
    mark_read(notification=only)
    tell(alice, key="pot:1", pot="Mint")
    assert told(alice) == ["Black is ready", "Mint is ready"]


def test_who_wants_neither_bell_nor_mail_is_left_in_peace(in_acme: Tenant, alice: Member) -> None:
    NoticeChoice.objects.create(user=alice.user, kind="tea.ready", is_shown=False, mail="never")
    assert tell(alice) == 0


def test_a_kind_nobody_registered_is_a_mistake(in_acme: Tenant, alice: Member) -> None:
    with pytest.raises(LookupError):
        tell(alice, kind="tea.spilt")


def test_the_person_spoken_of_is_remembered_for_erasure(in_acme: Tenant, alice: Member) -> None:
    person = create_contact(name="Rui", by=alice.user)
    tell(alice, subject=person)
    assert Notification.objects.get(user=alice.user).contact_id == person.pk


def test_the_one_who_asked_hears_how_a_job_ended(in_acme: Tenant, alice: Member, bob: Member) -> None:
    job = JobFactory(requested_by=bob.user, title="Import people.csv")
    jobs.begin(job.pk)
    jobs.finish(job.pk, state="failed", error="The file ended early.")
    jobs.finish(job.pk, state="done")
    found = Notification.objects.get(user=bob.user)
    assert (found.sentence, found.note) == ("Import people.csv: failed", "The file ended early.")
    assert told(alice) == []
